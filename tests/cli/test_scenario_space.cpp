#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

#include "cherrypick/search.hpp"
#include "cli/scenario_space.hpp"
#include "core/error.hpp"
#include "tests/cli/command_line.hpp"

using namespace forerun;

namespace {

struct Question {
  ScenarioOptions scenario{.workload = "resnet50",
                           .platform = "aws:p3.2xlarge",
                           .strategy = "data=all,runtime=pytorch-ddp",
                           .settings = {"workload.batch=256", "workload.precision=fp16", "run.epochs=2"}};
  std::vector<std::string> vary;
  std::vector<std::string> changes;
  std::optional<Engine> prior = Engine::oracle;
};

SearchSpace space_of(const Question& question) {
  const Environment environment = read_environment();
  VariantReader reader(environment);
  return scenario_space(scenario_text(question.scenario), read_variants(question.changes, question.vary), question.prior, reader);
}

const SpaceEntry& entry(const SearchSpace& space, const std::string& name) {
  for (const SpaceEntry& each : space.entries)
    if (each.candidate.name == name) return each;
  FAIL("no entry " << name);
  return space.entries.front();
}

std::string setting(const SpaceEntry& of, const std::string& key) {
  for (const auto& [name, value] : of.settings)
    if (name == key) return value;
  return "";
}

std::string refusal(const Question& question) {
  try {
    space_of(question);
  } catch (const BadInput& error) {
    return error.what();
  }
  return "";
}

double feature(const SearchSpace& space, const std::string& entry_name, const std::string& name) {
  const auto found = std::ranges::find(space.features, name);
  REQUIRE(found != space.features.end());
  return entry(space, entry_name).candidate.features[static_cast<std::size_t>(found - space.features.begin())];
}

}  // namespace

TEST_CASE("a search chooses from what whatif compares, at the same times and costs") {
  const SearchSpace space = space_of({.vary = {"platform=aws:p3.8xlarge,gcp:a2-highgpu-4g", "run.market=on-demand,spot"}});
  const CommandLine shell;
  const Answer answer = shell.run(
      "whatif --workload resnet50 --set workload.batch=256 --set workload.precision=fp16 --set run.epochs=2 --platform aws:p3.2xlarge "
      "--strategy data=all,runtime=pytorch-ddp --vary platform=aws:p3.8xlarge,gcp:a2-highgpu-4g --vary run.market=on-demand,spot "
      "--samples 0 --format json");
  REQUIRE(answer.code == 0);
  const YamlNode document = read_yaml_text(answer.out, "out");
  const auto& rows = document.find("variants")->children;
  REQUIRE(rows.size() == 4);
  REQUIRE(space.entries.size() == 4);
  for (const YamlNode& row : rows) {
    const SpaceEntry& same = entry(space, value_of(row, "label"));
    INFO(same.candidate.name);
    const double time = std::stod(value_of(*row.find("time_s"), "value")), cost = std::stod(value_of(*row.find("cost_usd"), "value"));
    CHECK(same.predicted->value() == time);
    CHECK((same.candidate.rate * *same.predicted).value() == Approx(cost));
    CHECK(same.candidate.excluded.empty());
    CHECK(same.candidate.features.size() == space.features.size());
  }
  CHECK(space.job == "resnet50, batch 256, 10,008 steps");
}

TEST_CASE("the settings of an entry are its whole scenario, and both engines evaluate it") {
  const SearchSpace space =
      space_of({.changes = {"platform=aws:p3.8xlarge platform.nodes=2", "platform=gcp:a2-highgpu-4g", "workload.batch=64"}});
  const auto said = [&](const std::string& key) {
    return std::ranges::count(entry(space, "batch 64").settings, key, &std::pair<std::string, std::string>::first);
  };
  CHECK(setting(entry(space, "batch 64"), "workload.batch") == "64");
  CHECK(said("workload.batch") == 1);
  const SpaceEntry& two = entry(space, "2 x aws:p3.8xlarge");
  CHECK(setting(two, "workload") == "resnet50");
  CHECK(setting(two, "platform") == "aws:p3.8xlarge");
  CHECK(setting(two, "platform.nodes") == "2");
  CHECK(setting(two, "strategy").find("data=8,") == 0);
  CHECK(setting(two, "run.market") == "on-demand");
  CHECK(setting(entry(space, "gcp:a2-highgpu-4g"), "platform.nodes") == "1");
  const Environment environment = read_environment();
  VariantReader reader(environment);
  const cherrypick::Result by_oracle = evaluate(two, Engine::oracle, reader).result;
  CHECK(by_oracle.outcome == cherrypick::Outcome::ok);
  CHECK(by_oracle.time == *two.predicted);
  const CommandLine shell;
  const Answer answer = shell.run(
      "predict --engine sim --workload resnet50 --set workload.batch=256 --set workload.precision=fp16 --set run.epochs=2 --platform "
      "aws:p3.8xlarge --set platform.nodes=2 --strategy data=8,runtime=pytorch-ddp --format json");
  const cherrypick::Result by_sim = evaluate(two, Engine::sim, reader).result;
  CHECK(by_sim.time.value() == std::stod(value_of(read_yaml_text(answer.out, "out"), "total_time_s")));
  CHECK(by_sim.cost->value() == std::stod(value_of(read_yaml_text(answer.out, "out"), "cost_usd")));
}

TEST_CASE("the simulator evaluates what the oracle does not know") {
  Question question{.vary = {"platform.nodes=2,4"}};
  question.scenario.settings.emplace_back("platform.compute-jitter=30%");
  const SearchSpace space = space_of(question);
  const Environment environment = read_environment();
  VariantReader reader(environment);
  for (const SpaceEntry& each : space.entries)
    CHECK(evaluate(each, Engine::sim, reader).result.time > 1.05 * evaluate(each, Engine::oracle, reader).result.time);
}

TEST_CASE("what an engine cannot play has failed, with its reason, and is no accident") {
  Question question{.vary = {"platform.nodes=4,6"}};
  question.scenario.strategy = "data=2,servers=1,sync=off";
  question.scenario.settings.emplace_back("platform.slow-links=0:2:10s..20s");
  const SearchSpace space = space_of(question);
  const Environment environment = read_environment();
  VariantReader reader(environment);
  for (const SpaceEntry& each : space.entries) {
    REQUIRE(each.candidate.excluded.empty());
    const Evaluated played = evaluate(each, Engine::sim, reader);
    CHECK(played.status == "failed");
    CHECK_FALSE(is_transient(played.result.outcome));
    CHECK(played.reason.find("slow-links") != std::string::npos);
  }
}

TEST_CASE("what cannot be is excluded with its reason, and the others keep finite features") {
  Question question{.vary = {"platform=aws:p3.8xlarge,azure:Standard_NC6s_v3", "platform.nodes=1,2"},
                    .changes = {"workload.batch=200000", "platform=aws:p2.xlarge run.market=spot workload.precision=fp32"}};
  const SearchSpace space = space_of(question);
  CHECK(entry(space, "2 x azure:Standard_NC6s_v3").candidate.excluded.find("more than one node needs it") != std::string::npos);
  CHECK(entry(space, "batch 200000").candidate.excluded.find("memory") != std::string::npos);
  const SpaceEntry& unpriced = entry(space, "aws:p2.xlarge, spot, workload.precision=fp32");
  CHECK(unpriced.candidate.excluded == "no price of aws:p2.xlarge is known spot in us-east-1");
  CHECK_FALSE(unpriced.predicted);
  CHECK(entry(space, "2 x aws:p3.8xlarge").candidate.excluded.empty());
  for (const SpaceEntry& each : space.entries) {
    CHECK(each.candidate.features.size() == space.features.size());
    for (const double feature : each.candidate.features) CHECK((feature >= 0 && feature <= 1));
    CHECK(each.candidate.rate.value() > 0);
  }
  question.vary = {"workload.batch=200000,400000"};
  question.changes.clear();
  CHECK(refusal(question).find("batch 200000: ") == 0);
}

TEST_CASE("variants that come to the same scenario are one entry, by the first one's name") {
  const SearchSpace space =
      space_of({.vary = {"platform=aws:p3.2xlarge,aws:p3.8xlarge"},
                .changes = {"platform.nodes=1", "platform=aws:p3.8xlarge strategy=data=4,runtime=pytorch-ddp", "run.market=spot"}});
  REQUIRE(space.entries.size() == 3);
  CHECK(space.entries[0].candidate.name == "aws:p3.2xlarge");
  CHECK(space.entries[1].candidate.name == "aws:p3.8xlarge");
  CHECK(space.entries[2].candidate.name == "spot");
}

TEST_CASE("features tell machines, counts, strategies and markets apart") {
  const SearchSpace space =
      space_of({.vary = {"platform=aws:p3.2xlarge,gcp:a2-highgpu-1g", "platform.nodes=1,4", "run.market=on-demand,spot"},
                .changes = {"platform.nodes=4 strategy=data=4,servers=1,sync=off platform.nodes=5"}});
  const std::set<std::string> names(space.features.begin(), space.features.end());
  CHECK(names == std::set<std::string>{"log2 units", "log2 memory", "log2 network bandwidth", "log2 price of a unit", "device=v100",
                                       "strategy=tf-parameter-server asynchronous"});
  CHECK(feature(space, "4 x aws:p3.2xlarge, on demand", "log2 units") > feature(space, "1 x aws:p3.2xlarge, on demand", "log2 units"));
  CHECK(feature(space, "4 x aws:p3.2xlarge, on demand", "device=v100") == 0.7);
  CHECK(feature(space, "4 x gcp:a2-highgpu-1g, spot", "device=v100") == 0);
  CHECK(feature(space, "4 x aws:p3.2xlarge, spot", "log2 price of a unit") <
        feature(space, "4 x aws:p3.2xlarge, on demand", "log2 price of a unit"));
  std::set<std::vector<double>> different;
  for (const SpaceEntry& each : space.entries) different.insert(each.candidate.features);
  CHECK(different.size() == space.entries.size());
}

TEST_CASE("a node that one device stands for has as many units as cores") {
  const SearchSpace space = space_of({.scenario = {.workload = "resnet50",
                                                   .platform = "gcp:n1-standard-8",
                                                   .settings = {"workload.batch=64", "run.epochs=1", "platform.region=us-west1"}},
                                      .vary = {"platform=gcp:n1-standard-8,gcp:n1-standard-16"}});
  CHECK(feature(space, "gcp:n1-standard-16", "log2 units per node") > feature(space, "gcp:n1-standard-8", "log2 units per node"));
}

TEST_CASE("a machine whose network nobody gave counts as having the slowest") {
  const SearchSpace space = space_of({.vary = {"platform=aws:p3.8xlarge,aws:p3.16xlarge,azure:Standard_NC6s_v3"}});
  CHECK(feature(space, "azure:Standard_NC6s_v3", "log2 network bandwidth") == feature(space, "aws:p3.8xlarge", "log2 network bandwidth"));
  CHECK(feature(space, "aws:p3.16xlarge", "log2 network bandwidth") == 1);
}

TEST_CASE("other settings that vary are numbers or words, and strategies of one family are told apart by their text") {
  const SearchSpace space = space_of({.vary = {"workload.precision=fp16,fp32", "workload.batch=64,256", "run.epochs=1,4"}});
  const std::set<std::string> names(space.features.begin(), space.features.end());
  CHECK(names == std::set<std::string>{"log2 batch", "log2 run.epochs", "workload.precision=fp32"});
  const SearchSpace buckets = space_of({.changes = {"platform=aws:p3.8xlarge strategy=data=4,runtime=pytorch-ddp,bucket=1MiB",
                                                    "platform=aws:p3.8xlarge strategy=data=4,runtime=pytorch-ddp,bucket=5MiB",
                                                    "platform=aws:p3.8xlarge strategy=data=4,runtime=pytorch-ddp"}});
  CHECK(buckets.features.size() == 3);
  CHECK(buckets.features.front().find("whole strategy=") == 0);
}

TEST_CASE("prices and predictions say what they rest on") {
  const SearchSpace space = space_of({.vary = {"run.market=on-demand,spot"}});
  const auto said = [&](const std::string& words) {
    return std::ranges::any_of(space.assumptions, [&](const std::string& line) { return line.find(words) != std::string::npos; });
  };
  CHECK(said("aws:p3.2xlarge costs 3.06 USD an hour on demand in us-east-1, of 2024/2025"));
  CHECK(said("costs 0.5197 USD an hour spot"));
  CHECK(said("machines are never taken away"));
  CHECK(said("predicted times are of the whole run, by the oracle"));
  const SearchSpace cold = space_of({.vary = {"run.market=on-demand,spot"}, .prior = std::nullopt});
  for (const SpaceEntry& each : cold.entries) CHECK_FALSE(each.predicted);
  CHECK(cold.assumptions.size() == 3);
}

TEST_CASE("the best strategy of each platform is one that an entry can be run by") {
  const SearchSpace space = space_of({.scenario = {.workload = "gpt2",
                                                   .platform = "gcp:a2-highgpu-2g",
                                                   .strategy = "best,runtime=megatron",
                                                   .settings = {"workload.batch=64", "run.steps=100"}},
                                      .vary = {"platform=gcp:a2-highgpu-2g,gcp:a2-highgpu-8g"}});
  for (const SpaceEntry& each : space.entries) {
    CHECK(setting(each, "strategy").find("best") == std::string::npos);
    CHECK(setting(each, "strategy").find("runtime=megatron") != std::string::npos);
  }
}

TEST_CASE("a search that knows the oracle's times and runs the simulator finds what is cheapest by the simulator") {
  const SearchSpace space = space_of({.vary = {"platform=aws:p3.2xlarge,aws:p3.8xlarge,gcp:a2-highgpu-1g,gcp:a2-highgpu-4g",
                                               "platform.nodes=1,2,4", "run.market=on-demand,spot"}});
  const Environment environment = read_environment();
  VariantReader reader(environment);
  cherrypick::Catalogue catalogue;
  cherrypick::SearchOptions options;
  for (const SpaceEntry& each : space.entries) {
    catalogue.push_back(each.candidate);
    options.predicted.push_back(each.predicted);
  }
  cherrypick::Search search(catalogue, options);
  while (!search.stop())
    for (const int id : search.ask()) search.tell(id, evaluate(space.entries[static_cast<std::size_t>(id)], Engine::sim, reader).result);
  std::pair<double, std::string> cheapest{1e300, ""};
  for (const SpaceEntry& each : space.entries)
    if (each.candidate.excluded.empty())
      cheapest = std::min(cheapest, {evaluate(each, Engine::sim, reader).result.cost->value(), each.candidate.name});
  CHECK(catalogue[static_cast<std::size_t>(search.answer().best->candidate)].name == cheapest.second);
  CHECK(search.trials().size() < space.entries.size());
}

TEST_CASE("a space that asks nothing, or the wrong thing, is refused before anything is predicted") {
  CHECK(refusal({}).find("nothing is varied") != std::string::npos);
  CHECK(refusal({.vary = {"platform=aws:p3.2xlage,aws:p3.8xlarge"}}).find("Did you mean aws:p3.2xlarge?") != std::string::npos);
  CHECK(refusal({.scenario = {.workload = "resnet50", .platform = "aws:p3.2xlarge", .settings = {"workload.batch=8"}},
                 .vary = {"run.market=on-demand,spot"}})
            .find("nothing says how long the run is") != std::string::npos);
  CHECK(refusal({.scenario = {.workload = "resnet51", .platform = "aws:p3.2xlarge"}, .vary = {"run.market=on-demand,spot"}})
            .find("Did you mean resnet50?") != std::string::npos);
  const Environment environment = read_environment();
  VariantReader reader(environment);
  CHECK_THROWS_AS(evaluate({.candidate = {.name = "row of a table"}}, Engine::oracle, reader), BadInput);
}
