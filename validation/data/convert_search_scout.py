#!/usr/bin/env python3
"""Writes search_scout.csv: 18 Spark and Hadoop jobs on 69 clusters each, as `forerun search replay` reads them.

usage: convert_search_scout.py SCOUT_MULTINODE_SPARK_HADOOP.csv > search_scout.csv
"""
import searched_runs

SIZES = {"large": 2, "xlarge": 4, "2xlarge": 8}  # vCPUs
MEMORY_GIB_PER_VCPU = {"c4": 1.875, "m4": 4, "r4": 7.625}
TIME_LIMIT_S = 7200


def convert(row):
    family, size = row["instance"].split(".")
    program = f"{row['framework']} {row['workload']}"
    nodes = int(row["nodes"])
    seconds = float(row["runtime_s"])
    return {
        "workload": f"{program} {row['datasize']}",
        "group": program,
        "candidate": f"{nodes} {row['instance']}",
        "nodes": nodes,
        "units_per_node": SIZES[size],
        "memory_gib_per_node": searched_runs.number(MEMORY_GIB_PER_VCPU[family] * SIZES[size]),
        "compute_optimised": int(family == "c4"),
        "usd_per_h": searched_runs.number(nodes * float(row["price_usd_per_hour"])),
        "seconds": searched_runs.number(seconds),
        "status": "ok" if row["completed"] == "1" else "timeout" if seconds >= TIME_LIMIT_S else "failed",
    }


if __name__ == "__main__":
    searched_runs.rows_of(convert, ["compute_optimised"])
