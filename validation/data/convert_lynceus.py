#!/usr/bin/env python3
"""Writes lynceus_servers.csv: steps of two networks on MNIST over one parameter server on t2 machines, in the schema of measured runs.

usage: convert_lynceus.py LYNCEUS_TENSORFLOW_T2.csv > lynceus_servers.csv
"""
from collections import defaultdict

from measured_runs import rows_of, seconds, settings, strategy
from predict_search_tensorflow import MACHINES


def convert(rows):
    # A step does not depend on the learning rate: runs that differ in it alone are one.
    runs = defaultdict(list)
    for row in rows:
        runs[row["network"], row["instance"], int(row["workers"]), int(row["batch_size"]), row["synchronism"]].append(row)
    for (network, machine, workers, batch, sync), same in runs.items():
        cores, bandwidth, memory = MACHINES[machine]
        per_iteration = sum(float(row["training_time_s"]) for row in same) / sum(float(row["iterations"]) for row in same)
        yield {
            "run": f"{network}-{workers}-{machine}-{batch}-{sync}", "group": f"lynceus-{network}-{sync}",
            "workload": f"lynceus_{network}.yaml", "platform": "lynceus_t2.yaml",
            "strategy": strategy(data=workers, servers=1, sync="on" if sync == "sync" else "off"),
            "set": settings(platform_nodes=workers + 1, platform_cores=cores, platform_link_bandwidth=bandwidth,
                            platform_memory_per_node=memory, workload_batch=workers * batch),
            # An iteration is an update: of all workers, or of one.
            "value": seconds(per_iteration * (1 if sync == "sync" else workers)), "repeats": str(len(same)),
            "source": "lynceus_tensorflow_t2.csv", "date": "2018-09", "host": "AWS", "note": machine,
        }


if __name__ == "__main__":
    rows_of(convert)
