#!/usr/bin/env bash
# The main job on real input: measures this machine's training kernels, trains a few networks for real on one and two ranks, launched in
# turn, and prints what was predicted beside what was measured. No batch size here is one that the microbenchmarks ran.
# Usage: scripts/demo.sh BUILD_FOLDER [LAUNCHES]
set -euo pipefail
build=$1
launches=${2:-12}
forerun=$build/cli/forerun
folder=$build/demo
rm -rf "$folder"
mkdir -p "$folder"
# The demo keeps its calibration to itself.
export XDG_DATA_HOME=$folder/data

echo "== Calibrating this machine (some six minutes)"
"$forerun" calibrate --quick > "$folder/calibration.txt"

ranks="1 2"
if [ "$(nproc)" -lt 2 ]; then
  ranks=1
  echo "one core: the rows of two ranks are left out"
elif [ ! -x "$build/kernels/forerun-ranks" ] || ! command -v mpirun > /dev/null; then
  ranks=1
  echo "OpenMPI is missing: the rows of two ranks are left out"
fi

# workload, batch, steps a launch
jobs="logistic-regression:128:1000 mlp-wide:128:50 mnist-cnn:64:40 vgg11-cifar10:32:5"
echo "== Training, $launches launches in turn"
for ((launch = 1; launch <= launches; launch++)); do
  for job in $jobs; do
    IFS=: read -r workload batch steps <<< "$job"
    for count in $ranks; do
      "$forerun" train --workload "$workload" --set workload.batch="$batch" --strategy data="$count" --steps "$steps" \
        --group "$count-rank" --run "$workload-$count-$launch" --append "$folder/runs.csv" > "$folder/train.txt"
    done
  done
  # The state of a shared machine changes within minutes, so it is watched between the launches that the prediction is compared with.
  "$forerun" calibrate --watch 2s > "$folder/watch.txt"
  echo "   launch $launch of $launches done"
done

echo "== Measured and predicted step times"
"$forerun" validate "$folder/runs.csv" --pool --engine both
