#!/usr/bin/env python3
"""Writes megatron_published.csv: training steps that Megatron-LM's papers and pages print, in the schema of measured runs.

usage: convert_megatron_published.py MEGATRON_PUBLISHED.csv > megatron_published.csv
"""
from measured_runs import gpt, megatron_attention, rows_of, seconds, settings, strategy

# README of NVIDIA/Megatron-LM, November 2020, by billions of parameters: layers, hidden, heads. See megatron_published.md.
README_2020 = {"1": (24, 1920, 15), "2": (30, 2304, 18), "4": (36, 3072, 24), "8": (42, 4096, 32)}
README_2020_SEQUENCE = 1024
VOCABULARY = 51200  # 50,257 words, padded
LLAMA3 = {"8": "llama3-8b", "70": "llama3-70b", "405": "llama3-405b"}
LLAMA3_CONTEXT = {"8": 2, "70": 1, "405": 2}  # stands in the note of the source


def flops_with_recomputation(batch, sequence, layers, hidden, vocabulary):
    """Narayanan et al. 2021 (SC21), eq. 3: forward, again for recomputation, backward, and the logits."""
    return 96 * batch * sequence * layers * hidden**2 * (1 + sequence / (6 * hidden) + vocabulary / (16 * layers * hidden))


def model_flops(batch, sequence, layers, hidden, vocabulary):
    """Megatron-LM, megatron/training/training.py, num_floating_point_operations: the same without recomputation."""
    return 72 * batch * sequence * layers * hidden**2 * (1 + sequence / (6 * hidden) + vocabulary / (12 * layers * hidden))


class Row:
    def __init__(self, row):
        self.row = row
        self.billions = row["params_billion"]
        self.batch, self.gpus, self.tensor, self.pipeline, self.data = (
            int(row[key]) for key in ("global_batch_seqs", "gpus", "tp", "pp", "dp"))
        self.layers, self.hidden, self.heads, self.sequence = (int(row[key] or 0) for key in ("layers", "hidden", "heads", "seq_len"))
        self.vocabulary = int(row["vocab"] or VOCABULARY)
        self.micro_batch = int(row["micro_batch"] or 1)
        self.interleave = int(row["vp"]) if row["vp"] not in ("", "1") else None

    def derived(self, flops):
        """Seconds of a step that performs so many flop at the printed rate."""
        return seconds(flops(self.batch, self.sequence, self.layers, self.hidden, self.vocabulary) /
                       (self.gpus * float(self.row["tflops_per_gpu"]) * 1e12))

    def workload(self, precision="fp16"):
        sizes = gpt(self.layers, self.hidden, self.heads, self.sequence, self.vocabulary)
        return dict(**sizes, workload_attention=megatron_attention(self.micro_batch, self.heads, self.tensor), workload_batch=self.batch,
                    workload_precision=precision, workload_optimizer="adam")

    def degrees(self):
        return dict(data=self.data, tensor=self.tensor, pipeline=self.pipeline, micro_batch=self.micro_batch, interleave=self.interleave,
                    schedule="interleaved" if self.interleave else None)

    def nodes(self, devices):
        return max(1, self.gpus // devices)


def sc21(row):
    r = Row(row)
    return {
        "run": f"sc21-{r.billions}b", "group": "sc21", "workload": "gpt", "platform": "dgx-a100-80gb",
        "strategy": strategy(**r.degrees(), recompute="full", runtime="megatron"),
        "set": settings(platform_nodes=r.nodes(8), platform_nic_bandwidth="200GB/s", **r.workload()),
        "value": r.derived(flops_with_recomputation), "date": "2021-04", "host": "Selene",
        "note": f"derived from {row['tflops_per_gpu']} TFLOP/s a GPU; interleaving is not stated: none",
    }


def korthikanti(row):
    r = Row(row)
    kind = row["activation_recompute"].split("+")[0]
    selective = kind == "selective"
    return {
        "run": f"korthikanti-{r.billions}b-{kind}", "group": "korthikanti", "workload": "gpt", "platform": "dgx-a100-80gb",
        "strategy": strategy(**r.degrees(), sequence_parallel="on" if selective else None, recompute=kind, overlap="tensor",
                             runtime="megatron"),
        "set": settings(platform_nodes=r.nodes(8), platform_nic_bandwidth="200GB/s", **r.workload()),
        "value": row["iteration_time_s"], "date": "2022-05", "host": "Selene", "note": row["evidence"],
    }


def weak_scaling(row):
    r = Row(row)
    return {
        "run": f"core-{r.billions}b", "group": "megatron-core-weak-scaling", "workload": "gpt", "platform": "dgx-h100",
        "strategy": strategy(**r.degrees(), zero=1, sequence_parallel="on" if r.tensor > 1 else None, overlap="data", runtime="megatron"),
        "set": settings(platform_nodes=r.nodes(8), **{**r.workload("bf16"), "workload_tied_embeddings": "false", "workload_attention": "flash"}),
        "value": r.derived(model_flops), "date": "2024-07",
        "note": f"derived from {row['tflops_per_gpu']} TFLOP/s a GPU; micro-batch, interleaving and recomputation are not stated: 1, none, none",
    }


def readme_2020(row):
    r = Row(row)
    r.layers, r.hidden, r.heads = README_2020[r.billions]
    r.sequence = README_2020_SEQUENCE
    r.micro_batch = r.batch // r.data
    a100 = row["gpu"].startswith("A100")
    data = r.data > 1
    return {
        "run": f"readme-2020-{'a100' if a100 else 'v100'}-{'data-' if data else ''}{r.billions}b",
        "group": f"readme-2020-{'a100' if a100 else 'v100'}", "workload": "gpt", "platform": "dgx-a100-40gb" if a100 else "dgx2-v100",
        "strategy": strategy(**r.degrees(), recompute="full", runtime="megatron"),
        "set": settings(platform_nodes=r.nodes(8 if a100 else 16), **r.workload()),
        "value": row["iteration_time_s"], "date": "2020-11", "note": f"sizes from the same page; the printed {row['tflops_per_gpu']} TFLOP/s say {r.derived(flops_with_recomputation)} s",
    }


def gpt3(row):
    r = Row(row)
    return {
        "run": "readme-gpt3-175b", "group": "readme-gpt3", "workload": "gpt", "platform": "dgx-a100-80gb",
        "strategy": strategy(**r.degrees(), recompute="full", runtime="megatron"),
        "set": settings(platform_nodes=r.nodes(8), platform_nic_bandwidth="200GB/s", **r.workload()),
        "value": row["iteration_time_s"], "date": "2021", "host": "Selene",
        "note": "printed as about 32 s; 138 TFLOP/s agree with recomputation; interleaving is not stated: none",
    }


def llama3(row):
    r = Row(row)
    return {
        "run": f"llama3-{r.billions}b-fp8", "group": "llama3-fp8", "workload": LLAMA3[r.billions], "platform": "dgx-h100",
        "strategy": strategy(**r.degrees(), context=LLAMA3_CONTEXT[r.billions], zero=1, sequence_parallel="on" if r.tensor > 1 else None,
                             overlap="all", runtime="megatron"),
        "set": settings(platform_nodes=r.nodes(8), workload_sequence=r.sequence, workload_batch=r.batch, workload_precision="fp8",
                        workload_optimizer="adam"),
        "value": row["iteration_time_s"], "date": "2025",
        "note": "step from the printed tokens/s a GPU; overlap and sequence parallelism are those of the published recipe, not of the table",
    }


CONVERTERS = {
    "megatron_sc21_table1": sc21,
    "korthikanti2022_table5": korthikanti,
    "megatron_core_r0.8_weak_scaling": weak_scaling,
    "megatron_readme_2020-11_model_parallel": readme_2020,
    "megatron_readme_2020-11_model+data_parallel": readme_2020,
    "megatron_readme_gpt3_175b": gpt3,
    "megatron_lm_llama3_fp8": llama3,
}


def convert(rows):
    for row in rows:
        if row["source"] in CONVERTERS:  # the 8.3B runs of 2019 print shares of a scaling, no times
            yield {"source": f"megatron_published.csv {row['source']}", **CONVERTERS[row["source"]](row)}


if __name__ == "__main__":
    rows_of(convert)
