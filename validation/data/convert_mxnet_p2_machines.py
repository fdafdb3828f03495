#!/usr/bin/env python3
"""Writes mxnet_p2_machines.csv: MXNet's scaling runs inside one machine of 16 K80 GPUs, in the schema of measured runs.

usage: convert_mxnet_p2_machines.py MXNET_P2_256GPU_SCALING.csv > mxnet_p2_machines.csv
"""
from convert_mxnet_p2 import MODELS
from measured_runs import rows_of, settings, strategy


def convert(rows):
    for row in rows:
        if row["nodes"] != "1":
            continue
        name, workload, network = MODELS[row["model"]]
        gpus = int(row["gpus"])
        yield {
            "run": f"{name}-{gpus}", "group": f"mxnet-p2-{'1' if gpus == 1 else 'machine'}", "workload": workload,
            "platform": "aws:p2.16xlarge", "strategy": strategy(data=gpus, runtime="pytorch-ddp"),
            "set": settings(workload_batch=row["global_batch"], workload_precision="fp32", workload_optimizer="sgd-momentum", **network),
            "value": row["step_time_s_derived"], "source": "mxnet_p2_256gpu_scaling.csv", "date": row["first_published"], "host": "AWS",
            "note": row["kvstore"],
        }


if __name__ == "__main__":
    rows_of(convert)
