#!/usr/bin/env python3
"""Writes tensorflow_2017_machines.csv: the runs inside one machine of TensorFlow's benchmark page of 2017, in the schema of measured runs.

usage: convert_tensorflow_2017_machines.py TENSORFLOW_2017_BENCHMARKS.csv > tensorflow_2017_machines.csv
"""
from convert_tensorflow_2017 import MODELS
from measured_runs import rows_of, settings, strategy

ALL = {**MODELS, "AlexNet": ("tf_alexnet.yaml", {}), "VGG16": ("vgg16", {})}
MACHINES = {
    "NVIDIA DGX-1": ("p100", "dgx1-p100"),
    "GCE": ("k80-gce", "gcp:n1-standard-32-k80x8"),
    "EC2 single server": ("k80-ec2", "aws:p2.8xlarge"),
}


def convert(rows):
    for row in rows:
        if row["platform"] not in MACHINES or row["data"] != "synthetic":
            continue
        (workload, network), (machine, platform) = ALL[row["model"]], MACHINES[row["platform"]]
        gpus = int(row["gpus"])
        yield {
            "run": f"{machine}-{row['model'].lower()}-{gpus}x{row['batch_per_gpu']}", "group": f"tf-2017-{machine}-{'1' if gpus == 1 else 'machine'}",
            "workload": workload, "platform": platform, "strategy": strategy(data=gpus, runtime="pytorch-ddp"),
            "set": settings(workload_batch=row["global_batch"], workload_precision="fp32", workload_optimizer="sgd", **network),
            "value": row["step_time_s_derived"], "repeats": "5", "source": f"tensorflow_2017_benchmarks.csv {row['platform']}",
            "date": row["test_date"], "host": row["instance"],
            "note": " ".join(f"{key}={row[key]}" for key in ("variable_update", "nccl", "local_parameter_device") if row[key]),
        }


if __name__ == "__main__":
    rows_of(convert)
