#include <algorithm>
#include <catch2/catch.hpp>
#include <sstream>

#include "io/csv.hpp"
#include "tests/support/message.hpp"
#include "workloads/formulas.hpp"
#include "workloads/load.hpp"

namespace forerun {
namespace {

/// `key=value` pairs with spaces between them; + stands for a comma, which CSV has for itself.
Workload load(const std::string& name, std::string settings) {
  std::replace(settings.begin(), settings.end(), '+', ',');
  std::istringstream words(settings);
  std::vector<Text> list;
  for (std::string word; words >> word;) {
    const std::size_t equals = word.find('=');
    list.push_back({.value = word.substr(equals + 1), .file = "--set", .key = word.substr(0, equals)});
  }
  return load_workload({.value = name, .file = "--workload"}, list);
}

double number(const Text& text) { return std::stod(text.value); }

}  // namespace

TEST_CASE("parameters and matrix flops are PyTorch's own, forward and backward", "[paper]") {
  const CsvTable table = read_csv(std::string(FORERUN_TEST_DATA) + "/expected/torch_other.csv");
  REQUIRE(table.rows.size() > 15);
  for (std::size_t row = 0; row < table.rows.size(); ++row) {
    const std::string name = table.at(row, "workload").value, settings = table.at(row, "settings").value;
    CAPTURE(name, settings);
    const Workload workload = load(name, settings);
    CHECK(static_cast<double>(parameters(workload)) == number(table.at(row, "parameters")));
    CHECK(static_cast<double>(trained_parameters(workload)) == number(table.at(row, "trained")));
    CHECK(matrix_flops_per_sample(workload).value() == number(table.at(row, "forward_flops")));
    CHECK(backward_matrix_flops_per_sample(workload).value() == number(table.at(row, "backward_flops")));
  }
}

TEST_CASE("published sizes of language and recommendation models are met", "[paper]") {
  const auto millions = [](const std::string& name) { return static_cast<double>(parameters(load(name, ""))) / 1e6; };
  CHECK(millions("lstm-ptb-medium") == Approx(20).epsilon(0.015));  // Zaremba et al. 2014, printed without decimals
  CHECK(millions("lstm-ptb-large") == Approx(66).epsilon(0.01));
  CHECK(millions("dlrm-criteo-kaggle") == Approx(540).epsilon(0.01));  // Naumov et al. 2019, sec. 5.3
}

TEST_CASE("tables of a recommendation model are updated row by row", "[unit]") {
  const Workload dlrm = load("dlrm-mlperf", "batch=2048");
  const StepMemory memory = step_memory(dlrm, 2048);
  CHECK(memory.weights.value() == 4.0 * 24'036'595'969);
  CHECK(memory.gradients < Bytes(4 * (26 * 2048.0 * 128 + 3e6)));
  CHECK(load("dlrm", "interaction=concat tables=3 bottom=8+4 top=5+1").layers.size() == 2 * 2 + 3 + 1 + 3 + 1);
}

TEST_CASE("families say what does not fit together", "[unit]") {
  CHECK(message_of([] { load("lstm", "tied-embeddings=true embedding=100"); }) ==
        "--set: workload.embedding: is not the hidden size, as tied weights need (got 100, allowed workload.embedding=200)");
  CHECK(message_of([] { load("dlrm", "tables=3 table-rows=10+20"); }) ==
        "--set: workload.tables: are not as many as table-rows names (got 3, allowed 2)");
  CHECK(message_of([] { load("mllib-als", "items=5"); }) ==
        "--workload: workload.blocks: are more than users or items (allowed at most 5)");
}

TEST_CASE("of parameters that do not fit together a setting is to blame before a model's file", "[unit]") {
  CHECK(message_of([] { load("gpt2", "hidden=1001"); }) ==
        "--set: workload.hidden: is not divided by the heads (got 1001, allowed a multiple of 12)");
  CHECK_THAT(message_of([] { load("gpt2", "heads=7"); }),
             Catch::Contains("--set: workload.heads: the heads do not divide the hidden size"));
  CHECK_THAT(message_of([] { load("gpt2", "hidden=1001 heads=12"); }), Catch::Contains("--set: workload.heads: the heads do not divide"));
  CHECK_THAT(message_of([] { load("mixtral-8x7b", "heads=12"); }),
             Catch::Contains("--set: workload.heads: are not divided by the key and value heads (got 12, allowed a multiple of 8)"));
  CHECK_THAT(message_of([] { load("mixtral-8x7b", "experts=1"); }),
             Catch::Contains("--set: workload.experts: are fewer than each token goes to (got 1, allowed at least 2)"));
}

TEST_CASE("an iteration of MLlib's regressions passes over all rows, forward and back", "[unit]") {
  const Workload binary = load("mllib-logistic-regression", "rows=1000 features=28");
  CHECK(binary.batch == 1000);
  CHECK(binary.samples == 1000);
  CHECK(binary.precision == Precision::fp64);
  CHECK(binary.optimizer == Optimizer::lbfgs);
  CHECK(binary.layers.back().shape.kind == LayerKind::binary_cross_entropy);
  CHECK(load("mllib-logistic-regression", "classes=3 batch=77").batch == 77);
  const StepMemory memory = step_memory(binary, 1000);
  CHECK(memory.weights == Bytes(8 * 29));
  CHECK(memory.optimizer == Bytes(8 * 29 * 20));  // ten pairs of vectors
  CHECK(parameters(load("mllib-linear-regression", "features=90")) == 91);
}

TEST_CASE("an iteration of k-means measures every row's distance to every center", "[unit]") {
  const Workload workload = load("mllib-k-means", "rows=5000 features=20 clusters=7");
  CHECK(parameters(workload) == 7 * 20);
  CHECK(workload.batch == 5000);
  CHECK(matrix_flops_per_sample(workload).value() == 2 * 7 * 20);
  CHECK(backward_flops_per_sample(workload).value() == 2 * 20);
  CHECK(step_memory(workload, 5000).optimizer == Bytes(0));
  CHECK(sample_bytes(workload) == Bytes(8 * 20));  // of double precision, as its kernels read them
}

TEST_CASE("an iteration of alternating least squares meets each rating twice and solves every row once", "[unit]") {
  const Workload workload = load("mllib-als", "users=600 items=90 ratings=20000 rank=8 blocks=10");
  CHECK(parameters(workload) == 690 * 8);
  CHECK(trained_parameters(workload) == 0);
  CHECK(workload.batch == 10);
  const double accumulate = 2 * 20000.0 * (8 * 8 + 3 * 8);
  const double solve = 690 * (8 * 8 * 8 / 3.0 + 2 * 8 * 8);
  CHECK(10 * forward_flops_per_sample(workload).value() == Approx(accumulate + solve).epsilon(1e-14));
  CHECK(backward_flops_per_sample(workload).value() == 0);
  CHECK(step_memory(workload, 10).weights == Bytes(4 * 690 * 8));
  CHECK(step_memory(workload, 10).gradients == Bytes(0));
  CHECK(sample_bytes(workload) == Bytes(4 * 2 * 2 * 2000));
  CHECK(workload.input.elements() == 2 * 2 * 2000);  // an index and a rating, by user and by item
}

}  // namespace forerun
