"""Matrix flops of one sample's forward pass, as PyTorch counts them.

    python3 torch_transformers.py

Builds small models of the transformers library from the configurations of transformers_counts.py and from the arguments below, runs one
sample through each on torch's meta device (mixtures of experts on the CPU, because where tokens go depends on their values), with
scaled_dot_product_attention, and writes torch_transformers.csv: workload, settings, parameters, forward flops (FlopCounterMode, a
multiply-add counts 2), and which head is included. All positions are predicted; a causal mask saves nothing.
Made with transformers 5.23.0 and torch 2.15.0. Nothing is downloaded.
"""

import csv
import pathlib

import torch
import transformers
from torch.utils.flop_counter import FlopCounterMode

HERE = pathlib.Path(__file__).parent
FILES = {
    "gpt2-untied": 64, "gpt2-inner": 50, "gpt2-base": 33, "gpt2-classifier": 21, "gpt2-tagger": 21, "gpt2-answers": 40,
    "llama-tied": 48, "llama-head-dim": 31, "llama-biases": 20, "llama-base": 17, "llama-classifier": 19, "llama-answers": 19,
    "mistral-head-dim": 37, "mistral-tied": 24, "mistral-base": 11, "mistral-unread-biases": 10,
    "mixtral-16-experts": 26, "mixtral-head-dim": 15, "mixtral-tied": 22, "mixtral-base": 9, "mixtral-one-expert": 12,
    "bert-model": 44, "bert-pretraining": 29, "bert-untied": 16, "bert-decoder": 77, "bert-classifier": 13, "bert-tagger": 13,
    "bert-next-sentence": 18,
    "vit-model": None, "vit-pooler": None, "vit-no-qkv-bias": None, "vit-rectangle": None, "vit-two-classes": None,
    "deepseek-v2-tiny": 23, "deepseek-v2-biases": 14, "deepseek-v2-base": 25, "deepseek-v3-tiny": 23, "deepseek-v3-no-query-rank": 30,
    "deepseek-v3-tied": 8,
}
LARGE = {"gpt2": 1024, "gpt2-xl": 1024, "gpt3-175b": 2048, "megatron-530b": 2048, "llama2-7b": 4096, "llama3-8b": 8192,
         "llama3-70b": 8192, "bert-base": 512, "bert-large": 512, "vit-b16": None, "vit-l16": None}
# Family, its settings, and the same in the library's words.
OTHERS = [
    ("llama", "layers=3 hidden=96 heads=6 kv-heads=2 feed-forward=384 gated=false activation=squared-relu norm=layer-norm vocabulary=500 "
              "sequence=28", "NemotronForCausalLM",
     transformers.NemotronConfig(vocab_size=500, hidden_size=96, intermediate_size=384, num_hidden_layers=3, num_attention_heads=6,
                                 num_key_value_heads=2, head_dim=16), 28),
    ("gpt", "layers=3 hidden=80 heads=5 sequence=24 vocabulary=311", "GPT2LMHeadModel",
     transformers.GPT2Config(n_layer=3, n_embd=80, n_head=5, n_positions=24, vocab_size=311), 24),
    ("llama", "layers=2 hidden=320 heads=10 kv-heads=5 vocabulary=311 sequence=24", "LlamaForCausalLM",
     transformers.LlamaConfig(num_hidden_layers=2, hidden_size=320, num_attention_heads=10, num_key_value_heads=5,
                              intermediate_size=1024, vocab_size=311), 24),
    ("vit", "layers=2 hidden=64 heads=4 image-size=96 patch-size=8 classes=12", "ViTForImageClassification",
     transformers.ViTConfig(num_hidden_layers=2, hidden_size=64, num_attention_heads=4, intermediate_size=256, image_size=96, patch_size=8,
                            num_labels=12), None),
]


def measure(config, architecture, sequence):
    device = "cpu" if getattr(config, "num_local_experts", None) or getattr(config, "n_routed_experts", None) else "meta"
    config._attn_implementation = "sdpa"
    config._experts_implementation = "eager"
    config.use_cache = False
    with torch.device(device):
        model = getattr(transformers, architecture)(config).eval()
        if sequence is None:
            edges = config.image_size if isinstance(config.image_size, (list, tuple)) else [config.image_size] * 2
            inputs = {"pixel_values": torch.zeros(1, config.num_channels, *edges)}
        else:
            # A mask of four dimensions is taken as it is, where one of two would be looked into.
            inputs = {"input_ids": torch.randint(0, config.vocab_size, (1, sequence)), "attention_mask": torch.zeros(1, 1, sequence, sequence)}
        with torch.no_grad(), FlopCounterMode(display=False) as counter:
            model(**inputs)
    return sum(parameter.numel() for parameter in model.parameters()), counter.get_total_flops()


def main():
    rows = []
    for name, sequence in [*FILES.items(), *LARGE.items()]:
        config = transformers.AutoConfig.from_pretrained(HERE / "huggingface" / f"{name}.json")
        settings = "" if sequence is None else f"sequence={sequence}"
        architecture = config.architectures[0]
        rows.append([f"huggingface/{name}.json", settings, *measure(config, architecture, sequence), architecture])
    for family, settings, architecture, config, sequence in OTHERS:
        rows.append([family, settings, *measure(config, architecture, sequence), architecture])
    with open(HERE / "torch_transformers.csv", "w", newline="") as out:
        table = csv.writer(out, lineterminator="\n")
        table.writerow(["workload", "settings", "parameters", "forward_flops", "head"])
        table.writerows(rows)


if __name__ == "__main__":
    main()
