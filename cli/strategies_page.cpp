#include "cli/strategies_page.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "cli/target_page.hpp"
#include "io/format.hpp"
#include "io/prediction_json.hpp"
#include "strategies/strategy_text.hpp"

namespace forerun {
namespace {

constexpr std::size_t kParetoShown = 8;

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

/// Where the first two have different batches: the steps, and what each takes.
std::string run_difference(const Prediction& best, const Prediction& second) {
  const Seconds saved = *second.total_time - *best.total_time;
  return forerun::format("1 beats 2 by {} ({}): {} steps of {} in the place of {} of {}\n", human(saved), percent(saved / *best.total_time),
                         counted(*best.steps), human(*best.step_time), counted(*second.steps), human(*second.step_time));
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
  const Prediction& first = ranked.best.front().prediction;
  const bool batches = ranked.compares_batches(), simulated = ranked.best.front().confirmed.has_value();
  table.header = {"", "step", "compute", "communication", "bubble", "memory"};
  if (batches) table.header.insert(table.header.begin() + 1, {"to target", "batch"});
  if (first.mfu) table.header.emplace_back("MFU");
  if (first.cost) table.header.emplace_back("USD");
  if (simulated) table.header.emplace_back("simulated");
  table.header.emplace_back("strategy");
  for (const RankedStrategy& one : ranked.best) {
    const Prediction& prediction = one.prediction;
    std::vector<std::string> row{std::to_string(table.rows.size() + 1)};
    if (batches) row.insert(row.end(), {human(*prediction.total_time), counted(ranked.scenario(one).workload.batch)});
    row.insert(row.end(), {human(*prediction.step_time), human(prediction.parts->compute), human(prediction.parts->comm_exposed),
                           human(prediction.parts->bubble), human(*prediction.memory_per_device)});
    if (first.mfu) row.push_back(percent(*prediction.mfu));
    if (first.cost) row.push_back(forerun::format("{:.2f}", prediction.cost->value()));
    if (simulated)
      row.push_back(one.confirmed->step_time ? human(*one.confirmed->step_time) : std::string(to_string(one.confirmed->status)));
    row.push_back(strategy_text(one.found.strategy));
    table.rows.push_back(std::move(row));
  }
  return table;
}

std::string front_text(const RankedStrategies& ranked) {
  const std::vector<RankedStrategy>& front = ranked.pareto;
  const bool batches = ranked.compares_batches();
  Table table;
  table.header = {"step", "memory", "strategy"};
  if (batches) table.header.insert(table.header.begin(), {"to target", "batch"});
  const std::size_t shown = std::min(front.size(), kParetoShown);
  // Both ends, and evenly between them.
  for (std::size_t i = 0; i < shown; ++i) {
    const RankedStrategy& one = front[shown == 1 ? 0 : i * (front.size() - 1) / (shown - 1)];
    const BatchSearch& search = ranked.searches[one.search];
    const Seconds step(one.found.step_s);
    std::vector<std::string> row{human(step), human(Bytes(one.found.memory_bytes)), strategy_text(one.found.strategy)};
    if (batches) row.insert(row.begin(), {human(*one.run), counted(search.batch())});
    table.rows.push_back(std::move(row));
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

/// Over all searches.
std::int64_t sum_of(const RankedStrategies& ranked, std::int64_t oracle::SearchResult::*count) {
  std::int64_t sum = 0;
  for (const BatchSearch& search : ranked.searches) sum += search.found.*count;
  return sum;
}

std::string batches_text(const RankedStrategies& ranked) {
  const std::string first = counted(ranked.searches.front().batch());
  return ranked.compares_batches() ? forerun::format("batches {} to {}", first, counted(ranked.searches.back().batch())) : "batch " + first;
}

std::string reason_text(const RankedStrategies& ranked) {
  const Prediction& first = ranked.best[0].prediction;
  const Prediction& second = ranked.best[1].prediction;
  const bool other_batch = ranked.best[0].search != ranked.best[1].search && ranked.objective == oracle::Objective::time;
  return other_batch ? run_difference(first, second) : difference(first, second, ranked.objective);
}

/// Why there was nothing to look at.
std::string why_none(const RankedStrategies& ranked, int devices) {
  for (const BatchSearch& search : ranked.searches)
    if (!search.found.why_none.empty()) return search.found.why_none;
  return forerun::format("no product of what is pinned uses all {} devices", counted(devices));
}

std::string page_text(const RankedStrategies& ranked) {
  const Scenario& scenario = ranked.searches.front().read.scenario;
  const int devices = scenario.platform.devices();
  std::string out =
      forerun::format("{} on {}, {} device{}, {}; calibration {} ({})\n", scenario.workload.name, scenario.platform.name, counted(devices),
                      devices == 1 ? "" : "s", batches_text(ranked), scenario.calibration->name, to_string(scenario.calibration->origin));
  const std::int64_t evaluated = sum_of(ranked, &oracle::SearchResult::evaluated);
  out += forerun::format("{} strategies looked at, {} fit, {} priced to the end\n\n", counted(evaluated),
                         counted(sum_of(ranked, &oracle::SearchResult::feasible)), counted(sum_of(ranked, &oracle::SearchResult::priced)));
  if (evaluated == 0) return out + "infeasible: " + why_none(ranked, devices) + "\n";
  if (ranked.best.empty()) return out + "infeasible: no strategy fits\n" + refusals_text(refusals_of(ranked));
  out += target_text(ranked) + text_table(ranking(ranked));
  if (ranked.best.size() > 1) out += "\n" + reason_text(ranked);
  return out + front_text(ranked) + refusals_text(refusals_of(ranked));
}

Json found_json(const RankedStrategies& ranked, const RankedStrategy& one) {
  const BatchSearch& search = ranked.searches[one.search];
  return {{"strategy", strategy_text(one.found.strategy)},
          {"step_time_s", one.found.step_s},
          {"memory_per_device_bytes", one.found.memory_bytes},
          {"global_batch", search.batch()},
          {"total_time_s", to_json_value(one.run)}};
}

Json document(const RankedStrategies& ranked) {
  Json out{{"schema_version", kSchemaVersion},
           {"evaluated", sum_of(ranked, &oracle::SearchResult::evaluated)},
           {"feasible", sum_of(ranked, &oracle::SearchResult::feasible)},
           {"priced", sum_of(ranked, &oracle::SearchResult::priced)}};
  out["strategies"] = Json::array();
  for (const RankedStrategy& one : ranked.best) {
    Scenario scenario = ranked.scenario(one);
    scenario.strategy = one.found.strategy;
    Json entry = prediction_json(one.prediction, scenario, strategy_text(scenario.strategy));
    if (one.confirmed) entry["confirmed_step_time_s"] = to_json_value(one.confirmed->step_time);
    out["strategies"].push_back(std::move(entry));
  }
  out["pareto"] = Json::array();
  for (const RankedStrategy& one : ranked.pareto) out["pareto"].push_back(found_json(ranked, one));
  out["infeasible"] = Json::array();
  for (const oracle::Refusal& refusal : refusals_of(ranked))
    out["infeasible"].push_back({{"obstacle", to_string(refusal.obstacle)},
                                 {"count", refusal.count},
                                 {"example", strategy_text(refusal.example)},
                                 {"reason", refusal.reason}});
  out["target"] = target_json(ranked);
  out["batches"] = batches_json(ranked);
  // Of several batches that of the best.
  const std::size_t best = ranked.best.empty() ? 0 : ranked.best.front().search;
  out["scenario"] = scenario_json(ranked.searches[best].read.text);
  return out;
}

}  // namespace

Page strategies_page(const RankedStrategies& ranked) {
  Page page;
  page.text = page_text(ranked);
  page.document = document(ranked);
  for (const Json& entry : page.document["strategies"]) {
    Table row = one_row(entry);
    page.rows.header = row.header;
    page.rows.rows.push_back(std::move(row.rows.front()));
  }
  return page;
}

}  // namespace forerun
