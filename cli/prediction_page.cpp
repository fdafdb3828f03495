#include "cli/prediction_page.hpp"

#include <algorithm>

#include "costs/fit_record_file.hpp"
#include "io/format.hpp"
#include "io/prediction_json.hpp"
#include "workloads/memory.hpp"

namespace forerun {
namespace {

constexpr double kJoulesPerKilowattHour = 3.6e6;

std::string line(std::string_view name, std::string_view value, std::string_view share = "") {
  std::string out = forerun::format("{:<24}{:>12}  {:>8}", name, value, share);
  out.erase(out.find_last_not_of(' ') + 1);
  return out + "\n";
}

std::string parts_text(const Prediction& prediction) {
  std::string out;
  const auto part = [&](std::string_view name, Seconds time) {
    if (time > Seconds(0)) out += line(name, human(time), percent(time / *prediction.step_time));
  };
  part("  compute", prediction.parts->compute);
  part("  communication exposed", prediction.parts->comm_exposed);
  part("  bubble", prediction.parts->bubble);
  part("  input exposed", prediction.parts->input_exposed);
  part("  overhead", prediction.parts->overhead);
  return out;
}

std::string interval_text(const std::optional<Seconds>& p10, const std::optional<Seconds>& p90) {
  return p10 && p90 ? forerun::format("P10 to P90 {} to {}", human(*p10), human(*p90)) : std::string();
}

std::string times_text(const Prediction& prediction) {
  std::string out = line("step time", human(*prediction.step_time), interval_text(prediction.step_time_p10, prediction.step_time_p90));
  out += parts_text(prediction);
  if (prediction.comm_total && *prediction.comm_total > Seconds(0))
    out += line("communication in all", human(*prediction.comm_total), "alone, hidden or exposed");
  if (prediction.throughput_samples_per_s)
    out += line("throughput", forerun::format("{:.4g}", *prediction.throughput_samples_per_s), "samples/s");
  if (prediction.throughput_tokens_per_s) out += line("", forerun::format("{:.4g}", *prediction.throughput_tokens_per_s), "tokens/s");
  if (prediction.mfu) out += line("model flops utilization", percent(*prediction.mfu));
  if (prediction.epoch_time) out += line("epoch", human(*prediction.epoch_time));
  if (prediction.first_epoch_time) out += line("  the first", human(*prediction.first_epoch_time));
  if (prediction.checkpoint_write)
    out += line("checkpoint", human(*prediction.checkpoint_write), "alone, " + human(*prediction.checkpoint_bytes));
  return out;
}

std::string run_text(const Prediction& prediction, Market market) {
  if (!prediction.total_time) return "";
  std::string out = line("run", human(*prediction.total_time), interval_text(prediction.total_time_p10, prediction.total_time_p90));
  out += line("  steps", forerun::format("{}", *prediction.steps));
  const auto part = [&](std::string_view name, const std::optional<Seconds>& time) {
    if (time) out += line(name, human(*time), percent(*time / *prediction.total_time));
  };
  part("  start-up", prediction.startup);
  part("  evaluation", prediction.evaluation);
  part("  checkpoints", prediction.checkpoint_stall);
  if (prediction.epochs_to_target) out += line("epochs to the target", forerun::format("{:.4g}", *prediction.epochs_to_target));
  if (prediction.energy) out += line("energy", forerun::format("{:.4g} kWh", prediction.energy->value() / kJoulesPerKilowattHour));
  if (prediction.cost)
    out += line("cost", forerun::format("{:.2f} USD", prediction.cost->value()),
                std::string(market == Market::spot ? "spot" : "on demand") +
                    (prediction.price_date.empty() ? "" : ", prices of " + prediction.price_date));
  return out;
}

/// A name of the document as people write it.
std::string spaced(std::string name) {
  std::ranges::replace(name, '_', ' ');
  return name;
}

std::string resources_text(const Prediction& prediction) {
  std::string out;
  if (prediction.memory_per_device) {
    out += line("memory a device", human(*prediction.memory_per_device));
    for (const auto& [name, bytes] : prediction.memory_parts)
      out += line("  " + spaced(name), human(bytes), percent(bytes / *prediction.memory_per_device));
  }
  if (prediction.comm_bytes_per_rank && *prediction.comm_bytes_per_rank > Bytes(0))
    out += line("sent a rank and step", human(*prediction.comm_bytes_per_rank));
  return out;
}

/// Where the kernel times come from; a trace whose operations have durations takes none.
std::string calibration_text(const Calibration& calibration, const std::string& platform) {
  if (calibration.kernel_models.empty() && !calibration.gpu) return "no calibration";
  const Origin origin = calibration.compute_scale == 1 ? calibration.origin : std::max(calibration.origin, Origin::fitted);
  const std::string fitted = calibration.fit ? fit_text(*calibration.fit, platform) : "";
  return forerun::format("calibration {} ({}{}{})", calibration.name, to_string(origin), fitted.empty() ? "" : "; ", fitted);
}

/// What a step computes with: defaults differ between families of workloads. A trace has none of it.
std::string batch_text(const Scenario& scenario) {
  if (scenario.plan) return "";
  const Workload& workload = scenario.workload;
  return forerun::format(", batch {}, {}{} with {}", workload.batch, to_string(workload.precision),
                         wide_gradients(workload) ? ", gradients fp32," : "", to_string(workload.optimizer));
}

std::string page_text(const Prediction& prediction, const Scenario& scenario, const std::string& strategy) {
  const int ranks = scenario.ranks();
  const int nodes = scenario.platform.nodes;
  std::string out = forerun::format("{} on {}, {}\n", scenario.workload.name, scenario.platform.name,
                                    strategy.empty() ? std::string("as its trace has it") : strategy);
  out += forerun::format("{} rank{}, {} node{}{}; engine {}, {}\n\n", ranks, ranks == 1 ? "" : "s", nodes, nodes == 1 ? "" : "s",
                         batch_text(scenario), prediction.engine, calibration_text(*scenario.calibration, scenario.platform.name));
  if (prediction.status != Status::ok) return out + forerun::format("{}: {}\n", to_string(prediction.status), prediction.reason);
  out += times_text(prediction) + run_text(prediction, scenario.run.market) + resources_text(prediction) + "\nassumptions\n";
  for (const std::string& assumption : prediction.assumptions) out += "  - " + assumption + "\n";
  return out;
}

std::string limits_text(const std::vector<Limit>& limits) {
  std::string out = "\n" + limits_sentence(limits) + "\n";
  if (limits.empty()) return out;
  const auto row = [&](std::string_view name, double elasticity) { out += forerun::format("  {:<30}{:>8.3f} %\n", name, elasticity); };
  out += "each 1 % better, the step is shorter by\n";
  double sum = 0;
  for (const Limit& limit : limits) {
    row(words(limit.rate), limit.elasticity);
    sum += limit.elasticity;
  }
  row("all of them", sum);
  return out;
}

Json limits_json(const std::vector<Limit>& limits) {
  Json out = Json::object();
  for (const Limit& limit : limits) out[to_string(limit.rate)] = limit.elasticity;
  return out;
}

}  // namespace

Page prediction_page(const Prediction& prediction, const ReadScenario& read, const std::optional<std::vector<Limit>>& limits) {
  Prediction shown = prediction;
  shown.assumptions.insert(shown.assumptions.end(), read.warnings.begin(), read.warnings.end());
  const std::string& strategy = read.text.strategy.value;
  Page page;
  page.text = page_text(shown, read.scenario, strategy);
  page.document = prediction_json(shown, read.scenario, strategy);
  if (limits) {
    page.text += limits_text(*limits);
    page.document["limits"] = limits_json(*limits);
  }
  page.rows = one_row(page.document);
  page.document["scenario"] = scenario_json(read.text);
  return page;
}

}  // namespace forerun
