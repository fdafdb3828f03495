#!/usr/bin/env python3
"""Writes pollux_clusters.csv: training steps at even placements on the clusters of Pollux and Sia other than aws, in the schema of measured runs.

usage: convert_pollux_clusters.py POLLUX_SIA_PLACEMENTS.csv > pollux_clusters.csv
"""
from convert_pollux_aws import MODELS
from measured_runs import rows_of, settings, strategy

# Platform, and what its GPUs calculate FP32 with: on A100 NVIDIA's containers choose TF32.
CLUSTERS = {
    "dgx": ("dgx-a100-40gb", "tf32"),
    "dgx-ext": ("dgx-a100-40gb", "tf32"),
    "quad": ("pollux_quad.yaml", "fp32"),
    "rtx": ("pollux_rtx.yaml", "fp32"),
    "azure": ("pollux_azure.yaml", "fp32"),
}
# Speeds of links that nobody states come from these rows (pollux_clusters.md), which are not scored: of BERT the smallest batch of the smallest
# placements inside a node and over two.
LINKS = {"quad-bert-1x2-4", "rtx-bert-1x2-4", "rtx-bert-2x1-8", "azure-bert-1x2-4", "azure-bert-2x1-4"}
# All GPUs of a node of azure share one way through its host, of so many bytes a second, and a ring sends from all of them at once.
AZURE_HOST = 7.28e9


def inside(cluster, gpus):
    return f"{AZURE_HOST / gpus:.4g}B/s" if cluster == "azure" and gpus > 1 else None


def convert(rows):
    for row in rows:
        cluster = row["cluster"]
        placement = [int(gpus) for gpus in row["placement_gpus_per_node"].split("+")]
        if cluster not in CLUSTERS or row["model"] not in MODELS or len(set(placement)) != 1:
            continue
        model, nodes, gpus = MODELS[row["model"]], len(placement), int(row["gpus"])
        platform, precision = CLUSTERS[cluster]
        run = f"{cluster}-{row['model']}-{nodes}x{placement[0]}-{row['batch_per_gpu']}"
        yield {
            "run": run, "group": "links" if run in LINKS else f"{cluster}-{row['model']}", "workload": model["workload"], "platform": platform,
            "strategy": strategy(data=gpus, runtime="pytorch-ddp"),
            "set": settings(platform_nodes=nodes, platform_devices_per_node=placement[0],
                            platform_intra_node_bandwidth=inside(cluster, placement[0]), workload_batch=row["global_batch"],
                            workload_precision=precision if model["precision"] == "fp32" else model["precision"],
                            workload_optimizer=model["optimizer"], **model["network"]),
            "value": row["step_time_s"], "source": f"pollux_sia_placements.csv {cluster}", "date": "2020-2022", "host": cluster,
            "calibrates": "yes" if gpus == 1 else "",
        }


if __name__ == "__main__":
    rows_of(convert, more=["calibrates"])
