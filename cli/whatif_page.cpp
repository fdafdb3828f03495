#include "cli/whatif_page.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "cli/price_text.hpp"
#include "cli/scenario_text.hpp"
#include "cli/terms.hpp"
#include "costs/whole_run.hpp"
#include "io/format.hpp"
#include "io/prediction_json.hpp"
#include "strategies/strategy_text.hpp"

namespace forerun {
namespace {

std::string usd_text(Dollars cost) { return forerun::format("{:.{}f}", cost.value(), cost.value() < 1 ? 4 : 2); }

template <class T, class Write>
std::string range_text(const Ranged<T>& ranged, Write write) {
  return ranged.p10 && ranged.p90 ? write(*ranged.p10) + " to " + write(*ranged.p90) : std::string();
}

std::string time_text(Seconds time) { return human(time); }

/// `-31 % ±9`: the change, and half the width of its interval.
std::string change_text(const Ranged<double>& ratio) {
  const std::string change = signed_percent(ratio.value - 1);
  if (!ratio.p10 || !ratio.p90 || *ratio.p10 == *ratio.p90) return change;
  return forerun::format("{} ±{:.{}f}", change, 50 * (*ratio.p90 - *ratio.p10), *ratio.p90 - *ratio.p10 < 0.2 ? 1 : 0);
}

std::string machines_text(const WhatIfRow& row) {
  const Platform& platform = row.read.scenario.platform;
  return forerun::format("{} x {}", platform.nodes, platform.name);
}

std::string what_of(Basis basis) {
  switch (basis) {
    case Basis::run: return "of the whole run";
    case Basis::million_samples: return "of a million samples: no run.epochs or run.steps says how long the run is";
    case Basis::step: break;
  }
  return "of one step";
}

std::string heading(const WhatIf& whatif, Basis basis) {
  const WhatIfRow& here = whatif.rows.front();
  const Scenario& scenario = here.read.scenario;
  std::string out = scenario.workload.name;
  if (scenario.workload.batch > 0) out += forerun::format(", batch {}", counted(scenario.workload.batch));
  if (here.prediction.steps) out += forerun::format(", {} steps", counted(*here.prediction.steps));
  out += forerun::format("; times and costs {}; engine {}\n", what_of(basis), to_string(whatif.engine));
  const std::string strategy = scenario.plan ? std::string("as its trace has it") : strategy_text(scenario.strategy);
  return out + forerun::format("you are here: {}, {}, {}\n\n", machines_text(here), market_text(scenario.run.market), strategy);
}

bool priced(const WhatIf& whatif, Basis basis) {
  return std::ranges::any_of(whatif.rows, [&](const WhatIfRow& row) { return cost_of(row, basis).has_value(); });
}

Table rows_table(const WhatIf& whatif, Basis basis, const std::vector<bool>& front) {
  const bool costs = priced(whatif, basis);
  Table table{.header = {"", "what changes", "time", "likely", "against here"}, .rows = {}};
  if (costs) table.header.insert(table.header.end(), {"USD", "likely", "against here"});
  if (whatif.deadline) table.header.push_back("within " + human(*whatif.deadline));
  for (std::size_t i = 0; i < whatif.rows.size(); ++i) {
    const WhatIfRow& row = whatif.rows[i];
    const Ranged<Seconds> time = time_of(row, basis);
    std::vector<std::string> cells{front[i] ? "*" : "", i == 0 ? "(here)" : row.label, human(time.value), range_text(time, time_text),
                                   i == 0 ? "" : change_text(time_ratio(row, whatif.rows.front(), basis))};
    if (costs) {
      const auto cost = cost_of(row, basis);
      const auto ratio = cost_ratio(row, whatif.rows.front(), basis);
      cells.push_back(cost ? usd_text(cost->value) : "no price");
      cells.push_back(cost ? range_text(*cost, usd_text) : "");
      cells.push_back(i > 0 && ratio ? change_text(*ratio) : "");
    }
    if (whatif.deadline) cells.emplace_back(to_string(keeps(time, *whatif.deadline)));
    table.rows.push_back(std::move(cells));
  }
  return table;
}

/// Those of all rows, then what only some rest on that others do not: prices and scaled calibrations.
std::vector<std::string> assumptions_of(const WhatIf& whatif, const std::string& today) {
  std::vector<std::string> list;
  const auto add = [&](std::string line) {
    if (!line.empty() && std::ranges::find(list, line) == list.end()) list.push_back(std::move(line));
  };
  for (const WhatIfRow& row : whatif.rows) add(price_text(row.read.scenario.platform, row.read.scenario.run.market, today));
  if (std::ranges::any_of(whatif.rows, [](const WhatIfRow& row) { return row.read.scenario.run.market == Market::spot; }))
    add(std::string(kSpotPriceAlone));
  for (const WhatIfRow& row : whatif.rows)
    for (const std::string& line : row.prediction.assumptions)
      if (line.starts_with("scaled from")) add(row.read.scenario.platform.name + ": " + line);
  for (const std::string& line : whatif.rows.front().prediction.assumptions) {
    const bool everywhere = std::ranges::all_of(whatif.rows, [&](const WhatIfRow& row) {
      return std::ranges::find(row.prediction.assumptions, line) != row.prediction.assumptions.end();
    });
    if (everywhere) add(line);
  }
  return list;
}

/// What the table's reader should know of single rows.
std::string notes_text(const WhatIf& whatif) {
  std::string out;
  for (const WhatIfRow& row : whatif.rows)
    for (const std::string& line : row.prediction.assumptions)
      if (line.ends_with("devices idle"))
        out +=
            forerun::format("{}: {} (strategy {}; data=all takes them all)\n", row.label, line, strategy_text(row.read.scenario.strategy));
  return out;
}

std::string best_text(const WhatIf& whatif, Basis basis) {
  const auto best = best_within(whatif);
  const std::string_view what = priced(whatif, basis) ? "cheapest" : "fastest";
  if (!best) return forerun::format("none is done within {}\n", human(*whatif.deadline));
  const WhatIfRow& row = whatif.rows[*best];
  const Ranged<Seconds> time = time_of(row, basis);
  const auto cost = cost_of(row, basis);
  std::string out = forerun::format("{}{}: {}, {}{}", what, whatif.deadline ? " within " + human(*whatif.deadline) : std::string(),
                                    *best == 0 ? "where you are" : row.label, human(time.value),
                                    cost ? ", " + usd_text(cost->value) + " USD" : std::string());
  if (whatif.deadline && keeps(time, *whatif.deadline) != Keeps::yes) out += "; none is sure to keep the deadline";
  return out + "\n";
}

std::string page_text(const WhatIf& whatif, const std::string& today) {
  const Basis basis = basis_of(whatif);
  std::string out = heading(whatif, basis) + text_table(rows_table(whatif, basis, front_of(whatif))) + "\n";
  out += priced(whatif, basis) ? "* none is both faster and cheaper.  " : "* none is faster.  ";
  out += "likely: 8 of 10 outcomes (P10 to P90); ± is half as wide as that of the change.\n";
  out += best_text(whatif, basis) + notes_text(whatif);
  if (whatif.rows.size() == 2) {
    const Json here = prediction_json(whatif.rows[0].prediction, whatif.rows[0].read.scenario, "");
    const Json there = prediction_json(whatif.rows[1].prediction, whatif.rows[1].read.scenario, "");
    out += "\n" + text_table(terms_table(terms_of(figures_in(here), figures_in(there)), "here", whatif.rows[1].label));
  }
  if (!whatif.left_out.empty()) out += "\nleft out\n";
  for (const LeftOut& one : whatif.left_out) out += "  - " + one.label + ": " + one.reason + "\n";
  out += "\nassumptions\n";
  for (const std::string& line : assumptions_of(whatif, today)) out += "  - " + line + "\n";
  return out;
}

template <class T>
Json ranged_json(const Ranged<T>& ranged) {
  if constexpr (std::is_same_v<T, double>)
    return {{"value", ranged.value}, {"p10", to_json_value(ranged.p10)}, {"p90", to_json_value(ranged.p90)}};
  else
    return {{"value", ranged.value.value()}, {"p10", to_json_value(ranged.p10)}, {"p90", to_json_value(ranged.p90)}};
}

Json paid_json(const Platform& platform, Market market) {
  if (!platform.price || (market == Market::spot && !platform.price->spot)) return nullptr;
  const Price& price = *platform.price;
  const auto text = [](const std::string& words) { return words.empty() ? Json(nullptr) : Json(words); };
  return {{"market", to_string(market)},
          {"usd_per_node_hour", (market == Market::spot ? *price.spot : price.on_demand).value()},
          {"region", text(price.region)},
          {"date", text(price.date)},
          {"source", text(price.source)}};
}

Json row_json(const WhatIf& whatif, std::size_t index, bool on_front) {
  const Basis basis = basis_of(whatif);
  const WhatIfRow& row = whatif.rows[index];
  const WhatIfRow& here = whatif.rows.front();
  const Scenario& scenario = row.read.scenario;
  const auto cost = cost_of(row, basis);
  const auto ratio = cost_ratio(row, here, basis);
  const std::string strategy = scenario.plan ? std::string() : strategy_text(scenario.strategy);
  Json out{{"label", row.label},
           {"time_s", ranged_json(time_of(row, basis))},
           {"cost_usd", cost ? ranged_json(*cost) : Json(nullptr)},
           {"time_ratio", ranged_json(time_ratio(row, here, basis))},
           {"cost_ratio", ratio ? ranged_json(*ratio) : Json(nullptr)},
           {"pareto", on_front},
           {"keeps_deadline", whatif.deadline ? Json(to_string(keeps(time_of(row, basis), *whatif.deadline))) : Json(nullptr)},
           {"price", paid_json(scenario.platform, scenario.run.market)}};
  out["prediction"] = prediction_json(row.prediction, scenario, strategy);
  out["prediction"]["scenario"] = scenario_json(row.read.text);
  const Json before = prediction_json(here.prediction, here.read.scenario, "");
  if (index > 0) out["terms"] = terms_json(terms_of(figures_in(before), figures_in(out["prediction"])));
  return out;
}

Json whatif_document(const WhatIf& whatif, const std::string& today) {
  constexpr std::array<const char*, 3> kBases = {"run", "million-samples", "step"};
  const std::vector<bool> front = front_of(whatif);
  const auto best = best_within(whatif);
  Json out{{"schema_version", kSchemaVersion},
           {"engine", to_string(whatif.engine)},
           {"of", kBases[static_cast<std::size_t>(basis_of(whatif))]},
           {"deadline_s", to_json_value(whatif.deadline)},
           {"best", best ? Json(whatif.rows[*best].label) : Json(nullptr)},
           {"baseline", row_json(whatif, 0, front[0])}};
  out["variants"] = Json::array();
  for (std::size_t i = 1; i < whatif.rows.size(); ++i) out["variants"].push_back(row_json(whatif, i, front[i]));
  out["left_out"] = Json::array();
  for (const LeftOut& one : whatif.left_out) out["left_out"].push_back({{"label", one.label}, {"reason", one.reason}});
  out["pareto"] = Json::array();
  for (std::size_t i = 0; i < whatif.rows.size(); ++i)
    if (front[i]) out["pareto"].push_back(whatif.rows[i].label);
  out["assumptions"] = assumptions_of(whatif, today);
  return out;
}

/// A row a line: its label, time and cost, the change, and all of the prediction.
Table csv_rows(const Json& document) {
  Table table;
  const auto add = [&](const Json& row) {
    Json flat{{"label", row["label"]}, {"pareto", row["pareto"]}, {"keeps_deadline", row["keeps_deadline"]}};
    for (const char* key : {"time_ratio", "cost_ratio"})
      for (const char* end : {"value", "p10", "p90"})
        flat[std::string(key) + (end == std::string("value") ? "" : "_" + std::string(end))] =
            row[key].is_null() ? Json(nullptr) : row[key][end];
    for (const auto& [key, value] : row["prediction"].items())
      if (!flat.contains(key)) flat[key] = value;
    Table one = one_row(flat);
    table.header = one.header;
    table.rows.push_back(std::move(one.rows.front()));
  };
  add(document["baseline"]);
  for (const Json& row : document["variants"]) add(row);
  return table;
}

}  // namespace

Page whatif_page(const WhatIf& whatif, const std::string& today) {
  Page page;
  page.document = whatif_document(whatif, today);
  page.rows = csv_rows(page.document);
  page.text = page_text(whatif, today);
  return page;
}

}  // namespace forerun
