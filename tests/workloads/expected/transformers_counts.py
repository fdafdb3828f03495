"""Counts the parameters of the transformers library's own models, without weights.

    python3 transformers_counts.py

Writes the configurations below to huggingface/NAME.json, as config.json files are published, reads each one back with AutoConfig,
builds the class that its `architectures` names on torch's meta device, and writes transformers.csv: the file, the named model of the zoo
that has these sizes (or nothing), and the parameters, tied ones once, buffers never.
Made with transformers 5.23.0 and torch 2.15.0. Nothing is downloaded.
"""

import csv
import json
import pathlib

import torch
import transformers

HERE = pathlib.Path(__file__).parent
FOLDER = HERE / "huggingface"


def gpt2(layers, hidden, heads, architecture="GPT2LMHeadModel", **more):
    return {"architectures": [architecture], "model_type": "gpt2", "activation_function": "gelu_new", "attn_pdrop": 0.1,
            "embd_pdrop": 0.1, "resid_pdrop": 0.1, "n_layer": layers, "n_embd": hidden, "n_head": heads, "n_positions": 1024, "n_ctx": 1024,
            "vocab_size": 50257, **more}


def llama(layers, hidden, heads, key_heads, feed_forward, model_type="llama", architecture="LlamaForCausalLM", **more):
    return {"architectures": [architecture], "model_type": model_type, "attention_dropout": 0.0, "hidden_act": "silu",
            "hidden_size": hidden, "intermediate_size": feed_forward, "max_position_embeddings": 4096, "num_attention_heads": heads,
            "num_hidden_layers": layers, "num_key_value_heads": key_heads, "rms_norm_eps": 1e-05, "rope_theta": 10000.0,
            "torch_dtype": "bfloat16", "vocab_size": 32000, **more}


def mistral(*sizes, **more):
    return llama(*sizes, **{"model_type": "mistral", "architecture": "MistralForCausalLM", "sliding_window": 4096,
                            "max_position_embeddings": 32768, **more})


def mixtral(*sizes, **more):
    return mistral(*sizes, **{"model_type": "mixtral", "architecture": "MixtralForCausalLM", "num_local_experts": 8,
                              "num_experts_per_tok": 2, "router_aux_loss_coef": 0.02, "output_router_logits": False, **more})


def bert(layers, hidden, heads, feed_forward, architecture="BertForMaskedLM", **more):
    return {"architectures": [architecture], "model_type": "bert", "attention_probs_dropout_prob": 0.1, "hidden_act": "gelu",
            "hidden_dropout_prob": 0.1, "hidden_size": hidden, "intermediate_size": feed_forward, "max_position_embeddings": 512,
            "num_attention_heads": heads, "num_hidden_layers": layers, "type_vocab_size": 2, "vocab_size": 30522, **more}


def vit(layers, hidden, heads, feed_forward, architecture="ViTForImageClassification", labels=1000, **more):
    named = {} if labels is None else {"id2label": {str(i): f"class {i}" for i in range(labels)}}
    return {"architectures": [architecture], "model_type": "vit", "hidden_act": "gelu", "hidden_size": hidden,
            "intermediate_size": feed_forward, "num_attention_heads": heads, "num_hidden_layers": layers, "num_channels": 3,
            "image_size": 224, "patch_size": 16, "qkv_bias": True, **named, **more}


def deepseek(version, layers, hidden, heads, feed_forward, **more):
    return {"architectures": [f"DeepseekV{version}ForCausalLM"], "model_type": f"deepseek_v{version}", "attention_bias": False,
            "hidden_act": "silu", "hidden_size": hidden, "intermediate_size": feed_forward, "num_attention_heads": heads,
            "num_key_value_heads": heads, "num_hidden_layers": layers, "kv_lora_rank": 512, "q_lora_rank": 1536, "qk_nope_head_dim": 128,
            "qk_rope_head_dim": 64, "v_head_dim": 128, "max_position_embeddings": 4096, "tie_word_embeddings": False, **more}


V2 = {"vocab_size": 102400, "n_routed_experts": 160, "n_shared_experts": 2, "num_experts_per_tok": 6, "moe_intermediate_size": 1536,
      "first_k_dense_replace": 1, "n_group": 8, "topk_group": 3, "topk_method": "group_limited_greedy", "moe_layer_freq": 1}
V3 = {"vocab_size": 129280, "n_routed_experts": 256, "n_shared_experts": 1, "num_experts_per_tok": 8, "moe_intermediate_size": 2048,
      "first_k_dense_replace": 3, "n_group": 8, "topk_group": 4, "topk_method": "noaux_tc", "scoring_func": "sigmoid", "moe_layer_freq": 1,
      "num_nextn_predict_layers": 1}
TINY_V2 = {"kv_lora_rank": 24, "q_lora_rank": 40, "qk_nope_head_dim": 12, "qk_rope_head_dim": 8, "v_head_dim": 20, "vocab_size": 600,
           "n_routed_experts": 6, "n_shared_experts": 2, "num_experts_per_tok": 3, "moe_intermediate_size": 56, "n_group": 1, "topk_group": 1}

# Named models of the zoo, where transformers has their architecture.
NAMED = {
    "gpt2": gpt2(12, 768, 12),
    "gpt2-medium": gpt2(24, 1024, 16),
    "gpt2-large": gpt2(36, 1280, 20),
    "gpt2-xl": gpt2(48, 1600, 25),
    "gpt3-125m": gpt2(12, 768, 12, n_positions=2048),
    "gpt3-350m": gpt2(24, 1024, 16, n_positions=2048),
    "gpt3-760m": gpt2(24, 1536, 16, n_positions=2048),
    "gpt3-1.3b": gpt2(24, 2048, 16, n_positions=2048),
    "gpt3-2.7b": gpt2(32, 2560, 32, n_positions=2048),
    "gpt3-6.7b": gpt2(32, 4096, 32, n_positions=2048),
    "gpt3-13b": gpt2(40, 5120, 40, n_positions=2048),
    "gpt3-175b": gpt2(96, 12288, 96, n_positions=2048),
    "megatron-22b": gpt2(48, 6144, 64, n_positions=2048, vocab_size=51200),
    "megatron-175b": gpt2(96, 12288, 96, n_positions=2048, vocab_size=51200),
    "megatron-530b": gpt2(105, 20480, 128, n_positions=2048, vocab_size=51200),
    "megatron-1t": gpt2(128, 25600, 160, n_positions=2048, vocab_size=51200),
    "llama2-7b": llama(32, 4096, 32, 32, 11008),
    "llama2-13b": llama(40, 5120, 40, 40, 13824),
    "llama2-70b": llama(80, 8192, 64, 8, 28672),
    "llama3-8b": llama(32, 4096, 32, 8, 14336, vocab_size=128256, max_position_embeddings=8192),
    "llama3-70b": llama(80, 8192, 64, 8, 28672, vocab_size=128256, max_position_embeddings=8192),
    "llama3-405b": llama(126, 16384, 128, 8, 53248, vocab_size=128256, max_position_embeddings=8192),
    "internlm-7b": llama(32, 4096, 32, 32, 11008, vocab_size=103168, max_position_embeddings=2048, attention_bias=True),
    "mixtral-8x7b": mixtral(32, 4096, 32, 8, 14336),
    "deepseek-v2": deepseek(2, 60, 5120, 128, 12288, **V2),
    "deepseek-v3": deepseek(3, 61, 7168, 128, 18432, **V3),
    "bert-base": bert(12, 768, 12, 3072, "BertForPreTraining"),
    "bert-large": bert(24, 1024, 16, 4096, "BertForPreTraining"),
    "vit-b16": vit(12, 768, 12, 3072),
    "vit-l16": vit(24, 1024, 16, 4096),
}

OTHERS = {
    "gpt2-untied": gpt2(3, 96, 6, tie_word_embeddings=False, vocab_size=1000, n_positions=64),
    "gpt2-inner": gpt2(2, 96, 4, n_inner=250, vocab_size=999, n_positions=128, activation_function="relu"),
    "gpt2-inner-null": gpt2(2, 96, 4, n_inner=None, vocab_size=999, n_positions=128),
    "gpt2-base": gpt2(4, 64, 2, "GPT2Model", vocab_size=500),
    "gpt2-classifier": gpt2(2, 64, 4, "GPT2ForSequenceClassification", vocab_size=500, id2label={str(i): f"L{i}" for i in range(5)},
                            pad_token_id=0),
    "gpt2-tagger": gpt2(2, 64, 4, "GPT2ForTokenClassification", vocab_size=500, id2label={str(i): f"L{i}" for i in range(7)}),
    "gpt2-answers": gpt2(2, 64, 4, "GPT2ForQuestionAnswering", vocab_size=500),
    "gpt2-sparse": {"model_type": "gpt2", "architectures": ["GPT2LMHeadModel"]},
    "llama-tied": llama(4, 128, 8, 2, 352, tie_word_embeddings=True, vocab_size=700),
    "llama-head-dim": llama(3, 128, 8, 4, 300, head_dim=24, vocab_size=700),
    "llama-biases": llama(3, 96, 6, 3, 200, attention_bias=True, mlp_bias=True, vocab_size=700),
    "llama-attention-bias": llama(3, 96, 6, 3, 200, attention_bias=True, vocab_size=700, hidden_act="gelu"),
    "llama-base": llama(2, 96, 6, 1, 200, architecture="LlamaModel", vocab_size=700),
    "llama-classifier": llama(2, 96, 6, 6, 200, architecture="LlamaForSequenceClassification", vocab_size=700,
                              id2label={str(i): f"L{i}" for i in range(3)}, pad_token_id=0),
    "llama-tagger": llama(2, 96, 6, 6, 200, architecture="LlamaForTokenClassification", vocab_size=700),
    "llama-answers": llama(2, 96, 6, 6, 200, architecture="LlamaForQuestionAnswering", vocab_size=700),
    "llama-no-kv-heads": {key: value for key, value in llama(2, 96, 6, 0, 200).items() if key != "num_key_value_heads"},
    "llama-rope-scaling": llama(2, 96, 6, 6, 200, vocab_size=700, rope_scaling={
        "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 8192, "rope_type": "llama3"}),
    "llama-quantized": llama(2, 96, 6, 6, 200, vocab_size=700,
                             quantization_config={"quant_method": "gptq", "bits": 4, "group_size": 128, "modules": {"list": [1, 2]}}),
    "mistral-7b": mistral(32, 4096, 32, 8, 14336),
    "mistral-head-dim": mistral(3, 160, 8, 2, 400, head_dim=32, vocab_size=1200),
    "mistral-tied": mistral(3, 160, 8, 8, 400, tie_word_embeddings=True, vocab_size=1200, sliding_window=None),
    "mistral-base": mistral(3, 160, 5, 1, 400, architecture="MistralModel", vocab_size=1200),
    "mistral-classifier": mistral(2, 160, 5, 1, 400, architecture="MistralForSequenceClassification", vocab_size=1200),
    "mistral-unread-biases": mistral(2, 160, 5, 1, 400, attention_bias=True, mlp_bias=True, vocab_size=1200),
    "mixtral-16-experts": mixtral(3, 128, 8, 2, 224, num_local_experts=16, num_experts_per_tok=4, vocab_size=900),
    "mixtral-head-dim": mixtral(3, 128, 8, 2, 224, head_dim=40, num_local_experts=3, num_experts_per_tok=1, vocab_size=900),
    "mixtral-tied": mixtral(2, 128, 8, 4, 224, tie_word_embeddings=True, vocab_size=900),
    "mixtral-base": mixtral(2, 128, 8, 4, 224, architecture="MixtralModel", vocab_size=900),
    "mixtral-one-expert": mixtral(2, 128, 8, 4, 224, num_local_experts=1, num_experts_per_tok=1, vocab_size=900),
    "mixtral-tagger": mixtral(2, 128, 8, 4, 224, architecture="MixtralForTokenClassification", vocab_size=900),
    "bert-base-masked": bert(12, 768, 12, 3072),
    "bert-model": bert(3, 96, 6, 200, "BertModel", vocab_size=800),
    "bert-pretraining": bert(3, 96, 6, 200, "BertForPreTraining", vocab_size=800, type_vocab_size=3),
    "bert-untied": bert(3, 96, 6, 200, tie_word_embeddings=False, vocab_size=800),
    "bert-decoder": bert(3, 96, 6, 200, "BertLMHeadModel", is_decoder=True, vocab_size=800, max_position_embeddings=77),
    "bert-classifier": bert(3, 96, 6, 200, "BertForSequenceClassification", vocab_size=800, id2label={str(i): f"L{i}" for i in range(4)}),
    "bert-tagger": bert(3, 96, 6, 200, "BertForTokenClassification", vocab_size=800, num_labels=9),
    "bert-answers": bert(3, 96, 6, 200, "BertForQuestionAnswering", vocab_size=800),
    "bert-next-sentence": bert(3, 96, 6, 200, "BertForNextSentencePrediction", vocab_size=800),
    "bert-choice": bert(3, 96, 6, 200, "BertForMultipleChoice", vocab_size=800, hidden_act="relu"),
    "vit-model": vit(3, 96, 6, 200, "ViTModel", None),
    "vit-pooler": vit(3, 96, 6, 200, "ViTModel", None, pooler_output_size=40, pooler_act="relu"),
    "vit-no-qkv-bias": vit(3, 96, 6, 200, labels=11, qkv_bias=False),
    "vit-rectangle": vit(3, 96, 6, 200, labels=11, image_size=[64, 48], patch_size=[8, 12], num_channels=1),
    "vit-two-classes": vit(3, 96, 6, 200, labels=None, image_size=100, patch_size=14, hidden_act="gelu_pytorch_tanh"),
    "deepseek-v2-lite": deepseek(2, 27, 2048, 16, 10944, **{**V2, "n_routed_experts": 64, "moe_intermediate_size": 1408, "q_lora_rank": None,
                                                            "topk_method": "greedy", "n_group": 1, "topk_group": 1}),
    "deepseek-v2-tiny": deepseek(2, 4, 96, 4, 224, **TINY_V2, first_k_dense_replace=2),
    "deepseek-v2-biases": deepseek(2, 3, 96, 4, 224, **{**TINY_V2, "attention_bias": True, "mlp_bias": True}, first_k_dense_replace=1),
    "deepseek-v2-base": deepseek(2, 3, 96, 4, 224, **{**TINY_V2, "architectures": ["DeepseekV2Model"]}, first_k_dense_replace=0),
    "deepseek-v3-tiny": deepseek(3, 4, 96, 4, 224, **TINY_V2, first_k_dense_replace=1),
    "deepseek-v3-no-query-rank": deepseek(3, 3, 96, 4, 224, **{**TINY_V2, "q_lora_rank": None, "attention_bias": True},
                                          first_k_dense_replace=3),
    "deepseek-v3-tied": deepseek(3, 3, 96, 4, 224, **{**TINY_V2, "tie_word_embeddings": True}, first_k_dense_replace=0),
    "deepseek-v3-classifier": deepseek(3, 3, 96, 4, 224, **{**TINY_V2, "architectures": ["DeepseekV3ForSequenceClassification"]},
                                       first_k_dense_replace=0),
}


# Named models of an architecture that is not imported.
UNREAD = {
    "nemotron4-15b": transformers.NemotronConfig(vocab_size=256000, hidden_size=6144, intermediate_size=24576, num_hidden_layers=32,
                                                 num_attention_heads=48, num_key_value_heads=8, head_dim=128),
    "nemotron4-340b": transformers.NemotronConfig(vocab_size=256000, hidden_size=18432, intermediate_size=73728, num_hidden_layers=96,
                                                  num_attention_heads=96, num_key_value_heads=8, head_dim=192),
}


def count(config, architecture):
    with torch.device("meta"):
        model = getattr(transformers, architecture)(config)
    model.tie_weights()
    return sum(parameter.numel() for parameter in model.parameters())


def main():
    FOLDER.mkdir(exist_ok=True)
    with open(HERE / "transformers.csv", "w", newline="") as out:
        table = csv.writer(out, lineterminator="\n")
        table.writerow(["file", "model", "parameters"])
        for name, config in [*NAMED.items(), *OTHERS.items()]:
            file = FOLDER / f"{name}.json"
            file.write_text(json.dumps(config, indent=2) + "\n")
            read = transformers.AutoConfig.from_pretrained(file)
            table.writerow([f"huggingface/{name}.json", name if name in NAMED else "", count(read, read.architectures[0])])
        for name, config in UNREAD.items():
            table.writerow(["", name, count(config, "NemotronForCausalLM")])


if __name__ == "__main__":
    main()
