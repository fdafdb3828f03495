#!/usr/bin/env python3
"""Writes tensorflow_2017_servers.csv: the distributed runs of TensorFlow's benchmark page of 2017, in the schema of measured runs.

usage: convert_tensorflow_2017.py TENSORFLOW_2017_BENCHMARKS.csv > tensorflow_2017_servers.csv
"""
from measured_runs import rows_of, settings, strategy

MODELS = {
    "InceptionV3": ("inception-v3", dict(workload_auxiliary="false")),
    "ResNet-50": ("resnet50", dict(workload_stride_at="1x1")),
    "ResNet-152": ("resnet152", dict(workload_stride_at="1x1")),
}


def convert(rows):
    for row in rows:
        if row["platform"] != "EC2 distributed" or row["data"] != "synthetic" or int(row["nodes"]) < 2:
            continue
        workload, network = MODELS[row["model"]]
        yield {
            "run": f"{workload}-{row['gpus']}x{row['batch_per_gpu']}", "group": f"tf-2017-{workload}", "workload": workload,
            "platform": "aws:p2.8xlarge",
            "strategy": strategy(data=row["gpus"], servers=row["parameter_servers"], server_nodes="shared", node_reduction="on"),
            "set": settings(platform_nodes=row["nodes"], workload_batch=row["global_batch"], workload_precision="fp32",
                            workload_optimizer="sgd", **network),
            "value": row["step_time_s_derived"], "repeats": "5", "source": "tensorflow_2017_benchmarks.csv EC2 distributed",
            "date": row["test_date"], "host": "AWS", "note": row["variable_update"],
        }


if __name__ == "__main__":
    rows_of(convert)
