#!/usr/bin/env python3
"""Writes paradl_abci_v100.csv: iterations of the ParaDL logs, in the schema of measured runs.

usage: convert_paradl_abci_v100.py PARADL_ABCI_V100.csv > paradl_abci_v100.csv
"""
from measured_runs import rows_of, settings, strategy

NODE = 4  # GPUs
# By model: the name, the samples that one GPU, or one node of a hybrid, takes, and what the zoo's differs in.
MODELS = {
    "alexnet": ("alexnet", 512, dict(workload="paradl_alexnet.yaml")),
    "resnet": ("resnet50", 64, dict(workload="resnet50", stride_at="1x1")),
    "vgg": ("vgg16", 32, dict(workload="vgg16")),
}
# By directory of logs: the name, its degrees, and how many GPUs share one batch of samples.
STRATEGIES = {
    "data": ("data", lambda gpus: dict(data=gpus), 1),
    "spatial": ("spatial", lambda gpus: dict(spatial="4x1"), NODE),
    "hybrid": ("data-spatial", lambda gpus: dict(data=gpus // NODE, spatial="4x1"), NODE),
    "hybrid_filter": ("data-filter", lambda gpus: dict(data=gpus // NODE, filter=NODE), NODE),
}
# Where four GPUs share samples one process loads them all. From the rows spatial alexnet 4 and spatial resnet 4, 263 and 268 images a second.
LOADER_RATE = 266
# Outputs of filters are gathered through MPI on managed memory, not by NCCL over NVLink. From the row hybrid_filter resnet 8.
FILTER_BANDWIDTH = "2.69GB/s"
# What CuPy lets a convolution have: _max_workspace_size of cupy/cudnn.pyx.
WORKSPACE = "8MiB"
FITTED = {("spatial", "alexnet", "4"): "loader-rate", ("spatial", "resnet", "4"): "loader-rate",
          ("hybrid_filter", "resnet", "8"): "intra-node-bandwidth"}


def identified(row):
    return row["strategy_dir"] in STRATEGIES and row["model"] in MODELS and row["gpus"].isdigit()


def convert(rows):
    rows = [row for row in rows if identified(row)]
    fitted = {(row["strategy_dir"], row["model"], row["gpus"]) for row in rows if row["method"] == "slope"}
    for row in rows:
        slope = row["method"] == "slope"
        if not slope and (row["strategy_dir"], row["model"], row["gpus"]) in fitted:
            continue  # its start-up is in it, and a row without stands beside
        kind, degrees, sharing = STRATEGIES[row["strategy_dir"]]
        model, samples, network = MODELS[row["model"]]
        gpus = int(row["gpus"])
        batch = samples * gpus // sharing
        notes = [] if slope else ["start-up included"]
        gave = FITTED.get((row["strategy_dir"], row["model"], row["gpus"]))
        if gave:
            notes.append(f"gave platform.{gave}")
        log = row["log"].removesuffix(".log")
        yield {
            "run": f"{kind}-{model}-{gpus}-{log}", "group": "paradl-fitted" if gave else f"paradl-{kind}-{model}",
            "workload": network["workload"], "platform": "abci-v100",
            "strategy": strategy(**degrees(gpus), overlap="none", runtime="pytorch-ddp"),
            "set": settings(platform_nodes=max(1, gpus // NODE), workload_batch=batch, workload_precision="fp32",
                            workload_optimizer="adam",
                            workload_stride_at=network.get("stride_at"),
                            calibration_convolution_workspace=WORKSPACE,
                            platform_loader_rate=LOADER_RATE if sharing > 1 else None,
                            platform_intra_node_bandwidth=FILTER_BANDWIDTH if kind == "data-filter" else None),
            "value": row["iteration_time_s_derived"], "source": f"paradl_abci_v100.csv {row['strategy_dir']}", "date": "2020-01",
            "host": "ABCI", "note": "; ".join(notes),
        }


if __name__ == "__main__":
    rows_of(convert)
