#include "cli/beside.hpp"

#include <CLI/CLI.hpp>
#include <utility>

#include "cli/choice.hpp"
#include "cli/prediction_page.hpp"
#include "io/format.hpp"

namespace forerun {
namespace {

/// The settings that put a job where it lies now.
void write_place(ReadScenario& job) {
  const Topology& topology = job.scenario.platform.topology;
  if (topology.network_nodes == 0) return;
  // A file's network says itself how many nodes it has.
  for (const auto& [key, value] : {std::pair{"network-nodes", topology.network_nodes}, std::pair{"first-node", topology.first_node},
                                   std::pair{"node-stride", topology.node_stride}}) {
    if (topology.routes && key == std::string_view("network-nodes")) continue;
    const std::string setting = "platform." + std::string(key) + "=";
    std::erase_if(job.text.settings, [&](const Text& text) { return text.value.starts_with(setting); });
    job.text.settings.push_back({setting + std::to_string(value), "--set", 0, 0, ""});
  }
}

void place(std::vector<ReadScenario>& jobs, std::optional<sim::JobPlacement> placement) {
  std::vector<Scenario> scenarios;
  for (const ReadScenario& job : jobs) scenarios.push_back(job.scenario);
  const auto placed = [](const Scenario& job) { return sim::has_place(job.platform); };
  if (placement && std::ranges::any_of(scenarios, placed))
    throw BadInput(Problem{.file = "--placement", .what = "has no meaning here: a job says itself which nodes of the network it has"});
  std::string wrong = sim::place_jobs(scenarios, placement.value_or(sim::JobPlacement::packed));
  if (wrong.empty()) wrong = sim::find_conflict(scenarios);
  if (!wrong.empty()) throw BadInput(Problem{.file = "--beside", .what = wrong});
  for (std::size_t j = 0; j < jobs.size(); ++j) {
    jobs[j].scenario.platform = scenarios[j].platform;
    write_place(jobs[j]);
  }
}

/// The job of a text, and those that its document holds beside it.
void read_jobs(const ScenarioText& text, ScenarioReader& reader, std::vector<ReadScenario>& jobs) {
  jobs.push_back(reader.read(text));
  for (const ScenarioText& other : text.beside) read_jobs(other, reader, jobs);
}

std::string places_text(const Platform& platform) {
  const std::string first = std::to_string(platform.place_of(0));
  if (platform.nodes == 1) return first;
  const std::string last = std::to_string(platform.place_of(platform.nodes - 1));
  if (platform.topology.node_stride == 1) return first + " to " + last;
  return first + ", " + std::to_string(platform.place_of(1)) + (platform.nodes > 2 ? ", ... " + last : "");
}

std::string times_text(const Prediction& alone, const Prediction& together) {
  return forerun::format("{:.3f}", *together.step_time / *alone.step_time);
}

std::string jobs_table(const PredictedJobs& predicted) {
  Table table{.header = {"job", "workload", "strategy", "nodes", "alone", "beside", "times as long"}, .rows = {}};
  for (std::size_t j = 0; j < predicted.jobs.size(); ++j) {
    const auto& [alone, together] = predicted.predictions[j];
    const bool ok = together.status == Status::ok;
    const ReadScenario& job = predicted.jobs[j];
    table.rows.push_back({std::to_string(j + 1), job.scenario.workload.name, job.text.strategy.value, places_text(job.scenario.platform),
                          alone.step_time ? human(*alone.step_time) : "", ok ? human(*together.step_time) : "",
                          ok ? times_text(alone, together) : ""});
  }
  return text_table(table);
}

}  // namespace

void add_beside_options(CLI::App& verb, BesideOptions& options) {
  CLI::Option* beside = verb.add_option("--beside", options.files,
                                        "another job on the same network, as a scenario's YAML file or a prediction written before; again "
                                        "and again. The simulator plays them all")
                            ->allow_extra_args(false);
  add_choice<std::optional<sim::JobPlacement>>(
      verb, "--placement", options.placement,
      "of jobs whose platforms name no network-nodes: packed (one after another) or spread (in turn, node by node)",
      {{"packed", sim::JobPlacement::packed}, {"spread", sim::JobPlacement::spread}});
  options.placement.reset();
  verb.get_option("--placement")->needs(beside);
}

PredictedJobs predict_beside(const ScenarioText& text, const BesideOptions& options, Engine engine, int samples, ScenarioReader& reader) {
  PredictedJobs predicted;
  read_jobs(text, reader, predicted.jobs);
  for (const std::string& file : options.files) read_jobs(read_scenario_file(file), reader, predicted.jobs);
  for (std::size_t j = 0; j < predicted.jobs.size(); ++j)
    if (const Scenario& job = predicted.jobs[j].scenario; job.run.seeds > 1)
      throw BadInput(Problem{.file = "--beside",
                             .what = sim::job_name(job, j) + " has run.seeds, which is of one job alone, without others beside it"});
  place(predicted.jobs, options.placement);
  std::vector<Scenario> scenarios;
  for (const ReadScenario& job : predicted.jobs) scenarios.push_back(job.scenario);
  predicted.predictions = sim::predict_together(scenarios, engine == Engine::sim_message ? sim::Mode::message : sim::Mode::flow);
  for (std::size_t j = 0; j < scenarios.size(); ++j)
    add_interval(predicted.predictions[j].together, scenarios[j], predictor(Engine::oracle), IntervalOptions{.samples = samples});
  return predicted;
}

Page beside_page(const PredictedJobs& predicted) {
  Page page;
  Json others = Json::array();
  Json scenarios = Json::array();
  for (std::size_t j = 0; j < predicted.jobs.size(); ++j) {
    Page job = prediction_page(predicted.predictions[j].together, predicted.jobs[j]);
    Json scenario = std::move(job.document["scenario"]);
    job.document.erase("scenario");
    const std::optional<Seconds>& alone = predicted.predictions[j].alone.step_time;
    job.document["alone_step_time_s"] = alone ? Json(alone->value()) : Json(nullptr);
    const Table row = one_row(job.document);
    if (j == 0) {
      page.text = job.text + "\njobs on one network\n" + jobs_table(predicted);
      page.document = std::move(job.document);
      page.document["scenario"] = std::move(scenario);
      page.rows.header = row.header;
    } else {
      others.push_back(std::move(job.document));
      scenarios.push_back(std::move(scenario));
    }
    page.rows.rows.push_back(row.rows.front());
  }
  Json scenario = std::move(page.document["scenario"]);
  page.document.erase("scenario");
  page.document["beside"] = std::move(others);
  scenario["beside"] = std::move(scenarios);
  page.document["scenario"] = std::move(scenario);
  return page;
}

}  // namespace forerun
