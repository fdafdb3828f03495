#!/usr/bin/env python3
"""Writes all_reduces.csv: measured all-reduces whose machine is described, each with the shipped platform that it ran on.

usage: convert_all_reduces.py allreduce_microbenchmarks.csv > all_reduces.csv
"""
import csv
import sys

COLUMNS = "run group platform set ranks bytes time_s library source".split()

# By the first words of the source's device and interconnect: group, platform, settings.
MACHINES = {
    ("A100 (NVLink 3)", "NVLink"): ("a100-nvlink", "dgx-a100-80gb", ""),
    ("H200 (NVLink 4, SHARP on)", "NVLink"): ("h200-nvlink-switch", "hgx-h200", ""),
    ("H200 (NVLink 4, ring", "NVLink"): ("h200-nvlink-ring", "hgx-h200", "platform.fabric=nvlink"),
    ("V100-16GB", "NVLink"): ("v100-nvlink", "abci-v100", ""),
    ("V100-32GB", "NVLink"): ("v100-nvlink", "abci-v100", ""),
    ("V100-32GB", "Intel Omni-Path"): ("v100-omni-path", "abci-v100", "platform.link-bandwidth=400Gbit/s platform.nics=4"),
    ("A100-80GB", "Intel Omni-Path"): ("a100-omni-path", "dgx-a100-80gb", "platform.link-bandwidth=400Gbit/s platform.nics=4"),
    ("P100", "PCIe"): ("p100-pcie", "dgx1-p100", "platform.fabric=pcie platform.intra-node-bandwidth=15.75GB/s platform.intra-node-latency=5.7us "
                       "platform.intra-node-share=0.3736"),
}


def machine(row):
    for (device, interconnect), found in MACHINES.items():
        if row["device"].startswith(device) and row["interconnect"].startswith(interconnect):
            return found
    return None


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    writer = csv.DictWriter(sys.stdout, COLUMNS, lineterminator="\n")
    writer.writeheader()
    with open(sys.argv[1], newline="", encoding="utf-8") as source:
        for number, row in enumerate(csv.DictReader(source), start=2):
            found = machine(row)
            nodes = int(row["nodes"] or 1)
            # The P100 machine's network is not stated.
            if found is None or (row["device"] == "P100" and nodes > 1):
                continue
            group, platform, settings = found
            if nodes > 1:
                settings = f"platform.nodes={nodes} {settings}"
            writer.writerow({"run": f"{group}-{row['ranks']}-{row['message_bytes']}-{number}", "group": group, "platform": platform,
                             "set": settings.strip(), "ranks": row["ranks"], "bytes": row["message_bytes"], "time_s": row["time_s"],
                             "library": row["library"], "source": row["source"]})


if __name__ == "__main__":
    main()
