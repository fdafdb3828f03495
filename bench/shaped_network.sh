#!/usr/bin/env bash
# Why: what a slow network does to training cannot be measured on one machine, unless its ranks stand in nodes of their own.
#   bench/shaped_network.sh RATE NODES COMMAND...
# Joins NODES network namespaces by a bridge, over links that carry RATE (100mbit, 1gbit) in each direction (a token bucket at both ends
# of each), and runs COMMAND so that Open MPI puts one rank on each, and sends over these links alone. Afterwards it says what went
# into the network from each node, in bytes as they are on the wire, headers included.
#   bench/shaped_network.sh 100mbit 2 build/release/cli/forerun train --workload mlp --strategy data=2
# Needs root, iproute2 and Open MPI. Commands of Open MPI itself go over a second, unshaped network.
set -euo pipefail

usage() { sed -n '2,8s/^# \{0,1\}//p' "$0" >&2; exit 2; }
stop() { echo "shaped_network.sh: $1" >&2; exit 3; }

[ $# -ge 3 ] || usage
rate=$1 nodes=$2
shift 2
[[ $nodes =~ ^[1-9][0-9]?$ ]] || stop "NODES is a number from 1 to 99 (got $nodes)"
[[ $rate =~ ^[1-9][0-9]*(kbit|mbit|gbit)$ ]] || stop "RATE is a number of kbit, mbit or gbit without a space (got $rate)"
[ "$(id -u)" = 0 ] || stop "network namespaces need root"
for program in ip tc unshare mpirun; do
  command -v "$program" >/dev/null || stop "$program is missing (packages iproute2, util-linux and openmpi-bin)"
done
[ -z "$(ip -4 addr show to 198.18.0.254)" ] || stop "one network at a time: 198.18.0.254 is in use"

name=forerun$$  # of the namespaces
leg=fr$$        # of the interface in our own namespace: 15 characters at most
files=$(mktemp -d)
command=
clean_up() {
  [ -z "$command" ] || kill "$command" 2>/dev/null || true
  for namespace in "$name" $(seq -f "$name-%g" 0 $((nodes - 1))); do
    ip netns pids "$namespace" 2>/dev/null | xargs -r kill -9 2>/dev/null || true
    ip netns del "$namespace" 2>/dev/null || true
  done
  ip link del "$leg" 2>/dev/null || true
  rm -rf "$files"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

# What may go at once: what the link carries in a quarter of a millisecond, which timers keep up with, and two packets at least.
number=${rate%%[a-z]*}
case $rate in *kbit) bits=${number}000 ;; *mbit) bits=${number}000000 ;; *) bits=${number}000000000 ;; esac
burst=$((bits / 32000 > 3200 ? bits / 32000 : 3200))

# $(shape NAMESPACE INTERFACE): half a second of packets may wait, so that TCP loses none. TCP hands over no more at once than half of a full
# bucket. What is more than a full one, Linux cuts up packet by packet, at the cost of most of a core from 500 Mbit/s up.
shape() {
  ip -n "$1" link set dev "$2" gso_max_size $((burst < 131072 ? burst / 2 : 65536))
  ip netns exec "$1" tc qdisc add dev "$2" root tbf rate "$rate" burst "$burst" latency 500ms
}

# A bridge for each network, in a namespace of their own. 198.18.0.0/15 is set aside for tests of networks (RFC 2544).
ip netns add "$name" || stop "no network namespace can be made here"
for bridge in control data; do
  ip -n "$name" link add "$bridge" type bridge forward_delay 0
  ip -n "$name" link set "$bridge" up
done
ip link add "$leg" type veth peer name control-us netns "$name"
ip -n "$name" link set control-us master control up
ip addr add 198.18.0.254/24 dev "$leg"
ip link set "$leg" up

for node in $(seq 0 $((nodes - 1))); do
  here=$name-$node
  ip netns add "$here"
  # Linux's default, whatever this machine has; without IPv6 nobody asks for neighbours on the data links.
  for setting in net.ipv4.tcp_congestion_control=cubic net.ipv6.conf.all.disable_ipv6=1; do
    ip netns exec "$here" sysctl -qw "$setting" 2>/dev/null || true
  done
  ip -n "$here" link set lo up
  for bridge in control data; do
    ip link add "$bridge" netns "$here" type veth peer name "$bridge-$node" netns "$name"
    ip -n "$name" link set "$bridge-$node" master "$bridge" up
    ip -n "$here" link set "$bridge" up
  done
  ip -n "$here" addr add "198.18.0.$((node + 1))/24" dev control
  ip -n "$here" addr add "198.19.0.$((node + 1))/24" dev data
  shape "$here" data
  shape "$name" "data-$node"
  echo "198.18.0.$((node + 1)) slots=1" >>"$files/hosts"
done

# Open MPI starts its daemon of a node with this in the place of ssh: the host's address, then a command. Each has a name of its own, after
# which Open MPI calls the folder where daemons keep their files.
cat >"$files/agent" <<AGENT
#!/bin/sh
node=\$((\${1##*.} - 1))
shift
exec ip netns exec $name-\$node unshare --uts sh -c "echo $name-\$node >/proc/sys/kernel/hostname; \$*"
AGENT
chmod +x "$files/agent"

export OMPI_MCA_plm=rsh OMPI_MCA_plm_rsh_agent=$files/agent OMPI_MCA_orte_default_hostfile=$files/hosts
export OMPI_MCA_oob_tcp_if_include=198.18.0.0/24 OMPI_MCA_orte_keep_fqdn_hostnames=1 OMPI_MCA_rmaps_base_mapping_policy=node
export OMPI_MCA_mpi_yield_when_idle=1  # a bridge needs cores too, which ranks that poll would keep from it
export OMPI_MCA_pml=ob1 OMPI_MCA_btl=tcp,self OMPI_MCA_btl_tcp_if_include=198.19.0.0/24
status=0
"$@" &  # waited for, so that a signal ends it and does not wait for it
command=$!
wait $command || status=$?

for node in $(seq 0 $((nodes - 1))); do
  sent=$(ip netns exec "$name-$node" tc -s qdisc show dev data | sed -n 's/^ *Sent \([0-9]*\) bytes.*(dropped \([0-9]*\).*/\1 bytes, \2 packets dropped/p' | head -1)
  echo "node $node sent $sent" >&2
done
exit $status
