#include "cli/strategies_page.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "io/format.hpp"
#include "io/prediction_json.hpp"
#include "strategies/strategy_text.hpp"

namespace forerun {
namespace {

constexpr std::size_t kParetoShown = 8;

/// 671,916
std::string counted(std::int64_t count) {
  std::string digits = std::to_string(count);
  for (auto place = static_cast<std::ptrdiff_t>(digits.size()) - 3; place > 0; place -= 3)
    digits.insert(static_cast<std::size_t>(place), ",");
  return digits;
}

struct NamedPart {
  std::string_view name;
  Seconds Parts::*part;
};
constexpr std::array kParts{NamedPart{"compute", &Parts::compute}, NamedPart{"exposed communication", &Parts::comm_exposed},
                            NamedPart{"bubble", &Parts::bubble}, NamedPart{"exposed input", &Parts::input_exposed},
                            NamedPart{"overhead", &Parts::overhead}};

/// Where the difference of two steps lies, the largest first; empty where there is none.
std::string step_difference(const Prediction& best, const Prediction& second) {
  const Seconds whole = *second.step_time - *best.step_time;
  if (whole.value() < 1e-6 * best.step_time->value()) return "";
  std::vector<std::pair<Seconds, std::string_view>> differences;
  for (const NamedPart& named : kParts) differences.emplace_back((*second.parts).*named.part - (*best.parts).*named.part, named.name);
  std::ranges::sort(differences, [](const auto& a, const auto& b) { return std::abs(a.first.value()) > std::abs(b.first.value()); });
  std::string out = forerun::format("1 beats 2 by {} ({}):", human(whole), percent(whole / *best.step_time));
  bool more = false;
  for (const auto& [saved, name] : differences) {
    if (std::abs(saved.value()) < 0.01 * std::abs(whole.value()) || saved == Seconds(0)) continue;
    out += forerun::format("{} {} {} {}", more ? "," : "", human(saved > Seconds(0) ? saved : Seconds(0) - saved),
                           saved > Seconds(0) ? "less" : "more", name);
    more = true;
  }
  return out + "\n";
}

/// Why the first is first.
std::string difference(const Prediction& best, const Prediction& second, oracle::Objective objective) {
  const Bytes more = *second.memory_per_device - *best.memory_per_device;
  const std::string in_memory = forerun::format("1 beats 2 by {} of memory ({})\n", human(more), percent(more / *best.memory_per_device));
  const bool less_memory = more.value() > 1e-6 * best.memory_per_device->value();
  if (objective == oracle::Objective::memory && less_memory) return in_memory;
  std::string in_time = step_difference(best, second);
  if (!in_time.empty()) return in_time;
  return less_memory ? in_memory : "1 and 2 come to the same\n";
}

Table ranking(const RankedStrategies& ranked) {
  Table table;
  table.header = {"", "step", "compute", "communication", "bubble", "memory"};
  const bool utilization = !ranked.predictions.empty() && ranked.predictions.front().mfu;
  const bool cost = !ranked.predictions.empty() && ranked.predictions.front().cost;
  if (utilization) table.header.emplace_back("MFU");
  if (cost) table.header.emplace_back("USD");
  if (!ranked.confirmed.empty()) table.header.emplace_back("simulated");
  table.header.emplace_back("strategy");
  for (std::size_t i = 0; i < ranked.predictions.size(); ++i) {
    const Prediction& prediction = ranked.predictions[i];
    std::vector<std::string> row{std::to_string(i + 1),
                                 human(*prediction.step_time),
                                 human(prediction.parts->compute),
                                 human(prediction.parts->comm_exposed),
                                 human(prediction.parts->bubble),
                                 human(*prediction.memory_per_device)};
    if (utilization) row.push_back(percent(*prediction.mfu));
    if (cost) row.push_back(forerun::format("{:.2f}", prediction.cost->value()));
    if (!ranked.confirmed.empty()) {
      const Prediction& simulated = ranked.confirmed[i];
      row.push_back(simulated.step_time ? human(*simulated.step_time) : std::string(to_string(simulated.status)));
    }
    row.push_back(strategy_text(ranked.found.best[i].strategy));
    table.rows.push_back(std::move(row));
  }
  return table;
}

std::string front_text(const std::vector<oracle::Found>& front) {
  Table table;
  table.header = {"step", "memory", "strategy"};
  const std::size_t shown = std::min(front.size(), kParetoShown);
  // Both ends, and evenly between them.
  for (std::size_t i = 0; i < shown; ++i) {
    const oracle::Found& found = front[shown == 1 ? 0 : i * (front.size() - 1) / (shown - 1)];
    table.rows.push_back({human(Seconds(found.step_s)), human(Bytes(found.memory_bytes)), strategy_text(found.strategy)});
  }
  return forerun::format("\nfastest for its memory ({} of {} on the front)\n", shown, front.size()) + text_table(table);
}

std::string refusals_text(const std::vector<oracle::Refusal>& refusals) {
  if (refusals.empty()) return "";
  std::string out = "\nwhat cannot be, with an example (of memory the nearest)\n";
  for (const oracle::Refusal& refusal : refusals)
    out += forerun::format("  {:>10}  {}: {}\n", counted(refusal.count), strategy_text(refusal.example), refusal.reason);
  return out;
}

std::string page_text(const RankedStrategies& ranked, const ReadScenario& read) {
  const Scenario& scenario = read.scenario;
  const oracle::SearchResult& found = ranked.found;
  const int devices = scenario.platform.devices();
  std::string out = forerun::format("{} on {}, {} device{}, batch {}; calibration {} ({})\n", scenario.workload.name,
                                    scenario.platform.name, counted(devices), devices == 1 ? "" : "s", counted(scenario.workload.batch),
                                    scenario.calibration->name, to_string(scenario.calibration->origin));
  out += forerun::format("{} strategies looked at, {} fit, {} priced to the end\n\n", counted(found.evaluated), counted(found.feasible),
                         counted(found.priced));
  if (found.evaluated == 0)
    return out + forerun::format("infeasible: no product of what is pinned uses all {} devices\n", counted(devices));
  if (found.best.empty()) return out + "infeasible: no strategy fits\n" + refusals_text(found.refusals);
  out += text_table(ranking(ranked));
  if (ranked.predictions.size() > 1) out += "\n" + difference(ranked.predictions[0], ranked.predictions[1], ranked.objective);
  return out + front_text(found.pareto) + refusals_text(found.refusals);
}

Json found_json(const oracle::Found& found) {
  return {{"strategy", strategy_text(found.strategy)}, {"step_time_s", found.step_s}, {"memory_per_device_bytes", found.memory_bytes}};
}

Json document(const RankedStrategies& ranked, const ReadScenario& read) {
  const oracle::SearchResult& found = ranked.found;
  Json out{{"schema_version", kSchemaVersion}, {"evaluated", found.evaluated}, {"feasible", found.feasible}, {"priced", found.priced}};
  out["strategies"] = Json::array();
  for (std::size_t i = 0; i < ranked.predictions.size(); ++i) {
    Scenario scenario = read.scenario;
    scenario.strategy = found.best[i].strategy;
    Json entry = prediction_json(ranked.predictions[i], scenario, strategy_text(scenario.strategy));
    if (!ranked.confirmed.empty()) entry["confirmed_step_time_s"] = to_json_value(ranked.confirmed[i].step_time);
    out["strategies"].push_back(std::move(entry));
  }
  out["pareto"] = Json::array();
  for (const oracle::Found& one : found.pareto) out["pareto"].push_back(found_json(one));
  out["infeasible"] = Json::array();
  for (const oracle::Refusal& refusal : found.refusals)
    out["infeasible"].push_back({{"obstacle", to_string(refusal.obstacle)},
                                 {"count", refusal.count},
                                 {"example", strategy_text(refusal.example)},
                                 {"reason", refusal.reason}});
  out["scenario"] = scenario_json(read.text);
  return out;
}

}  // namespace

Page strategies_page(const RankedStrategies& ranked, const ReadScenario& read) {
  Page page;
  page.text = page_text(ranked, read);
  page.document = document(ranked, read);
  for (const Json& entry : page.document["strategies"]) {
    Table row = one_row(entry);
    page.rows.header = row.header;
    page.rows.rows.push_back(std::move(row.rows.front()));
  }
  return page;
}

}  // namespace forerun
