#!/usr/bin/env python3
"""Writes all_reduce_series.csv: measured all-reduces by size in the schema of measured runs; a group is one machine, number of ranks and library.

usage: convert_all_reduce_series.py ALLREDUCE_MICROBENCHMARKS.csv > all_reduce_series.csv
"""
from collections import Counter

from measured_runs import rows_of, settings, strategy

# By the first words of the source's device and interconnect: name, platform, its settings. Shares and the overhead of a collective, which shipped
# platforms have from some of these rows, start from round figures.
START = dict(platform_collective_overhead="20us", platform_intra_node_share="1", platform_link_share="1")
FABRIC = dict(platform_link_bandwidth="400Gbit/s", platform_nics="4", **START)
MACHINES = {
    ("A100 (NVLink 3)", "NVLink"): ("a100", "dgx-a100-80gb", START),
    ("H200 (NVLink 4, SHARP on)", "NVLink"): ("h200", "hgx-h200", START),
    ("H200 (NVLink 4, ring", "NVLink"): ("h200-ring", "hgx-h200", dict(platform_fabric="nvlink", **START)),
    ("unspecified 8-GPU", "unspecified"): ("unspecified", "dgx-a100-80gb", START),
    ("V100-16GB", "NVLink"): ("v100-16gb", "abci-v100", START),
    ("V100-32GB", "NVLink"): ("v100-32gb", "abci-v100", START),
    ("V100-32GB", "Intel Omni-Path"): ("v100-omni-path", "abci-v100", FABRIC),
    ("A100-80GB", "Intel Omni-Path"): ("a100-omni-path", "dgx-a100-80gb", FABRIC),
    ("MI300X", "Infinity"): ("mi300x", "mi300x.yaml", {}),
    ("P100", "PCIe"): ("p100", "eight_pcie_gpus.yaml", {}),
    ("M40", "PCIe"): ("m40", "eight_pcie_gpus.yaml", {}),
    ("TitanX (Maxwell)", "PCIe"): ("titan-x-maxwell", "eight_pcie_gpus.yaml", {}),
    ("TitanX Pascal", "PCIe"): ("titan-x-pascal", "eight_pcie_gpus.yaml", {}),
    ("GTX 1080 Ti", ""): ("gtx-1080-ti", "eight_pcie_gpus.yaml", {}),
    ("Xeon Phi", "Intel Omni-Path"): ("xeon-phi", "xeon_phi_7250f.yaml", {}),
}
# As the source names libraries, of which it prints the fastest at each size. In DeepBench "Single" is one process for all GPUs.
LIBRARIES = {"NCCL 2.0 Single": "-one-process", "Baidu RingAllReduce": "-baidu", "OSU Allreduce": "-osu"}
# NCCL 2.0 and the rings of Baidu had no other algorithm; MPI libraries halve and double for long messages (Thakur et al. 2005, sec. 4.5).
ALGORITHMS = {"eight_pcie_gpus.yaml": "ring", "xeon_phi_7250f.yaml": "recursive-halving-doubling"}


def machine(row):
    for (device, interconnect), found in MACHINES.items():
        if row["device"].startswith(device) and row["interconnect"].startswith(interconnect):
            return found
    raise SystemExit(f"no machine for {row['device']}, {row['interconnect']}")


def convert(rows):
    def series(row):
        return machine(row)[0], row["ranks"], LIBRARIES.get(row["library"], "")

    machines = list(dict.fromkeys(found[0] for found in MACHINES.values()))
    in_order = sorted(rows, key=lambda row: (machines.index(machine(row)[0]), int(row["ranks"]), series(row)[2], int(row["message_bytes"])))
    sizes = Counter(series(row) for row in rows)
    for row in in_order:
        name, platform, more = machine(row)
        nodes = int(row["nodes"] or 1)
        if name == "mi300x" and row["ranks"] == "2":
            more = {"platform_intra_node_bandwidth": "64GB/s"}
        # One or two sizes calibrate nothing, and nothing calibrates them.
        _, ranks, library = series(row)
        group = f"{name}{library}-{ranks}" if sizes[series(row)] > 2 else "one-or-two-sizes"
        yield {
            "run": f"{name}{library}-{ranks}-{row['message_bytes']}", "group": group, "workload": "all-reduce", "platform": platform,
            "strategy": strategy(data=row["ranks"], collective=ALGORITHMS.get(platform)),
            "set": settings(workload_bytes=f"{row['message_bytes']}B", platform_nodes=nodes if nodes > 1 else None, **more),
            "value": row["time_s"], "source": f"allreduce_microbenchmarks.csv {row['source']}", "date": "2016 to 2025", "host": row["device"],
            "note": row["library"],
        }


if __name__ == "__main__":
    rows_of(convert)
