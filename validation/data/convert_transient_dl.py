#!/usr/bin/env python3
"""Writes transient_dl_servers.csv: asynchronous runs of ResNet-32 on one kind of GPU that lost no worker, in the schema of measured runs.

usage: convert_transient_dl.py TRANSIENT_DL_GCE_RUNS.csv > transient_dl_servers.csv
"""
from measured_runs import rows_of, seconds, settings, strategy

# Of cake-lab/transient-deep-learning@95c27148: code/tensor2tensor/tensor2tensor/models/resnet.py, resnet_cifar_32_vanilla.
BATCH = 128  # of a worker
NETWORK = dict(workload_width="32", workload_shortcut="projection")
# Ibid., data/training/code/resource_acquisition.py: the server has four virtual processors, of 2 Gbit/s each as the catalogue has it.
SERVER_LINK = "8Gbit/s"


def convert(rows):
    for row in rows:
        workers = int(row["workers"])
        kinds = [gpu for gpu in ("k80", "p100", "v100") if row[gpu] != "0"]
        lost = row["worker_vms_not_completed"] not in ("", "0")
        if len(kinds) != 1 or row["group"] == "k80_spot" or lost or row["parameter_servers"] != "1":
            continue
        gpu = kinds[0]
        yield {
            "run": f"{gpu}-{workers}-{row['experiment']}-{row['zone'] or 'zone'}-{row['run']}", "group": f"transient-{gpu}-{workers}",
            "workload": "resnet32-cifar10", "platform": f"gcp:n1-standard-8-{gpu}x1",
            "strategy": strategy(data=workers, servers=1, sync="off"),
            "set": settings(platform_nodes=workers + 1, platform_link_bandwidth=SERVER_LINK, **NETWORK, workload_batch=BATCH * workers,
                            workload_precision="fp32", workload_optimizer="sgd-momentum"),
            # The global step counts every worker's updates.
            "value": seconds(float(row["duration_s"]) / float(row["target_steps"]) * workers),
            "source": f"transient_dl_gce_runs.csv {row['group']}", "date": "2019-02", "host": "GCE", "note": row["market"],
        }


if __name__ == "__main__":
    rows_of(convert)
