#!/usr/bin/env python3
"""Writes search_cherrypick.csv: three of CherryPick's jobs on 47 to 72 clusters, as `forerun search replay` reads them.

usage: convert_search_cherrypick.py CHERRYPICK_EC2.csv > search_cherrypick.csv
"""
import searched_runs

EBS_USD_PER_H = 0.12 * 500 / 720  # of a machine without local disks: what the authors' harness adds to its price


def convert(row):
    nodes = int(row["nodes"])
    vcpus = int(row["vcpus"])
    return {
        "workload": row["workload"],
        "group": row["workload"],
        "candidate": f"{nodes} {row['instance']} {row['disk_count']} {row['disk']}",
        "nodes": nodes,
        "units_per_node": vcpus,
        "memory_gib_per_node": row["ram_gb"],
        "fast_cpu": int(row["instance"].startswith("c4")),
        "fast_disk": int(row["disk_speed"] == "fast"),
        "usd_per_h": searched_runs.number(nodes * (float(row["vm_price_usd_per_hour"]) + (EBS_USD_PER_H if row["disk"] == "ebs" else 0))),
        "seconds": searched_runs.number(float(row["runtime_s"])),
        "status": "ok",
    }


if __name__ == "__main__":
    searched_runs.rows_of(convert, ["fast_cpu", "fast_disk"])
