#!/bin/sh
# Trains each network that a CPU calibration predicts for a few steps on one core, and appends the measured runs: about two minutes.
#   scripts/train-models.sh build/release/cli/forerun runs.csv && build/release/cli/forerun validate runs.csv
# No batch is one that the microbenchmarks ran (kernels/microbenchmarks/shapes-quick.yaml).
set -eu
forerun=$1
runs=$2

# workload, steps, warm-up, then settings of the workload
while read -r workload steps warm_up settings; do
  name=$workload
  set --
  for setting in $settings; do
    name=$name-$setting
    set -- "$@" --set "workload.$setting"
  done
  "$forerun" train --workload "$workload" "$@" --steps "$steps" --warm-up "$warm_up" --append "$runs" --run "$name" >/dev/null
done <<END
logistic-regression 6000 500 batch=64
logistic-regression 4000 500 batch=200
mlp 3000 300 batch=32
mlp 2000 200 batch=128
mlp 1000 100 batch=512
mlp-wide 200 10 batch=64
mlp-wide 100 5 batch=200
mnist-cnn 200 20 batch=16
mnist-cnn 150 10 batch=32
mnist-cnn 50 5 batch=128
vgg11-cifar10 16 2 batch=16
vgg11-cifar10 10 2 batch=32
vgg11-cifar10 6 1 batch=64
alexnet 12 1 batch=3
alexnet 10 1 batch=4
alexnet 5 1 batch=16
vgg11 4 1 image=224 batch=3
resnet18 10 1 image=32 batch=32
resnet18 10 1 image=64 batch=9
resnet18 8 1 image=112 batch=4
resnet18 5 1 image=224 batch=4
resnet50 6 1 image=64 batch=9
resnet50 5 1 image=112 batch=4
resnet50 4 1 image=224 batch=3
gpt 20 2 layers=2 hidden=128 heads=4 sequence=64 vocabulary=2048 batch=16 optimizer=adamw
gpt 7 1 layers=4 hidden=256 heads=4 sequence=128 vocabulary=8192 batch=7 optimizer=adamw
gpt 7 1 layers=4 hidden=256 heads=8 sequence=512 vocabulary=4096 batch=3 optimizer=adam
gpt 5 1 layers=6 hidden=384 heads=6 sequence=256 vocabulary=8192 batch=4 optimizer=adam dropout=false
END
