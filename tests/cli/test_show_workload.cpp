#include <catch2/catch.hpp>
#include <map>

#include "io/csv.hpp"
#include "io/json.hpp"
#include "tests/cli/command_line.hpp"

using namespace forerun;

namespace {

Json json(const CommandLine& shell, const std::string& arguments) {
  return Json::parse(shell.run("show workload " + arguments + " --format json").out);
}

}  // namespace

TEST_CASE("a workload's table is one to read") {
  const Answer answer = CommandLine().run("show workload mlp --set workload.batch=64");
  CHECK(answer.code == 0);
  CHECK(answer.out == R"(mlp: 101770 parameters, 203 kflop forward a sample, 206 kflop backward
398 KiB of weights, 3.60 KiB of activations kept a sample for the backward pass
precision fp32, optimizer sgd-momentum, batch 64, 60000 samples an epoch

layer                    kind                   output  parameters     forward    backward      kept   weights
-----------------------  ---------------------  ------  ----------  ----------  ----------  --------  --------
dense-1                  dense                     128      100480   201 kflop   201 kflop  3.06 KiB   392 KiB
relu-1                   relu                      128           0    128 flop    128 flop     512 B       0 B
dense-2                  dense                      10        1290  2.56 kflop  5.12 kflop       0 B  5.04 KiB
softmax-cross-entropy-1  softmax-cross-entropy      10           0   50.0 flop   20.0 flop      40 B       0 B
total                                                       101770   203 kflop   206 kflop  3.60 KiB   398 KiB
)");
}

TEST_CASE("blocks that are alike are shown once, and all on demand") {
  const CommandLine shell;
  const std::string gpt = "gpt --set workload.layers=96 --set workload.precision=bf16";
  const Answer folded = shell.run("show workload " + gpt);
  CHECK(folded.out.find("block.query                  x 96  dense ") != std::string::npos);
  CHECK(folded.out.find("block-2.query") == std::string::npos);
  const std::string legend = "\nx N: so many blocks alike, one after another; the figures are those of one (--all shows each)\n";
  CHECK(folded.out.find(legend) != std::string::npos);
  CHECK(folded.out.substr(folded.out.find("family gpt:"), 110).find("\n  ") != std::string::npos);
  CHECK(folded.out.find("family gpt: layers=96 hidden=768 ") != std::string::npos);
  CHECK(folded.out.find("precision bf16, ") != std::string::npos);
  CHECK(folded.out.find(", 1024 tokens a sample\n") != std::string::npos);
  const Answer all = shell.run("show workload --all " + gpt);
  CHECK(all.out.find("block-96.query") != std::string::npos);
  CHECK(all.out.find(" x 96") == std::string::npos);
  CHECK(all.out.find(legend) == std::string::npos);
}

TEST_CASE("the layers of a document add up to its totals, folded or not") {
  const CommandLine shell;
  for (const std::string name : {"gpt2", "resnet50", "mnist-cnn"})
    for (const std::string all : {"", " --all"}) {
      CAPTURE(name, all);
      const Json document = json(shell, name + all);
      for (const std::string key :
           {"parameters", "forward_flop_per_sample", "backward_flop_per_sample", "saved_bytes_per_sample", "weight_bytes"}) {
        double sum = 0;
        for (const Json& layer : document["layers"]) sum += layer["times"].get<double>() * layer[key].get<double>();
        CHECK(sum == Approx(document[key].get<double>()).epsilon(1e-12));
        CHECK(sum > 0);
      }
    }
}

TEST_CASE("a document says what the workload is") {
  const Json document = json(CommandLine(), "gpt2 --set workload.layers=2 --set workload.precision=fp16");
  CHECK(document["family"] == "gpt");
  CHECK(document["family_parameters"]["layers"] == "2");
  CHECK(document["precision"] == "fp16");
  CHECK(document["optimizer"] == "adamw");
  CHECK(document["tokens_per_sample"] == 1024);
  CHECK(document["batch"].is_null());
  bool tied = false;
  for (const Json& layer : document["layers"]) tied = tied || layer.value("tied_to", "") == "token-embedding";
  CHECK(tied);
  const Json mlp = json(CommandLine(), "mlp");
  CHECK(mlp["family"].is_null());
  CHECK(mlp["tokens_per_sample"].is_null());
}

TEST_CASE("a workload's rows have names with their units, and plain numbers") {
  const CsvTable rows = read_csv_text(CommandLine().run("show workload mlp --format csv").out, "out");
  CHECK(rows.at(0, "layer").value == "dense-1");
  CHECK(rows.at(0, "times").value == "1");
  CHECK(rows.at(0, "parameters").value == "100480");
  CHECK(rows.at(0, "forward_flop_per_sample").value == "200704");
  CHECK(rows.at(0, "backward_flop_per_sample").value == "200704");
  CHECK(rows.at(1, "saved_bytes_per_sample").value == "512");
  CHECK(rows.at(2, "weight_bytes").value == "5160");
}

TEST_CASE("a workload is drawn in place of its table") {
  const CommandLine shell;
  const Answer answer = shell.run("show workload gpt --dot");
  CHECK(answer.code == 0);
  CHECK(answer.out.find("digraph \"gpt\" {\n") == 0);
  CHECK(answer.out.find("label=\"block x 12\"") != std::string::npos);
  CHECK(shell.run("show workload gpt --dot --all").out.find("label=\"block-12\"") != std::string::npos);
  REQUIRE(shell.run("show workload gpt --dot -o gpt.dot").code == 0);
  CHECK(get(shell.folder() / "gpt.dot") == answer.out);
  CHECK(shell.run("show workload gpt --dot --format csv").code == 2);
}

TEST_CASE("without a name each workload is shown with what it is") {
  const CommandLine shell;
  const std::string text = shell.run("show workload").out;
  CHECK(text.find("\nvgg11-cifar10 ") != std::string::npos);
  CHECK(text.find("decoder-only transformer") != std::string::npos);
  const CsvTable rows = read_csv_text(shell.run("show workload --format csv").out, "out");
  std::map<std::string, std::string> families;
  for (std::size_t i = 0; i < rows.rows.size(); ++i) families[rows.at(i, "workload").value] = rows.at(i, "family").value;
  CHECK(families["gpt2"] == "gpt");
  CHECK(families["gpt"] == "gpt");
  CHECK(families["mlp"].empty());
  const Json document = json(shell, "");
  CHECK(document["names"].size() == rows.rows.size());
  CHECK(document["workloads"][0].contains("what"));
}
