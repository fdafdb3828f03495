#include <catch2/catch.hpp>

#include "tests/cli/command_line.hpp"

using namespace forerun;

namespace {

const std::string kJob =
    "whatif --workload resnet50 --set workload.batch=256 --set workload.precision=fp16 --set run.epochs=2 --platform aws:p3.2xlarge "
    "--strategy data=all,runtime=pytorch-ddp ";

// A K80 calculates in fp32 alone.
const std::string kSingle =
    "whatif --workload resnet50 --set workload.batch=64 --set run.epochs=2 --platform aws:p3.8xlarge --strategy "
    "data=all,runtime=pytorch-ddp ";

YamlNode document(const CommandLine& shell, const std::string& arguments, int code = 0) {
  const Answer answer = shell.run(arguments + " --format json");
  INFO(answer.err);
  REQUIRE(answer.code == code);
  return read_yaml_text(answer.out, "out");
}

double number(const YamlNode& node, const std::string& key) { return std::stod(value_of(node, key)); }

const YamlNode& at(const YamlNode& node, const std::string& key) {
  const YamlNode* found = node.find(key);
  REQUIRE(found != nullptr);
  return *found;
}

std::vector<std::string> labels(const YamlNode& list) {
  std::vector<std::string> out;
  for (const YamlNode& item : list.children) out.push_back(item.find("label") != nullptr ? value_of(item, "label") : item.text.value);
  return out;
}

const YamlNode& variant(const YamlNode& answer, const std::string& label) {
  for (const YamlNode& item : at(answer, "variants").children)
    if (value_of(item, "label") == label) return item;
  FAIL("no variant " << label);
  return answer;
}

}  // namespace

TEST_CASE("a variant is what predict says of it, and its change is against the baseline") {
  const CommandLine shell;
  const YamlNode answer = document(shell, kJob + "--change platform=aws:p3.8xlarge");
  const YamlNode alone = document(shell,
                                  "predict --workload resnet50 --set workload.batch=256 --set workload.precision=fp16 --set run.epochs=2 "
                                  "--platform aws:p3.8xlarge --strategy data=4,runtime=pytorch-ddp");
  const YamlNode& other = variant(answer, "aws:p3.8xlarge");
  CHECK(number(at(other, "time_s"), "value") == number(alone, "total_time_s"));
  CHECK(number(at(other, "time_s"), "p10") == number(alone, "total_time_p10_s"));
  CHECK(number(at(other, "cost_usd"), "value") == number(alone, "cost_usd"));
  const double here = number(at(at(answer, "baseline"), "time_s"), "value");
  CHECK(number(at(other, "time_ratio"), "value") == Approx(number(alone, "total_time_s") / here));
  CHECK(number(at(other, "time_ratio"), "p10") < number(at(other, "time_ratio"), "value"));
  CHECK(number(at(other, "time_ratio"), "p90") > number(at(other, "time_ratio"), "value"));
  CHECK(value_of(at(other, "price"), "region") == "us-east-1");
  CHECK(value_of(at(other, "price"), "date") == "2024/2025");
  const YamlNode& steps = at(at(other, "terms"), "step_time_s");
  CHECK(number(steps, "difference") == Approx(number(steps, "after") - number(steps, "before")));
}

TEST_CASE("the scenario of a variant can be predicted again, to the same") {
  const CommandLine shell;
  const Answer written = shell.run(kJob + "--change 'platform=gcp:a2-highgpu-2g run.market=spot' --format json -o w.json");
  REQUIRE(written.code == 0);
  const YamlNode answer = read_yaml_text(get(shell.folder() / "w.json"), "w");
  const YamlNode& prediction = at(variant(answer, "gcp:a2-highgpu-2g, spot"), "prediction");
  const YamlNode& scenario = at(prediction, "scenario");
  std::string command = "predict --samples 0 --workload " + value_of(scenario, "workload") + " --platform " +
                        value_of(scenario, "platform") + " --strategy " + value_of(scenario, "strategy");
  for (const YamlNode& setting : at(scenario, "set").children) command += " --set " + setting.text.value;
  CHECK(number(document(shell, command), "cost_usd") == number(prediction, "cost_usd"));
}

TEST_CASE("rows that differ in their price alone take the same time, exactly, and their cost changes by exactly that") {
  const CommandLine shell;
  const YamlNode answer = document(shell, kJob + "--change run.market=spot --change platform=aws:p3.2xlarge@eu-west-1");
  const YamlNode& spot = variant(answer, "spot");
  for (const std::string end : {"value", "p10", "p90"}) {
    CHECK(number(at(spot, "time_ratio"), end) == 1);
    CHECK(number(at(spot, "cost_ratio"), end) == Approx(0.5197 / 3.06));
    CHECK(number(at(variant(answer, "aws:p3.2xlarge@eu-west-1"), "cost_ratio"), end) == Approx(3.305 / 3.06));
  }
  bool said = false;
  for (const YamlNode& line : at(answer, "assumptions").children)
    said |= line.text.value.find("spot rows carry the spot price alone") != std::string::npos;
  CHECK(said);
}

TEST_CASE("where both rest on one calibration a change is known better than where they do not") {
  const CommandLine shell;
  const YamlNode answer = document(shell, kJob + "--change platform=aws:p3.8xlarge --change platform=gcp:a2-highgpu-1g");
  const auto width = [&](const std::string& label) {
    const YamlNode& ratio = at(variant(answer, label), "time_ratio");
    return (number(ratio, "p90") - number(ratio, "p10")) / number(ratio, "value");
  };
  CHECK(width("aws:p3.8xlarge") < 0.8 * width("gcp:a2-highgpu-1g"));
}

TEST_CASE("the front has what none is both faster and cheaper than, and rows come the cheapest first") {
  const CommandLine shell;
  const YamlNode answer =
      document(shell, kJob + "--vary platform=aws:p3.8xlarge,gcp:a2-highgpu-4g,gcp:a2-highgpu-1g --vary run.market=on-demand,spot");
  const YamlNode& rows = at(answer, "variants");
  double before = 0;
  for (const YamlNode& row : rows.children) {
    if (at(row, "cost_usd").kind == YamlNode::Kind::null) continue;
    const double cost = number(at(row, "cost_usd"), "value"), time = number(at(row, "time_s"), "value");
    CHECK(cost >= before);
    before = cost;
    bool beaten = false;
    for (const YamlNode& other : rows.children)
      if (at(other, "cost_usd").kind != YamlNode::Kind::null)
        beaten |= number(at(other, "cost_usd"), "value") < cost && number(at(other, "time_s"), "value") < time;
    if (value_of(row, "pareto") == "true") CHECK_FALSE(beaten);
    if (beaten) CHECK(value_of(row, "pareto") == "false");
  }
  CHECK(labels(at(answer, "pareto")).size() >= 2);
}

TEST_CASE("a machine without a spot price has no cost there, and is not taken for free") {
  const CommandLine shell;
  const YamlNode answer = document(shell, kSingle + "--change 'platform=aws:p2.8xlarge run.market=spot' --change run.market=spot");
  CHECK(at(variant(answer, "aws:p2.8xlarge, spot"), "cost_usd").kind == YamlNode::Kind::null);
  CHECK(at(variant(answer, "aws:p2.8xlarge, spot"), "price").kind == YamlNode::Kind::null);
  CHECK(value_of(answer, "best") == "spot");
  CHECK(shell.run(kSingle + "--change 'platform=aws:p2.8xlarge run.market=spot'").out.find("no price") != std::string::npos);
}

TEST_CASE("what cannot be is left out with its reason, and the others stay") {
  const CommandLine shell;
  const YamlNode answer = document(
      shell, kJob + "--vary platform=aws:p3.8xlarge,azure:Standard_NC6s_v3 --vary platform.nodes=1,2 --change workload.batch=200000");
  const YamlNode& out = at(answer, "left_out");
  CHECK(labels(out) == std::vector<std::string>{"2 x azure:Standard_NC6s_v3", "batch 200000"});
  CHECK(value_of(out.children[0], "reason").find("more than one node needs it") != std::string::npos);
  CHECK(value_of(out.children[1], "reason").find("memory") != std::string::npos);
  CHECK(at(answer, "variants").children.size() == 3);
}

TEST_CASE("what is wrong in every variant that has it is bad input, before anything is predicted") {
  const CommandLine shell;
  const auto error = [&](const std::string& arguments) {
    const Answer answer = shell.run(kJob + arguments);
    CHECK(answer.code == 3);
    CHECK(answer.out.empty());
    return answer.err;
  };
  CHECK(error("--vary platform=aws:p3.2xlage,aws:p3.8xlarge").find("Did you mean aws:p3.2xlarge?") != std::string::npos);
  CHECK(error("--vary nodes=1,2").find("Did you mean platform.nodes?") != std::string::npos);
  CHECK(error("--change workload.batch=many").find("--change: workload.batch: ") != std::string::npos);
  CHECK(error("--vary workload.batch").find("--vary: is no change (got workload.batch, allowed key=value)") != std::string::npos);
  CHECK(error("--vary workload.batch=8,,16").find("has no value") != std::string::npos);
  CHECK(error("--vary run.market=spot --vary run.market=on-demand").find("varies the same a second time") != std::string::npos);
  CHECK(error("--change ''").find("changes nothing") != std::string::npos);
  CHECK(error("").find("nothing is varied") != std::string::npos);
  CHECK(error("--change run.market=spot --deadline 24").find("--deadline") != std::string::npos);
  CHECK(error("--vary platform=aws:p3.8xlarge@mars").find("no price is known there") != std::string::npos);
}

TEST_CASE("a deadline is kept surely, perhaps or not, and the cheapest that keeps it is named") {
  const CommandLine shell;
  const std::string cloud = kSingle + "--vary platform=aws:p3.16xlarge,aws:p2.8xlarge ";
  const YamlNode answer = document(shell, cloud + "--deadline 1h");
  CHECK(value_of(variant(answer, "aws:p3.16xlarge"), "keeps_deadline") == "yes");
  CHECK(value_of(variant(answer, "aws:p2.8xlarge"), "keeps_deadline") == "no");
  CHECK(value_of(variant(document(shell, cloud + "--deadline 2h"), "aws:p2.8xlarge"), "keeps_deadline") == "perhaps");
  CHECK(value_of(answer, "best") != "aws:p2.8xlarge");
  CHECK(at(document(shell, cloud + "--deadline 1s", 1), "best").kind == YamlNode::Kind::null);
  CHECK(shell.run(cloud + "--deadline 1s").out.find("none is done within 1.00 s") != std::string::npos);
}

TEST_CASE("a strategy takes all devices of each platform, or the best of each") {
  const CommandLine shell;
  const YamlNode all = document(shell, kJob + "--change platform=aws:p3.16xlarge");
  CHECK(value_of(at(variant(all, "aws:p3.16xlarge"), "prediction"), "ranks") == "8");
  const std::string gpt =
      "whatif --workload gpt2 --set workload.batch=64 --set run.steps=100 --samples 0 --platform gcp:a2-highgpu-2g "
      "--strategy best,runtime=megatron --change platform=gcp:a2-highgpu-8g";
  const YamlNode best = document(shell, gpt);
  const YamlNode& prediction = at(variant(best, "gcp:a2-highgpu-8g"), "prediction");
  CHECK(value_of(prediction, "ranks") == "8");
  const YamlNode searched = document(shell,
                                     "strategies --workload gpt2 --set workload.batch=64 --set run.steps=100 --platform gcp:a2-highgpu-8g "
                                     "--strategy runtime=megatron --top 1");
  CHECK(number(prediction, "step_time_s") == number(at(searched, "strategies").children.at(0), "step_time_s"));
}

TEST_CASE("strategies, which hold commas, are varied between semicolons") {
  const CommandLine shell;
  const YamlNode answer = document(shell, kJob +
                                              "--vary platform=aws:p3.8xlarge,gcp:a2-highgpu-4g --samples 0 --vary "
                                              "'strategy=data=all,runtime=pytorch-ddp;data=2,runtime=pytorch-ddp'");
  CHECK(at(answer, "variants").children.size() == 4);
  CHECK(value_of(at(variant(answer, "aws:p3.8xlarge, data=2,runtime=pytorch-ddp"), "prediction"), "ranks") == "2");
  CHECK(value_of(at(variant(answer, "gcp:a2-highgpu-4g, data=all,runtime=pytorch-ddp"), "prediction"), "ranks") == "4");
  CHECK(shell.run(kJob + "--vary 'workload.batch=64;'").err.find("has no value") != std::string::npos);
}

TEST_CASE("both engines compare the same rows") {
  const CommandLine shell;
  const std::string job = kJob + "--vary platform=aws:p3.2xlarge,aws:p3.8xlarge --samples 0 ";
  const YamlNode oracle = document(shell, job), sim = document(shell, job + "--engine sim");
  CHECK(value_of(sim, "engine") == "sim");
  for (const std::string label : {"aws:p3.2xlarge", "aws:p3.8xlarge"}) {
    const double ratio = number(at(variant(sim, label), "time_s"), "value") / number(at(variant(oracle, label), "time_s"), "value");
    CHECK(ratio == Approx(1).epsilon(0.2));
    CHECK(at(at(variant(sim, label), "time_s"), "p10").kind == YamlNode::Kind::null);
  }
}

TEST_CASE("without a length of the run a million samples are compared, whatever the batch") {
  const CommandLine shell;
  const std::string job =
      "whatif --workload resnet50 --set workload.batch=16 --platform aws:p3.2xlarge --samples 0 --change workload.batch=32";
  const YamlNode answer = document(shell, job);
  CHECK(value_of(answer, "of") == "million-samples");
  const YamlNode& doubled = variant(answer, "batch 32");
  CHECK(number(at(doubled, "time_s"), "value") == Approx(1e6 / 32 * number(at(doubled, "prediction"), "step_time_s")));
  CHECK(number(at(doubled, "cost_usd"), "value") == Approx(3.06 / 3600 * number(at(doubled, "time_s"), "value")));
  CHECK(shell.run(job).out.find("of a million samples: no run.epochs or run.steps says how long the run is") != std::string::npos);
}

TEST_CASE("the table can be read by itself: what it is of, units, what is old, what it rests on") {
  const CommandLine shell;
  const std::string out = shell.run(kJob + "--change platform=gcp:n1-standard-8 --set workload.batch=32 --set workload.precision=fp32").out;
  for (const std::string part :
       {"resnet50, batch 32, ", "times and costs of the whole run", "you are here: 1 x aws:p3.2xlarge, on demand, data=1", "what changes",
        "likely", "against here", "USD", "(here)", "cheapest: ", "assumptions",
        "aws:p3.2xlarge costs 3.06 USD an hour on demand in us-east-1, of 2024/2025",
        "gcp:n1-standard-8: scaled from one core of epyc-9004 to 4 cores of skylake-sp"}) {
    INFO(part);
    CHECK(out.find(part) != std::string::npos);
  }
  const std::string old = shell.run(kSingle + "--change platform=aws:p2.8xlarge").out;
  CHECK(old.find("of 2016-10-11 (OLD: ") != std::string::npos);
}

TEST_CASE("a price of over a year ago is warned of where it counts, and nowhere else") {
  const CommandLine shell;
  const std::string job = "predict --workload resnet50 --set workload.batch=16 --samples 0 --platform ";
  CHECK(shell.run(job + "aws:p2.xlarge --set run.steps=10").err.find("warning: the price of aws:p2.xlarge is of 2016-10-11, ") == 0);
  CHECK(shell.run(job + "aws:p2.xlarge").err.empty());
  CHECK(shell.run(job + "aws:p2.xlarge --set run.steps=10 --set platform.price=1USD/h").err.empty());
}

TEST_CASE("a baseline that cannot be is said with its reason, and is no success") {
  const CommandLine shell;
  const Answer answer = shell.run(kJob + "--set workload.batch=200000 --change run.market=spot");
  CHECK(answer.code == 1);
  CHECK(answer.out.find("infeasible: the baseline: ") == 0);
}

TEST_CASE("a picture has a point for each row that has a price, and you are here") {
  const CommandLine shell;
  REQUIRE(shell.run(kJob + "--vary platform=aws:p3.8xlarge,aws:p3.16xlarge --plot p.svg").code == 0);
  const std::string svg = get(shell.folder() / "p.svg");
  for (const std::string part : {"you are here", "aws:p3.8xlarge: ", "aws:p3.16xlarge: ", "time of the run, ", "cost of the run, USD"}) {
    INFO(part);
    CHECK(svg.find(part) != std::string::npos);
  }
}

TEST_CASE("two documents are told apart term by term, and by what was asked") {
  const CommandLine shell;
  const std::string one =
      "predict --workload resnet50 --set workload.batch=256 --set run.epochs=2 --platform aws:p3.8xlarge "
      "--strategy data=4,runtime=pytorch-ddp --samples 0 --format json -o ";
  REQUIRE(shell.run(one + "a.json").code == 0);
  REQUIRE(
      shell.run("predict a.json --set platform.nodes=2 --strategy data=8,runtime=pytorch-ddp --samples 0 --format json -o b.json").code ==
      0);
  const YamlNode answer = document(shell, "whatif diff a.json b.json");
  const YamlNode& terms = at(answer, "terms");
  double parts = 0;
  for (const std::string key : {"compute_s", "comm_exposed_s"}) parts += number(at(terms, key), "difference");
  CHECK(number(at(terms, "step_time_s"), "difference") == Approx(parts));
  CHECK(number(at(terms, "cost_usd"), "ratio") > 1);
  const std::string page = shell.run("whatif diff a.json b.json").out;
  CHECK(page.find("nodes: 1 -> 2") != std::string::npos);
  CHECK(page.find("with platform.nodes=2") != std::string::npos);
  CHECK(shell.run("whatif diff a.json a.json").out.find("nothing that was asked for") != std::string::npos);
}

TEST_CASE("what is no prediction is refused by diff, with its place") {
  const CommandLine shell;
  put(shell.folder() / "x.json", "{\"schema_version\": 1}");
  put(shell.folder() / "y.json", "{\"step_time_s\": null, \"reason\": \"out of memory\"}");
  const Answer none = shell.run("whatif diff x.json x.json");
  CHECK(none.code == 3);
  CHECK(none.err.find("x.json:1:1: is no prediction") == 0);
  CHECK(shell.run("whatif diff y.json y.json").err.find("has no time: out of memory") != std::string::npos);
  CHECK(shell.run("whatif diff x.json nowhere.json").code == 3);
}
