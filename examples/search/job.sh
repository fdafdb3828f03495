#!/bin/sh
# Stands for a real job in docs/search.md: takes no time, and says how long a sort would have taken on so many nodes.
# sh job.sh NODES UNITS-A-NODE MEMORY-A-NODE-IN-GIB
nodes=$1
units=$2
memory=${3%.*}
if [ $((nodes * memory)) -lt 40 ]; then
  echo "an executor ran out of memory" >&2
  echo "status=oom seconds=40 reason=an executor ran out of memory"
  exit 1
fi
echo "seconds=$((60 + 14400 / (nodes * units) + 6 * nodes))"
