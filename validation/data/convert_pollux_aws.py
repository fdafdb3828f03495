#!/usr/bin/env python3
"""Writes pollux_aws.csv: training steps on g4dn.12xlarge of AWS (T4 GPUs) at even placements, in the schema of measured runs.

usage: convert_pollux_aws.py POLLUX_SIA_PLACEMENTS.csv > pollux_aws.csv
"""
from measured_runs import rows_of, settings, strategy

# Of petuum/adaptdl@c793c708 (osdi21-artifact), benchmark/models/*: what is trained, in which precision, with which optimizer.
MODELS = {
    "bert": dict(workload="bert-base", optimizer="adamw", precision="fp32", network=dict(workload_sequence="384")),
    "cifar10": dict(workload="resnet18", optimizer="sgd-momentum", precision="fp32",
                    network=dict(workload_stem="cifar", workload_image="32", workload_classes="10")),
    "imagenet": dict(workload="resnet50", optimizer="sgd-momentum", precision="fp16", network={"workload_gradients": "fp32"}),
}
# Between nodes one IP-in-IP tunnel carries all traffic of a pair: one flow, 5 Gbit/s on AWS (pollux_aws.md).
ONE_FLOW = "5Gbit/s"


def convert(rows):
    for row in rows:
        placement = [int(gpus) for gpus in row["placement_gpus_per_node"].split("+")]
        if row["cluster"] != "aws" or row["model"] not in MODELS or len(set(placement)) != 1:
            continue
        model, nodes, gpus = MODELS[row["model"]], len(placement), int(row["gpus"])
        where = "1" if gpus == 1 else "node" if nodes == 1 else "nodes"
        yield {
            "run": f"{row['model']}-{nodes}x{placement[0]}-{row['batch_per_gpu']}", "group": f"pollux-{row['model']}-{where}",
            "workload": model["workload"], "platform": "aws:g4dn.12xlarge", "strategy": strategy(data=gpus, runtime="pytorch-ddp"),
            "set": settings(platform_nodes=nodes, platform_devices_per_node=placement[0], platform_link_bandwidth=ONE_FLOW,
                            workload_batch=row["global_batch"], workload_precision=model["precision"],
                            workload_optimizer=model["optimizer"], **model["network"]),
            "value": row["step_time_s"], "source": "pollux_sia_placements.csv aws", "date": "2021", "host": "AWS",
            "note": f"{float(row['sync_time_s']):.4g} s of it after the last gradient",
        }


if __name__ == "__main__":
    rows_of(convert)
