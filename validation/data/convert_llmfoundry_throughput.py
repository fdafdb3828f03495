#!/usr/bin/env python3
"""Writes llmfoundry_throughput.csv: throughput of LLM Foundry's models under FSDP, in the schema of measured runs.

usage: convert_llmfoundry_throughput.py LLMFOUNDRY_THROUGHPUT.csv > llmfoundry_throughput.csv
"""
import sys

from measured_runs import gpt, rows_of, seconds, settings, strategy

# mosaicml/llm-foundry, scripts/train/yamls/pretrain: layers, hidden, heads.
MODELS = {
    "125m": (12, 768, 12), "350m": (24, 1024, 16), "760m": (24, 1536, 12), "1b": (24, 2048, 16), "3b": (32, 2560, 20),
    "7b": (32, 4096, 32), "13b": (40, 5120, 40), "30b": (48, 7168, 56), "70b": (80, 8192, 64),
}
VOCABULARY = 50368
PLATFORMS = {"a100_40gb": "dgx-a100-40gb", "a100_80gb": "dgx-a100-80gb", "h100_80gb": "dgx-h100"}
PRECISIONS = {"bf16": "bf16", "amp_bf16": "bf16", "amp_fp8": "fp8"}
SHARDING = {"FULL_SHARD": 3, "SHARD_GRAD_OP": 2}


def parameters(layers, hidden, sequence):
    """Of the family gpt: token and position embeddings, blocks with biases, the last norm."""
    return (VOCABULARY + sequence) * hidden + layers * (12 * hidden**2 + 13 * hidden) + 2 * hidden


def convert(rows):
    for row in rows:
        layers, hidden, heads = MODELS[row["model"]]
        sequence, gpus, micro_batch, batch = (
            int(row[key]) for key in ("seq_len_tokens", "gpus", "micro_batch_size", "global_batch_size_seqs"))
        if parameters(layers, hidden, sequence) != int(row["num_params"]):
            sys.exit(f"{row['model']}: {parameters(layers, hidden, sequence)} parameters, {row['num_params']} printed")
        precision = PRECISIONS[row["precision"]]
        device = row["gpu"].replace("_", "-")
        # Nodes of A100 are joined by 1,600 Gbit/s; of H100 the page says nothing, and the platform's own figure stands.
        network = "200GB/s" if row["gpu"].startswith("a100") else None
        yield {
            "run": f"{device}-{precision}-{row['snapshot'][:4]}-{row['model']}-s{sequence}-g{gpus}-m{micro_batch}-z{SHARDING[row['sharding']]}",
            "group": f"{device}-{precision}", "workload": "gpt", "platform": PLATFORMS[row["gpu"]],
            "strategy": strategy(data=gpus, micro_batch=micro_batch, zero=SHARDING[row["sharding"]],
                                 recompute="full" if row["activation_checkpointing"] == "True" else "none", runtime="pytorch-fsdp"),
            "set": settings(platform_nodes=max(1, gpus // 8), platform_nic_bandwidth=network,
                            **gpt(layers, hidden, heads, sequence, VOCABULARY), workload_dropout="false", workload_attention="flash",
                            workload_batch=batch, workload_precision=precision, workload_optimizer="adam"),
            "value": seconds(int(row["global_batch_tokens"]) / int(row["throughput_tokens_per_s"])),
            "source": f"llmfoundry_throughput.csv {row['table']}", "date": row["snapshot"],
            "note": f"{row['mp_mode']} mixed precision; step from {row['throughput_tokens_per_s']} tokens/s",
        }


if __name__ == "__main__":
    rows_of(convert)
