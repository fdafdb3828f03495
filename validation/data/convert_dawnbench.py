#!/usr/bin/env python3
"""Writes dawnbench_training.csv: the DAWNBench entries whose network, batch and device are stated and known here, in the schema of measured runs.

usage: convert_dawnbench.py DAWNBENCH_TRAINING.csv > dawnbench_training.csv
"""
import re

from measured_runs import rows_of, seconds, settings, strategy

# stanford-futuredata/dawn-bench-models@faacf046, pytorch/CIFAR10/README.md and tensorflow/CIFAR10/resnet: batches of 128; 50,000 images.
# Nine layers a stage of a bottleneck's three, and two of a basic block's: He et al. 2016, "Identity mappings", with n = 18 and n = 27.
RESNET164 = {
    "b": dict(workload_block="bottleneck", workload_blocks="18,18,18", workload_shortcut="projection"),
    "nb": dict(workload_block="basic", workload_blocks="27,27,27", workload_shortcut="projection"),
}
PLATFORMS = {"1k80-ec2": "aws:p2.xlarge", "1k80-gc": "gcp:n1-standard-8-k80x1", "1p100-dawn": "gcp:n1-standard-8-p100x1"}
# The entry's own file names a batch of 256 in all.
TENSORPACK = "ppwwyyxx_resnet152_8P100-DGX1_tensorpack"


def described(entry):
    """Group, platform, strategy, samples, batch and settings; None where something is not stated or not known."""
    if entry == TENSORPACK:
        return ("dawnbench-p100-8", "dgx1-p100", strategy(data=8, runtime="pytorch-ddp"), 1281167, 256, "resnet152", {})
    match = re.match(r"dawn_resnet164_(b|nb)_(1k80-ec2|1k80-gc|1p100-dawn)_(pytorch|tensorflow)$", entry)
    if not match:
        return None
    block, machine, _ = match.groups()
    group = f"dawnbench-{machine.split('-')[0][1:]}"
    return (group, PLATFORMS[machine], strategy(data=1, runtime="pytorch-ddp"), 50000, 128, "resnet32-cifar10", RESNET164[block])


def convert(rows):
    for row in rows:
        found = described(row["entry"])
        if found is None:
            continue
        group, platform, how, samples, batch, workload, network = found
        steps = float(row["total_epochs_logged"]) * samples / batch
        yield {
            "run": row["entry"], "group": group, "workload": workload, "platform": platform, "strategy": how,
            "set": settings(workload_batch=batch, workload_precision="fp32", workload_optimizer="sgd-momentum", **network),
            "value": seconds(float(row["total_hours_logged"]) * 3600 / steps), "source": "dawnbench_training.csv", "date": row["date"],
            "host": row["hardware"], "note": f"{row['framework']}; {row['total_epochs_logged']} epochs",
        }


if __name__ == "__main__":
    rows_of(convert)
