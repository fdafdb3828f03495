#include "cli/terms.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "io/format.hpp"

namespace forerun {
namespace {

enum class Unit { seconds, bytes, dollars, joules, number, share };

struct NamedFigure {
  std::string_view key;
  std::string_view words;  ///< parts of the one before stand in by two spaces
  Unit unit = Unit::seconds;
};

constexpr std::array kNamedFigures{NamedFigure{"step_time_s", "step"},
                                   NamedFigure{"compute_s", "  compute"},
                                   NamedFigure{"comm_exposed_s", "  communication exposed"},
                                   NamedFigure{"bubble_s", "  bubble"},
                                   NamedFigure{"input_exposed_s", "  input exposed"},
                                   NamedFigure{"overhead_s", "  overhead"},
                                   NamedFigure{"comm_total_s", "communication in all"},
                                   NamedFigure{"epoch_time_s", "epoch"},
                                   NamedFigure{"total_time_s", "run"},
                                   NamedFigure{"startup_s", "  start-up"},
                                   NamedFigure{"evaluation_s", "  evaluation"},
                                   NamedFigure{"checkpoint_stall_s", "  checkpoints"},
                                   NamedFigure{"lost_s", "  lost"},
                                   NamedFigure{"detection_s", "  detection"},
                                   NamedFigure{"restart_s", "  restart"},
                                   NamedFigure{"queue_s", "  queue"},
                                   NamedFigure{"degraded_s", "  degraded"},
                                   NamedFigure{"throughput_samples_per_s", "samples a second", Unit::number},
                                   NamedFigure{"mfu", "model flops utilization", Unit::share},
                                   NamedFigure{"memory_per_device_bytes", "memory a device", Unit::bytes},
                                   NamedFigure{"comm_bytes_per_rank", "sent a rank and step", Unit::bytes},
                                   NamedFigure{"energy_j", "energy", Unit::joules},
                                   NamedFigure{"cost_usd", "cost", Unit::dollars}};

constexpr double kJoulesPerKilowattHour = 3.6e6;

std::string written(double value, Unit unit) {
  switch (unit) {
    case Unit::seconds: return human(Seconds(value));
    case Unit::bytes: return human(Bytes(value));
    case Unit::dollars: return format("{:.2f} USD", value);
    case Unit::joules: return format("{:.4g} kWh", value / kJoulesPerKilowattHour);
    case Unit::share: return percent(value);
    case Unit::number: break;
  }
  return format("{:.4g}", value);
}

const NamedFigure& named_figure(const Term& term) {
  return *std::ranges::find(kNamedFigures, std::string_view(term.name), &NamedFigure::key);
}

std::string difference(const Term& term, Unit unit) {
  const double change = *term.after - *term.before;
  return (change < 0 ? "-" : "+") + written(std::abs(change), unit);
}

}  // namespace

std::vector<Term> terms_of(const Figure& before, const Figure& after) {
  std::vector<Term> terms;
  for (const NamedFigure& quantity : kNamedFigures) {
    Term term{std::string(quantity.key), before(quantity.key), after(quantity.key)};
    if (term.before.value_or(0) == 0 && term.after.value_or(0) == 0) continue;
    terms.push_back(std::move(term));
  }
  return terms;
}

Figure figures_in(const Json& prediction) {
  return [&prediction](std::string_view key) -> std::optional<double> {
    const auto found = prediction.find(std::string(key));
    return found != prediction.end() && found->is_number() ? std::optional(found->get<double>()) : std::nullopt;
  };
}

Table terms_table(const std::vector<Term>& terms, const std::string& before, const std::string& after) {
  Table table{.header = {"", before, after, "difference", ""}, .rows = {}};
  for (const Term& term : terms) {
    const NamedFigure& quantity = named_figure(term);
    const auto value = [&](const std::optional<double>& number) { return number ? written(*number, quantity.unit) : std::string("-"); };
    const bool both = term.before && term.after;
    const bool relative = both && *term.before != 0;
    table.rows.push_back({std::string(quantity.words), value(term.before), value(term.after), both ? difference(term, quantity.unit) : "",
                          relative ? signed_percent(*term.after / *term.before - 1) : ""});
  }
  return table;
}

Json terms_json(const std::vector<Term>& terms) {
  Json out = Json::object();
  for (const Term& term : terms) {
    const bool both = term.before && term.after;
    out[term.name] = {{"before", to_json_value(term.before)},
                      {"after", to_json_value(term.after)},
                      {"difference", both ? Json(*term.after - *term.before) : Json(nullptr)},
                      {"ratio", both && *term.before != 0 ? Json(*term.after / *term.before) : Json(nullptr)}};
  }
  return out;
}

}  // namespace forerun
