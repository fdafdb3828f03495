#!/usr/bin/env python3
"""Writes search_tensorflow_predicted.csv: what an engine says of every configuration of search_tensorflow.csv, of which only the configurations are read.

usage: predict_search_tensorflow.py FORERUN ENGINE < search_tensorflow.csv > search_tensorflow_predicted.csv
"""
import csv
import functools
import json
import math
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).parent
MACHINES = {  # processors, link-bandwidth, memory (search_tensorflow_predicted.md says whose figures these are)
    "t2.small": (1, "125Mbit/s", "2GiB"),
    "t2.medium": (2, "275Mbit/s", "4GiB"),
    "t2.xlarge": (4, "800Mbit/s", "16GiB"),
    "t2.2xlarge": (8, "1Gbit/s", "32GiB"),
}
PROGRESS = 0.01  # learning rate x updates until the accuracy is reached
CHECK_S = 30     # between two looks at the accuracy


@functools.lru_cache(maxsize=None)
def step_time(workload, machine, workers, batch, sync):
    cores, bandwidth, memory = MACHINES[machine]
    command = [
        sys.argv[1], "predict", "--engine", sys.argv[2], "--samples", "0", "--format", "json",
        "--workload", HERE / f"lynceus_{workload}.yaml", "--platform", HERE / "lynceus_t2.yaml",
        "--strategy", f"data={workers},servers=1,sync={'on' if sync else 'off'}",
        "--set", f"workload.batch={workers * batch}", "--set", f"platform.nodes={workers + 1}", "--set", f"platform.cores={cores}",
        "--set", f"platform.link-bandwidth={bandwidth}", "--set", f"platform.memory-per-node={memory}",
        "--set", f"platform.ingress-bandwidth={bandwidth}",  # that machines take in more was learnt from measured steps
    ]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)["step_time_s"]


def predicted(row):
    workers, machine, _, batch, _, rate, sync = row["candidate"].split(" ")
    step = step_time(row["workload"], machine, int(workers), int(batch), sync == "sync")
    updates = PROGRESS / float(rate)
    seconds = updates * step / (1 if sync == "sync" else int(workers))
    return {
        "workload": row["workload"],
        "candidate": row["candidate"],
        "seconds": f"{math.ceil(seconds / CHECK_S) * CHECK_S}",
        "step_s": f"{step:.6g}",
        "per_update_s": f"{seconds / updates:.6g}",
    }


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    writer = csv.DictWriter(sys.stdout, "workload candidate seconds step_s per_update_s".split(), lineterminator="\n")
    writer.writeheader()
    for row in csv.DictReader(sys.stdin):
        writer.writerow(predicted(row))
