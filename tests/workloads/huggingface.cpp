#include <catch2/catch.hpp>

#include "tests/support/folder.hpp"
#include "tests/support/message.hpp"
#include "tests/workloads/expected_table.hpp"
#include "workloads/formulas.hpp"

namespace forerun {
namespace {

const std::string kExpected = std::string(FORERUN_TEST_DATA) + "/expected/";

/// The message for a config.json of these keys beside its model type, the path taken out.
std::string error_of(const std::string& text) {
  const Folder folder;
  put(folder / "config.json", text);
  std::string message = message_of([&] { load_with((folder / "config.json").string(), ""); });
  const std::string prefix = folder.path().string() + "/";
  for (std::size_t at = message.find(prefix); at != std::string::npos; at = message.find(prefix)) message.erase(at, prefix.size());
  return message;
}

std::string llama(const std::string& more) { return "{\n\"model_type\": \"llama\",\n" + more + "\n}\n"; }

}  // namespace

TEST_CASE("a config.json has exactly the parameters that the transformers library counts", "[paper]") {
  const CsvTable table = expected_table("transformers.csv");
  int compared = 0;
  for (std::size_t row = 0; row < table.rows.size(); ++row) {
    const std::string& file = table.at(row, "file").value;
    if (file.empty()) continue;
    CAPTURE(file);
    CHECK(std::to_string(parameters(load_with(kExpected + file, ""))) == table.at(row, "parameters").value);
    ++compared;
  }
  CHECK(compared >= 80);
}

TEST_CASE("a config.json and the zoo's model of the same sizes are the same network", "[unit]") {
  // Learned positions and images are of one size; the others' sequence is not that of the zoo.
  for (const auto& [name, settings] : {std::pair{"gpt2", ""},
                                       {"llama2-7b", "sequence=256"},
                                       {"mixtral-8x7b", "sequence=256"},
                                       {"bert-base", ""},
                                       {"vit-b16", ""},
                                       {"deepseek-v2", "sequence=256"},
                                       {"deepseek-v3", "sequence=256"}}) {
    CAPTURE(name);
    CHECK((load_with(kExpected + "huggingface/" + name + ".json", settings).layers == load_with(name, settings).layers));
  }
}

TEST_CASE("a config.json gives the precision of its weights and the name of its model", "[unit]") {
  const Folder folder;
  const auto load = [&](const std::string& more, const std::string& settings = "") {
    put(folder / "tiny.json", llama("\"hidden_size\": 64, \"num_attention_heads\": 4" + more));
    return load_with((folder / "tiny.json").string(), settings);
  };
  CHECK(load("").precision == Precision::fp32);
  CHECK(load(", \"torch_dtype\": \"bfloat16\"").precision == Precision::bf16);
  CHECK(load(", \"dtype\": \"float16\"").precision == Precision::fp16);
  CHECK(load(", \"torch_dtype\": \"float32\"").precision == Precision::fp32);
  CHECK(load(", \"torch_dtype\": null").precision == Precision::fp32);
  CHECK(load(", \"torch_dtype\": \"bfloat16\"", "precision=fp32").precision == Precision::fp32);
  CHECK(load("").name == "tiny");
  CHECK(load(", \"_name_or_path\": \"owner/Tiny-7B\"").name == "Tiny-7B");
  CHECK(load(", \"_name_or_path\": \"tiny-7b\"").name == "tiny-7b");
  CHECK(load(", \"_name_or_path\": \"/checkpoints/run/checkpoint-500\"").name == "tiny");
  CHECK(load(", \"_name_or_path\": \"\"").name == "tiny");
  CHECK(error_of(llama("\"torch_dtype\": \"float17\"")) ==
        "config.json:3:16: torch_dtype: unknown type of weights (got float17, allowed bfloat16, float16, float32, float64, float8_e4m3fn). "
        "Did you mean float16?");
}

TEST_CASE("settings override a config.json", "[unit]") {
  const std::string file = kExpected + "huggingface/llama3-8b.json";
  CHECK(load_with(file, "").tokens_per_sample == 8192);
  const Workload workload = load_with(file, "sequence=4096 layers=2 batch=16 precision=bf16");
  CHECK(workload.tokens_per_sample == 4096);
  CHECK(workload.batch == 16);
  CHECK(workload.precision == Precision::bf16);
  CHECK(parameters(workload) == 2 * 128256LL * 4096 + 4096 + 2 * (2 * 4096LL * 4096 + 2 * 4096LL * 1024 + 3 * 4096LL * 14336 + 2 * 4096));
}

TEST_CASE("a config.json is called after its folder", "[unit]") {
  const Folder folder;
  std::filesystem::create_directory(folder / "tiny-llama");
  put(folder / "tiny-llama" / "config.json", llama("\"num_hidden_layers\": 1"));
  CHECK(load_with((folder / "tiny-llama" / "config.json").string(), "").name == "tiny-llama");
}

TEST_CASE("experts in every other block follow moe_layer_freq", "[unit]") {
  const std::string head = "{\"model_type\": \"deepseek_v2\", \"num_hidden_layers\": 5, \"first_k_dense_replace\": 1, \"moe_layer_freq\": ";
  const Folder folder;
  const auto routers = [&](const std::string& frequency) {
    put(folder / "c.json", head + frequency + "}");
    int count = 0;
    for (const Layer& layer : load_with((folder / "c.json").string(), "").layers) count += layer.name.ends_with(".router") ? 1 : 0;
    return count;
  };
  CHECK(routers("1") == 4);
  CHECK(routers("2") == 2);
  CHECK(routers("4") == 1);
}

TEST_CASE("an unknown model type, architecture or activation is answered with the known ones", "[unit]") {
  CHECK(
      error_of("{\"model_type\": \"lama\"}") ==
      "config.json:1:16: model_type: unknown model type (got lama, allowed bert, deepseek_v2, deepseek_v3, gpt2, llama, mistral, mixtral, "
      "vit). Did you mean llama?");
  CHECK(error_of("{\"architectures\": [\"LlamaForCausalLM\"]}").find("config.json:1:1: model_type: is missing (allowed bert") == 0);
  CHECK(error_of(llama("\"architectures\": [\"LlamaForCausalLn\"]"))
            .find("config.json:3:19: architectures: unknown architecture "
                  "(got LlamaForCausalLn, allowed LlamaForCausalLM, LlamaModel, ") == 0);
  CHECK(error_of(llama("\"architectures\": [\"GPT2LMHeadModel\"]")).find("unknown architecture") != std::string::npos);
  CHECK(error_of(llama("\"hidden_act\": \"prelu\"")).find("config.json:3:15: hidden_act: an activation that is not modelled (got prelu") ==
        0);
}

TEST_CASE("keys that would change the parameters in ways that are not modelled are refused by name", "[unit]") {
  CHECK(error_of("{\"model_type\": \"gpt2\", \"add_cross_attention\": true}") ==
        "config.json:1:47: add_cross_attention: would change the parameters in a way that is not modelled (got true)");
  CHECK(error_of("{\"model_type\": \"bert\", \"position_embedding_type\": \"relative_key\"}").find("position_embedding_type: would") !=
        std::string::npos);
  CHECK(error_of("{\"model_type\": \"bert\", \"position_embedding_type\": \"absolute\", \"add_cross_attention\": false}") == "no BadInput");
}

TEST_CASE("everything wrong in a config.json is said at once, with line and column", "[unit]") {
  CHECK(error_of(llama("\"hidden_size\": 0,\n\"num_hidden_layers\": -3,\n\"intermediate_size\": \"many\",\n\"vocab_size\": 1e99,\n"
                       "\"num_attention_heads\": [8],\n\"tie_word_embeddings\": 1,\n\"head_dim\": 2.5")) ==
        "config.json:3:16: hidden_size: is out of range (got 0, allowed a whole number from 1 to 2147483648)\n"
        "config.json:4:22: num_hidden_layers: is out of range (got -3, allowed a whole number from 1 to 2147483648)\n"
        "config.json:5:22: intermediate_size: is a string, not a whole number (got \"many\")\n"
        "config.json:6:15: vocab_size: is not a whole number (got 1e99, allowed a whole number from 1 to 2147483648)\n"
        "config.json:7:24: num_attention_heads: has the wrong form (got a list, allowed a single value)\n"
        "config.json:8:24: tie_word_embeddings: is no truth value (got 1, allowed true, false)\n"
        "config.json:9:13: head_dim: is not a whole number (got 2.5, allowed a whole number from 1 to 2147483648)");
  CHECK(error_of(llama("\"hidden_size\": \"64\",\n\"mlp_bias\": \"true\"")) ==
        "config.json:3:16: hidden_size: is a string, not a whole number (got \"64\")\n"
        "config.json:4:13: mlp_bias: is a string, not true or false (got \"true\")");
  CHECK(error_of(llama("\"hidden_size\": 64,\n\"hidden_size\": 64")) == "config.json:4:1: hidden_size: is given twice");
}

TEST_CASE("sizes that do not fit together or overflow are refused where they stand", "[limit]") {
  CHECK(error_of(llama("\"hidden_size\": 100,\n\"num_attention_heads\": 8")) ==
        "config.json:4:24: heads: the heads do not divide the hidden size (got 8, allowed a divisor of 100)");
  CHECK(error_of(llama("\"num_key_value_heads\": 5")).find("kv-heads: they do not divide the heads (got 5") != std::string::npos);
  CHECK(error_of(llama("\"hidden_size\": 2147483648,\n\"intermediate_size\": 2147483648")).find("is too large") != std::string::npos);
  CHECK(error_of(llama("\"num_hidden_layers\": 2000000000")).find("layers: is out of range (got 2000000000") != std::string::npos);
  CHECK(error_of("{\"model_type\": \"vit\", \"patch_size\": 500}").find("patch-size: is larger than the image") != std::string::npos);
  CHECK(error_of("{\"model_type\": \"vit\", \"image_size\": [1, 2, 3]}").find("image_size: is no pair") != std::string::npos);
  CHECK(error_of("{\"model_type\": \"mixtral\", \"num_local_experts\": 2, \"num_experts_per_tok\": 3}")
            .find("top-k: is more than the experts") != std::string::npos);
}

TEST_CASE("a config.json that is no JSON or nested too deeply is refused", "[limit]") {
  CHECK(error_of("{\"model_type\": \"llama\", ").find("config.json:1:") == 0);
  CHECK(error_of("[]") != "no BadInput");
  const auto nested = [](std::size_t levels) {
    return "{\"model_type\": \"llama\", \"x\": " + std::string(levels, '[') + std::string(levels, ']') + "}";
  };
  CHECK(error_of(nested(10)) == "no BadInput");
  CHECK(error_of(nested(100'000)).find("is nested too deeply") != std::string::npos);
  CHECK(error_of("{\"model_type\": \"llama\", \"x\": " + std::string(100'000, '[')) != "no BadInput");
  CHECK(error_of(llama("\"x\": \"" + std::string(3 << 20, 'x') + "\"")).find("config.json: is too large") == 0);
}

}  // namespace forerun
