#!/usr/bin/env python3
"""Writes search_tensorflow.csv: two networks on 32 clusters with 12 settings each, as `forerun search replay` reads them.

usage: convert_search_tensorflow.py LYNCEUS_TENSORFLOW_T2.csv > search_tensorflow.csv
"""
import math

import searched_runs

MACHINES = {  # vCPUs, GiB, USD/h as in the source's code
    "t2.small": (1, 2, 0.023),
    "t2.medium": (2, 4, 0.0464),
    "t2.xlarge": (4, 16, 0.1856),
    "t2.2xlarge": (8, 32, 0.3712),
}
TIME_LIMIT_S = 600
ACCURACY = 0.85


def convert(row):
    vcpus, memory, price = MACHINES[row["instance"]]
    workers = int(row["workers"])
    seconds = float(row["training_time_s"])
    reached = float(row["accuracy"]) >= ACCURACY
    nodes = workers + int(row["parameter_servers"])
    return {
        "workload": row["network"],
        "group": row["network"],
        "candidate": f"{workers} {row['instance']} batch {row['batch_size']} rate {row['learning_rate']} {row['synchronism']}",
        "nodes": nodes,
        "units_per_node": vcpus,
        "memory_gib_per_node": memory,
        "log10_learning_rate": searched_runs.number(math.log10(float(row["learning_rate"]))),
        "log2_batch": searched_runs.number(math.log2(float(row["batch_size"]))),
        "synchronism": row["synchronism"],
        "usd_per_h": searched_runs.number(nodes * price),
        "seconds": searched_runs.number(seconds),
        "status": "ok" if reached else "timeout" if seconds >= TIME_LIMIT_S else "failed",
    }


if __name__ == "__main__":
    searched_runs.rows_of(convert, ["log10_learning_rate", "log2_batch", "synchronism"])
