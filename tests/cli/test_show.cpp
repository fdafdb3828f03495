#include <catch2/catch.hpp>
#include <regex>
#include <sstream>

#include "tests/cli/command_line.hpp"

using namespace forerun;

TEST_CASE("the plan of logistic regression on two ranks prints as it should") {
  const Answer answer = CommandLine().run(
      "show plan --workload logistic-regression --set workload.batch=64 --platform cpu-cluster --set platform.nodes=2 "
      "--strategy data=2,runtime=pytorch-ddp");
  CHECK(answer.code == 0);
  CHECK(answer.out == R"(logistic-regression of 2 ranks
class rank: ranks 0 to 1
communicator data: 1 group of 2
repeat steps
    0  compute  forward dense-1                        dense, batch 32, 502 kflop
    1  compute  forward softmax-cross-entropy-1        softmax-cross-entropy, batch 32, 1.60 kflop
    2  compute  backward_data softmax-cross-entropy-1  softmax-cross-entropy, batch 32, 640 flop
    3  compute  backward_weights dense-1               dense, batch 32, 502 kflop
    4  data     all_reduce bucket 0                    ring, 30.7 KiB over 2 ranks  after 3
    5  compute  update dense-1                         dense, batch 32, 31.4 kflop  after 4
)");
}

TEST_CASE("a plan's document and rows hold its waits") {
  const CommandLine shell;
  const std::string plan = "show plan " + kSmall.substr(0, kSmall.find("--calibration"));
  const Answer csv = shell.run(plan + "--format csv");
  CHECK(csv.out.find("index,lane,name,layer,kind,after,alone_s,layer_name,layer_kind\n0,compute,forward,0,compute,,,dense-1,dense\n") == 0);
  CHECK(csv.out.find("4,data,all_reduce,0,transfer,3,,,\n") != std::string::npos);
  const YamlNode document = read_yaml_text(shell.run(plan + "--format json").out, "out");
  CHECK(value_of(document, "ranks") == "2");
  CHECK(value_of(document.find("operations")->children.at(1), "layer_name") == "softmax-cross-entropy-1");
  CHECK(value_of(document.find("operations")->children.at(1), "layer_kind") == "softmax-cross-entropy");
}

TEST_CASE("a plan with times says what each operation takes alone") {
  const std::string rows = CommandLine().run("show plan --times " + kSmall + " --format csv").out;
  const std::string first = rows.substr(rows.find("0,compute,forward,0,compute,,") + 29);
  CHECK(std::stod(first) > 0);
}

TEST_CASE("a plan that cannot be is answered with no") {
  const Answer answer = CommandLine().run("show plan --workload mlp --set workload.batch=9 --platform cpu-cluster --strategy data=2");
  CHECK(answer.code == 1);
  CHECK(answer.out.find("infeasible: ") == 0);
}

TEST_CASE("without a name the names of platforms are shown") {
  const CommandLine shell;
  CHECK(shell.run("show platform").out.find("cpu-cluster\n") != std::string::npos);
}

TEST_CASE("a platform is drawn, node by node or folded") {
  const CommandLine shell;
  const std::string tree = "show platform dgx-h100 --dot --set platform.topology=fat-tree --set platform.fat-tree=4 --set platform.nodes=";
  const Answer small = shell.run(tree + "8");
  CHECK(small.code == 0);
  CHECK(small.out.find("graph \"dgx-h100\" {\n") == 0);
  CHECK(small.out.find("n7 [label=\"node 7\\n8 x h100\"]") != std::string::npos);
  CHECK(small.out.find("n7 -- s1 ") != std::string::npos);
  CHECK(small.out.find("s1 -- s5 ") != std::string::npos);
  const Answer large = shell.run(tree + "1000000 --set platform.oversubscription=2");
  CHECK(large.out.size() < 2000);
  CHECK(large.out.find("t0 [label=\"1000000 nodes\\n8 x h100\"]") != std::string::npos);
  CHECK(large.out.find("t1 -- t2 [label=\"500000 x 340 GB/s\"]") != std::string::npos);
  CHECK(shell.run(tree + "8 --format csv").code == 2);
}

TEST_CASE("a platform shows as a file that can be changed and used") {
  const CommandLine shell;
  REQUIRE(shell.run("show platform cpu-cluster --set platform.nodes=5 -o mine.yaml").code == 0);
  CHECK(get(shell.folder() / "mine.yaml").find("nodes: 5\n") != std::string::npos);
  CHECK(shell.run("show platform ./mine.yaml").out == get(shell.folder() / "mine.yaml"));
}

TEST_CASE("a calibration shows each model with its samples and error") {
  const CommandLine shell;
  const Answer answer = shell.run("show calibration ./paper.json");
  CHECK(answer.code == 0);
  CHECK(answer.out.find("calibration synthetic of paper core, quick (measured)\nPaper CPU on host paper-host, none, 2026-01-02") == 0);
  CHECK(answer.out.find("backward-weights") != std::string::npos);
  CHECK(answer.out.find("1 at 2") != std::string::npos);
  CHECK(answer.out.find("all-reduce") != std::string::npos);
  const YamlNode document = read_yaml_text(shell.run("show calibration ./paper.json --format json").out, "out");
  // Three kinds with data passes only, dense and convolution with three, the update of any.
  CHECK(document.find("models")->children.size() == 13);
}

TEST_CASE("a GPU's calibration shows each figure with its unit, its spread and the sources of both") {
  const CommandLine shell;
  const Answer answer = shell.run("show calibration h100");
  CHECK(answer.code == 0);
  CHECK(answer.out.find("calibration h100 of h100 (published)\n2026-11-21\n\n") == 0);
  CHECK(std::regex_search(answer.out, std::regex("\nbandwidth-bytes-per-s +3\\.35 TB/s +\\[\\d+\\] +-")));
  CHECK(std::regex_search(answer.out, std::regex("\nkernel-fixed-s +3.00 us +\\[\\d+\\] +23\\.7 % +\\[\\d+\\]\n")));
  CHECK(answer.out.find("] NVIDIA H100 Tensor Core GPU data sheet, SXM\n") != std::string::npos);
  const YamlNode document = read_yaml_text(shell.run("show calibration h100 --format json").out, "out");
  const YamlNode& first = document.find("figures")->children.at(0);
  CHECK(value_of(first, "figure") == "multiprocessors");
  CHECK(value_of(first, "value") == "132.0");
  CHECK(value_of(first, "source") == "NVIDIA H100 Tensor Core GPU Architecture (2022), table 3");
  CHECK(shell.run("show calibration h100 --format csv").out.find("figure,value,source,spread,spread_source\nmultiprocessors,132,") == 0);
}

TEST_CASE("a calibration's rows hold numbers, with their units in the head") {
  const std::string rows = CommandLine().run("show calibration ./paper.json --format csv").out;
  CHECK(rows.find("layer,pass,samples,overhead_s,rate_flop_per_s,bandwidth_bytes_per_s,leave_one_out_error,least_busy_factor,"
                  "most_busy_factor,optimizer,precision\n") == 0);
  std::istringstream lines(rows.substr(rows.find('\n') + 1));
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    INFO(line);
    REQUIRE(line.ends_with(",fp32"));
    line.resize(line.rfind(','));
    const std::size_t first = line.find(',', line.find(',') + 1) + 1, last = line.rfind(',');
    const std::string numbers = line.substr(first, last - first);
    CHECK((line.substr(last + 1).empty() || line.substr(last + 1) == "sgd-momentum"));
    CHECK(numbers.find_first_not_of("0123456789.e+-,") == std::string::npos);
  }
  CHECK(count == 13);
}

TEST_CASE("a cloud machine shows its prices with their dates and sources, and reads back with them as comments") {
  const CommandLine shell;
  const Answer answer = shell.run("show platform aws:p3.16xlarge");
  CHECK(answer.code == 0);
  for (const char* line :
       {"device: \"v100\"\n", "price: 24.48 USD/h\n", "region: \"us-east-1\"\n", "price-date: \"2024/2025\"\n",
        "\n# v100: Tesla V100 data sheet", "\n# eu-west-1 ", "26.440", "2017-10-26  vantage-sh/ec2instances.info@4ef36cd2\n"}) {
    INFO(line);
    CHECK(answer.out.find(line) != std::string::npos);
  }
  REQUIRE(shell.run("show platform aws:p3.16xlarge -o mine.yaml").code == 0);
  CHECK(shell.run("show platform ./mine.yaml").out == answer.out);
  const YamlNode document = read_yaml_text(shell.run("show platform aws:p3.16xlarge --format json").out, "out");
  CHECK(document.find("prices")->children.size() == 4);
  CHECK(value_of(*document.find("price"), "usd_per_node_hour") == "24.48");
  CHECK(value_of(document, "memory_per_device_bytes") == "17179869184.0");
}

TEST_CASE("a platform without a known price shows none") {
  const CommandLine shell;
  CHECK(shell.run("show platform dgx-a100-80gb").out.find("USD/h") == std::string::npos);
  CHECK(read_yaml_text(shell.run("show platform dgx-a100-80gb --format json").out, "out").find("price")->kind == YamlNode::Kind::null);
}
