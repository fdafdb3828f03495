#!/usr/bin/env bash
# Why: are runs over slow links predicted from what links and kernels take alone?
#   bench/shaped_training.sh FORERUN CALIBRATION [FOLDER]
# Over links of 100, 200, 500 and 1000 Mbit/s (bench/shaped_network.sh, which needs root): measures messages and all-reduces between two
# ranks, then really trains. Each rate's link is fitted to its messages alone, and everything else is scored; CALIBRATION holds the kernels
# of this machine (forerun calibrate -o this-machine.json: by that name what its caches forget is part of them, as the nodes are its own).
# FOLDER, build/shaped where none is given, keeps runs.csv and the platforms.
set -euo pipefail

[ $# -ge 2 ] || { sed -n '2,7s/^# \{0,1\}//p' "$0" >&2; exit 2; }
forerun=$(realpath "$1") calibration=$(realpath "$2") shaped=$(realpath "$(dirname "$0")")/shaped_network.sh
[ "${calibration##*/}" = this-machine.json ] || { echo "shaped_training.sh: CALIBRATION is a file this-machine.json (got $2)" >&2; exit 2; }
mkdir -p "${3:-build/shaped}"
cd "${3:-build/shaped}"
rm -f runs.csv trained.* links-*.csv staleness.txt

train() {  # rate, nodes, workload, batch, steps, strategy
  "$shaped" "$1mbit" "$2" "$forerun" train --workload "$3" --set workload.batch="$4" --steps "$5" --warm-up 5 --strategy "$6" \
    --platform "shaped-$1.yaml" --group "$1-mbit" --run "$1-$3-$4-${6//,/-}" --append trained.csv >page.txt 2>>network.log
  ! grep -q '^staleness' page.txt || stale "$1" "$3" "$4" "$6"
}

# How stale gradients were, and are in the simulator over a link of the nominal rate.
stale() {  # rate, workload, batch, strategy
  echo "$1 Mbit/s, $2, batch $3, $4: $(grep '^staleness' page.txt)"
  "$forerun" predict --workload "$2" --set workload.batch="$3" --strategy "$4" --platform "shaped-$1.yaml" --calibration "$calibration" \
    --engine sim --samples 0 | sed -n 's/.*gradients are stale by/  simulated: /p'
} >>staleness.txt

for rate in ${RATES:-100 200 500 1000}; do
  printf '%s\n' "name: this-machine" "nodes: 4" "devices-per-node: 1" "device: cpu" "memory-per-node: 4GiB" \
    "link-bandwidth: ${rate}Mbit/s" "link-latency: 50us" >"shaped-$rate.yaml"
  echo "links of $rate Mbit/s" >&2
  "$shaped" "${rate}mbit" 2 "$forerun" calibrate --links "links-$rate.csv" --platform "shaped-$rate.yaml" >/dev/null 2>>network.log
  train "$rate" 2 logistic-regression 64 100 data=2
  train "$rate" 2 mlp 64 60 data=2
  train "$rate" 2 mlp 512 60 data=2
  train "$rate" 2 mlp-wide 64 10 data=2
  train "$rate" 2 mnist-cnn 64 20 data=2
  train "$rate" 2 mnist-cnn 16 20 data=2
  train "$rate" 2 mlp 256 40 pipeline=2,micro-batches=4
  train "$rate" 2 mnist-cnn 64 20 pipeline=2,micro-batches=4
  train "$rate" 2 mlp 256 40 filter=2
  train "$rate" 2 mnist-cnn 16 20 filter=2
  train "$rate" 2 mlp 256 40 channel=2
  train "$rate" 2 mnist-cnn 16 20 spatial=2
  train "$rate" 3 mlp 64 40 data=2,servers=1,runtime=forerun
  train "$rate" 3 mnist-cnn 64 20 data=2,servers=1,runtime=forerun
  train "$rate" 3 mlp 64 40 data=2,servers=1,sync=off,runtime=forerun
  train "$rate" 3 mlp 512 40 data=2,servers=1,sync=off,runtime=forerun
  train "$rate" 3 mnist-cnn 64 20 data=2,servers=1,sync=off,runtime=forerun
  train "$rate" 4 mlp 64 40 data=2,servers=2,sync=off,runtime=forerun
done

# One file. Of the messages those calibrate that a full token bucket is a small part of, and the shortest, which shows the latency.
head -1 trained.csv | sed 's/$/,calibrates/' >runs.csv
for rate in ${RATES:-100 200 500 1000}; do
  awk -F, -v OFS=, -v group="$rate-mbit" -v bucket=$((rate * 31 > 3200 ? rate * 31 : 3200)) '$2 == "ping-pong" {
    split($6, set, /[=B]/); bytes = set[2]
    $2 = group
    if (bytes <= 4 || bytes >= 32 * bucket) print $0, "yes" }' "links-$rate.csv" >>runs.csv
done
sed '1d; s/$/,/' trained.csv >>runs.csv
cat staleness.txt
"$forerun" validate runs.csv --calibration "$calibration" --fit marked --unknowns link-bandwidth,link-latency
