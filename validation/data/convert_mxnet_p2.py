#!/usr/bin/env python3
"""Writes mxnet_p2_servers.csv: MXNet's scaling runs over 2 to 16 machines of 16 K80 GPUs, in the schema of measured runs.

usage: convert_mxnet_p2.py MXNET_P2_256GPU_SCALING.csv > mxnet_p2_servers.csv
"""
from measured_runs import rows_of, settings, strategy

# Name of the rows, workload, its settings.
MODELS = {
    "alexnet": ("alexnet", "mxnet_alexnet.yaml", {}),
    "inception-v3": ("inception-v3", "inception-v3", dict(workload_auxiliary="false")),
    "resnet-152": ("resnet152", "resnet152", {}),
}


def convert(rows):
    for row in rows:
        if int(row["nodes"]) < 2:
            continue
        name, workload, network = MODELS[row["model"]]
        yield {
            "run": f"{name}-{row['gpus']}", "group": f"mxnet-p2-{name}", "workload": workload, "platform": "aws:p2.16xlarge",
            "strategy": strategy(data=row["gpus"], servers=row["nodes"], variables="partitioned", server_nodes="shared",
                                 node_reduction="on"),
            "set": settings(platform_nodes=row["nodes"], workload_batch=row["global_batch"], workload_precision="fp32",
                            workload_optimizer="sgd-momentum", **network),
            "value": row["step_time_s_derived"], "source": "mxnet_p2_256gpu_scaling.csv", "date": row["first_published"], "host": "AWS",
            "note": row["kvstore"],
        }


if __name__ == "__main__":
    rows_of(convert)
