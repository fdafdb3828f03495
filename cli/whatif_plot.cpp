#include "cli/time_unit.hpp"
#include "cli/whatif_page.hpp"
#include "io/format.hpp"
#include "report/scatter.hpp"

namespace forerun {
namespace {

template <class T>
std::optional<report::Point::Range> range_of(const Ranged<T>& ranged, double unit) {
  if (!ranged.p10 || !ranged.p90) return std::nullopt;
  return report::Point::Range{ranged.p10->value() / unit, ranged.p90->value() / unit};
}

std::string axis_of(Basis basis) {
  return basis == Basis::run ? "of the run" : basis == Basis::million_samples ? "of a million samples" : "of a step";
}

}  // namespace

std::string whatif_plot(const WhatIf& whatif) {
  const Basis basis = basis_of(whatif);
  const std::vector<bool> front = front_of(whatif);
  double longest_s = 0;
  for (const WhatIfRow& row : whatif.rows) longest_s = std::max(longest_s, time_of(row, basis).value.value());
  const TimeUnit unit = unit_of(longest_s);
  const Workload& workload = whatif.rows.front().read.scenario.workload;
  report::Scatter scatter{.title = workload.name + ": time against cost",
                          .x_title = format("time {}, {}", axis_of(basis), unit.name),
                          .y_title = format("cost {}, USD", axis_of(basis)),
                          .here = "you are here",
                          .front = "green: none is both faster and cheaper"};
  for (std::size_t i = 0; i < whatif.rows.size(); ++i) {
    const WhatIfRow& row = whatif.rows[i];
    const Ranged<Seconds> time = time_of(row, basis);
    const auto cost = cost_of(row, basis);
    if (!cost) continue;
    scatter.points.push_back({.x = time.value.value() / unit.seconds,
                              .y = cost->value.value(),
                              .x_range = range_of(time, unit.seconds),
                              .y_range = range_of(*cost, 1),
                              .label = format("{}: {}, {:.2f} USD", row.label, human(time.value), cost->value.value()),
                              .front = front[i],
                              .here = i == 0});
  }
  if (whatif.deadline) {
    scatter.x_limit = whatif.deadline->value() / unit.seconds;
    scatter.limit = "deadline";
  }
  return scatter.points.empty() ? std::string() : report::scatter_svg(scatter);
}

}  // namespace forerun
