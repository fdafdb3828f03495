#!/usr/bin/env python3
"""Writes vtrain_megatron_a100.csv: the steps published with vTrain, in the schema of measured runs.

usage: convert_vtrain_megatron_a100.py VTRAIN_MEGATRON_A100.csv > vtrain_megatron_a100.csv
"""
from measured_runs import gpt, megatron_attention, rows_of, settings, strategy

VOCABULARY = 50257
DEVICES = 8  # of a node


def convert(rows):
    for row in rows:
        gpus, batch, micro_batch, tensor, data, pipeline, layers, hidden, heads, sequence = (
            int(row[key]) for key in
            ("gpus", "global_batch_seqs", "micro_batch", "tp", "dp", "pp", "layers", "hidden", "heads", "seq_len"))
        multi = row["setup"] == "multi_node"
        kind = "multi" if multi else "single"
        cluster = dict(platform_nodes=gpus // DEVICES, platform_nic_bandwidth="100GB/s", platform_nics=4, platform_ring_nics=1) if multi else {}
        yield {
            "run": f"{kind}-h{hidden}-l{layers}-t{tensor}-d{data}-p{pipeline}-m{micro_batch}-b{batch}",
            "group": f"vtrain-{kind}", "workload": "gpt", "platform": "dgx-a100-80gb",
            "strategy": strategy(data=data, tensor=tensor, pipeline=pipeline, micro_batch=micro_batch,
                                 recompute="full" if multi else "none", runtime="megatron",
                                 **({} if multi else {"vocabulary_multiple": 1})),
            "set": settings(**cluster, **gpt(layers, hidden, heads, sequence, VOCABULARY),
                            workload_attention=megatron_attention(micro_batch, heads, tensor), workload_batch=batch,
                            workload_precision="fp16", workload_optimizer="adam"),
            "value": row["iteration_time_s"], "source": f"vtrain_megatron_a100.csv {row['setup']}", "date": "2023",
            "note": "" if multi else "not measured: another simulator's replay of kernel traces",
        }


if __name__ == "__main__":
    rows_of(convert)
