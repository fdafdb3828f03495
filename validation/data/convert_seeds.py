#!/usr/bin/env python3
"""Writes seeds_vgg11.csv: the VGG-11 rows of a collection of measured runs, in the schema of measured runs.

usage: convert_seeds.py SEEDS.csv > seeds_vgg11.csv
"""
import csv
import sys

COLUMNS = ("run group workload platform strategy set metric value p10 p90 repeats status source date host note").split()
SINGLE_BATCH = 256  # assumed, see seeds_vgg11.md


def convert(row):
    nodes = int(row["nodes"])
    overrides = [f"workload.batch={SINGLE_BATCH * nodes}"]
    if nodes > 1:
        overrides.insert(0, f"platform.nodes={nodes}")
    return {
        "run": row["run_id"],
        "group": "vgg-single" if nodes == 1 else f"vgg-ddp{nodes}",
        "workload": "vgg11-cifar10",
        "platform": "cpu-cluster",
        "strategy": f"data={nodes},runtime=pytorch-ddp",
        "set": " ".join(overrides),
        "metric": "step_time_s",
        "value": row["step_time_s"],
        "status": "ok",
        "source": "seeds.csv",
        "note": row["note"] or "one process",
    }


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    writer = csv.DictWriter(sys.stdout, COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    with open(sys.argv[1], newline="", encoding="utf-8") as source:
        for row in csv.DictReader(source):
            if row["run_id"].startswith("vgg-"):
                writer.writerow(convert(row))


if __name__ == "__main__":
    main()
