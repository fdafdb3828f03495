#!/usr/bin/env bash
# Why: time on a GPU is short: one command takes everything that this project wants to know of one, the most valuable first.
#   bench/gpu_lease.sh [--dry-run] OUT
# Builds for the GPU that is there, tests, calibrates, trains the zoo in fp32 and bf16 as measured runs, holds them against the predictions,
# and times operators beside the libraries' and PyTorch's steps. Each part has its own limit and a line in OUT/summary.txt; one that fails
# does not stop the others, and none begins once all of the time is gone. Exit 6 where there is no GPU, 1 where a part failed.
# --dry-run prints the commands and needs no GPU.
#   FORERUN_BUILD=DIR  a build that there is, in the place of build/gpu-lease
#   LEASE_SECONDS=480  all of the time
#   PYTHON=python3     the one that may have PyTorch
# OUT: summary.txt, gpu.json (calibration), runs.csv (what validate takes), validation.txt, operators.csv, pytorch.csv and pytorch-zoo.csv, logs.tar.gz.
set -uo pipefail

usage() { sed -n '2,12s/^# \{0,1\}//p' "$0" >&2; exit 2; }
dry=
[ "${1-}" = --dry-run ] && dry=yes && shift
if [ $# -ne 1 ] || [ "${1#-}" != "$1" ]; then usage; fi
source=$(cd "$(dirname "$0")/.." && pwd)
out=$1 build=${FORERUN_BUILD:-$source/build/gpu-lease} python=${PYTHON:-python3}
deadline=$((SECONDS + ${LEASE_SECONDS:-480}))

if [ -z "$dry" ]; then
  if ! nvidia-smi -L >/dev/null 2>&1; then
    echo "gpu_lease: no GPU is here: nvidia-smi lists none" >&2
    exit 6
  fi
  mkdir -p "$out/logs" || exit 3
  out=$(cd "$out" && pwd) build=$(mkdir -p "$build" && cd "$build" && pwd)
  architecture=$(nvidia-smi --query-gpu=compute_cap --format=csv,noheader | head -1 | tr -d ' .')
  memory=$(nvidia-smi --query-gpu=memory.total --format=csv,noheader,nounits | head -1 | tr -d ' ')
  name=$(nvidia-smi --query-gpu=name --format=csv,noheader | head -1)
  cd "$out" || exit 3
  exec > >(tee -a summary.txt) 2>&1
else
  architecture=90 memory=81559 name="a GPU"
fi
forerun=$build/cli/forerun
failed=0

# part NAME SECONDS COMMAND...: its words go to logs/NAME.txt, one line about it to the summary.
part() {
  local part=$1 limit=$2 begin=$SECONDS left=$((deadline - SECONDS)) status
  shift 2
  if [ -n "$dry" ]; then
    printf '%s (at most %s s):' "$part" "$limit"
    printf ' %q' "$@"
    printf '\n'
    return 0
  fi
  if [ "$left" -le 5 ]; then
    echo "$part: left out, the time is gone"
    failed=1
    return 1
  fi
  [ "$left" -lt "$limit" ] && limit=$left
  { printf '$'; printf ' %q' "$@"; printf '\n'; } >>"logs/$part.txt"
  timeout --kill-after=10 "$limit" "$@" >>"logs/$part.txt" 2>&1
  status=$?
  if [ "$status" -eq 0 ]; then
    echo "$part: done in $((SECONDS - begin)) s"
  elif [ $((SECONDS - begin)) -ge "$limit" ]; then
    echo "$part: stopped after $limit s"
  else
    echo "$part: failed with $status after $((SECONDS - begin)) s: $(tail -n 1 "logs/$part.txt")"
  fi
  [ "$status" -eq 0 ] || failed=1
  return "$status"
}

# One measured run in each precision: workload, batch, steps, warm-up, then further settings of the workload.
train() {
  local workload=$1 batch=$2 steps=$3 warm_up=$4 precision setting settings name
  shift 4
  for precision in bf16 fp32; do
    settings=(--set "workload.batch=$batch" --set "workload.precision=$precision")
    name=$workload-$batch
    for setting in "$@"; do
      settings+=(--set "workload.$setting")
      name=$name-$setting
    done
    part "train-$name-$precision" 40 "$forerun" train --device cuda --workload "$workload" "${settings[@]}" --platform ./gpu.yaml \
      --steps "$steps" --warm-up "$warm_up" --append runs.csv --run "$name-$precision" --group "$precision"
  done
}

facts() {
  date -u +%Y-%m-%dT%H:%M:%SZ
  git -C "$source" rev-parse HEAD 2>/dev/null
  nvidia-smi
  nvidia-smi --query-gpu=name,driver_version,compute_cap,memory.total,clocks.max.sm,clocks.max.mem,power.limit --format=csv
  nvcc --version
  uname -a
}

# Everything of a build but what this script does not run.
make_build() {
  part configure 60 cmake -S "$source" --preset cuda -B "$build" "-DCMAKE_CUDA_ARCHITECTURES=$architecture" -DFORERUN_BENCH=ON -DFORERUN_MPI=OFF &&
    part build 240 cmake --build "$build" -j "$(nproc)" --target forerun test_cuda bench_cuda_operators
}

if [ -z "$dry" ]; then
  echo "forerun on $name, $(date -u +%Y-%m-%dT%H:%M:%SZ), driver $(nvidia-smi --query-gpu=driver_version --format=csv,noheader | head -1), $*"
  facts >logs/facts.txt 2>&1
  # What the runs stand on; its kernels are those of gpu.json.
  printf '%s\n' "name: gpu" "nodes: 1" "devices-per-node: 1" "device: '$name'" "device-memory: $memory MiB" "memory-per-node: $(awk '/^MemTotal/ { print int($2 / 1024) }' /proc/meminfo) MiB" \
    "compute-capability: ${architecture%?}.${architecture: -1}" "calibration: ./gpu.json" >gpu.yaml
fi
[ -n "${FORERUN_BUILD-}" ] || make_build
part tests 90 "$build/tests/kernels/test_cuda"
part calibrate 170 "$forerun" calibrate --device cuda --quick -o gpu.json

train gpt2 8 20 5 dropout=false
train resnet50 64 20 5
train vgg16 32 15 3
train resnet18 128 20 5
train alexnet 128 20 5
train vgg11-cifar10 256 40 5
train mnist-cnn 512 100 10
train mlp-wide 512 200 20
train mlp 128 400 50
train logistic-regression 64 400 50
train gpt 16 20 5 layers=4 hidden=256 heads=4 sequence=512 vocabulary=8192 optimizer=adam dropout=false

part validation 30 "$forerun" validate runs.csv --calibration ./gpu.json
torch() {  # name of the part, seconds, networks
  [ -n "$dry" ] || "$python" -c 'import torch' >/dev/null 2>&1 || { echo "$1: left out, $python has no torch"; return; }
  part "$1" "$2" "$python" "$source/bench/torch_gpt2_step.py" --only "$3"
}
torch pytorch 120 gpt2
part operators 90 "$build/bench/bench_cuda_operators" --quick
torch pytorch-zoo 120 resnet50,resnet18,alexnet,vgg11-cifar10,mnist-cnn,mlp-wide
part sanitizer 90 compute-sanitizer --error-exitcode 1 "$build/tests/kernels/test_cuda" '*dense*'

[ -n "$dry" ] && exit 0
for table in operators pytorch pytorch-zoo; do
  [ -f "logs/$table.txt" ] && grep -v '^\$' "logs/$table.txt" >"$table.csv"
done
[ -f logs/validation.txt ] && cp logs/validation.txt validation.txt
echo "ended $(date -u +%Y-%m-%dT%H:%M:%SZ) after $SECONDS s"
tar czf logs.tar.gz logs runs.*.csv gpu.yaml 2>/dev/null
exit "$failed"
