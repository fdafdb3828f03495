#include "costs/link_causes.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <utility>

#include "core/normal.hpp"
#include "core/quantile.hpp"

namespace forerun {
namespace {

/// Where collectives get their share of a link, and the cause that stands for it while nothing was fitted.
struct LinkShare {
  std::string_view property;
  std::string_view cause;
  double Platform::*share;
  Link Platform::*link;
};
constexpr LinkShare kInside{"intra-node-share", "intra-node-bandwidth", &Platform::intra_node_share, &Platform::intra_node};
constexpr LinkShare kBetween{"link-share", "link-bandwidth", &Platform::inter_node_share, &Platform::inter_node};

struct MessageTime {
  std::string_view property;
  Seconds& (*of)(Platform&);
};
constexpr std::array<MessageTime, 3> kMessageTimes{
    {{"intra-node-latency", [](Platform& platform) -> Seconds& { return platform.intra_node.latency; }},
     {"link-latency", [](Platform& platform) -> Seconds& { return platform.inter_node.latency; }},
     {"collective-overhead", [](Platform& platform) -> Seconds& { return platform.collective_overhead; }}}};

/// Of what ranks do together. Halves of round trips have spreads of their own, which a step does not meet.
double spread_of_collectives(const Calibration& calibration) {
  std::vector<double> spreads;
  for (const CollectiveSample& sample : calibration.collectives)
    if (sample.operation != "ping-pong" && sample.p10 > Seconds(0))
      spreads.push_back(log_deviation(sample.p10.value(), sample.p90.value()));
  std::ranges::sort(spreads);
  return spreads.empty() ? 0 : quantile(spreads, 0.5);
}

/// A cause without a spread is none.
template <class Change>
void add(std::vector<Cause>& list, std::string_view name, double spread, Change change) {
  if (spread == 0) return;
  list.push_back({std::string(name), [spread, change](Sample& sample, double z) { change(sample, std::exp(spread * z)); }});
}

/// The deviation of a property of the platform that the calibration was fitted on.
std::optional<double> fitted_here(const Scenario& scenario, std::string_view property, double value) {
  const Calibration& calibration = *scenario.calibration;
  if (!calibration.fit || calibration.fit->platform != scenario.platform.name) return std::nullopt;
  return fitted_deviation(calibration, property, value);
}

void add_share(const Scenario& scenario, const LinkShare& link, double spread, std::vector<Cause>& list) {
  if (const auto fitted = fitted_here(scenario, link.property, scenario.platform.*link.share))
    add(list, link.property, *fitted,
        [share = link.share](Sample& sample, double factor) { sample.platform.*share = std::min(1.0, factor * sample.platform.*share); });
  else
    add(list, link.cause, fitted_here(scenario, link.cause, (scenario.platform.*link.link).bandwidth.value()).value_or(spread),
        [moved = link.link](Sample& sample, double factor) { (sample.platform.*moved).bandwidth *= factor; });
}

void add_messages(const Scenario& scenario, double spread, std::vector<Cause>& list) {
  std::vector<MessageTime> together;
  Platform platform = scenario.platform;
  for (const MessageTime& time : kMessageTimes) {
    const auto fitted = fitted_here(scenario, time.property, time.of(platform).value());
    if (fitted)
      add(list, time.property, *fitted, [of = time.of](Sample& sample, double factor) { of(sample.platform) *= factor; });
    else
      together.push_back(time);
  }
  add(list, "messages", together.empty() ? 0 : spread, [together](Sample& sample, double factor) {
    for (const MessageTime& time : together) time.of(sample.platform) *= factor;
  });
}

}  // namespace

std::optional<double> fitted_deviation(const Calibration& calibration, std::string_view property, double value) {
  constexpr double kSame = 1e-9;  // files and settings keep the value as text
  if (!calibration.fit) return std::nullopt;
  const auto& properties = calibration.fit->properties;
  const auto found = std::ranges::find(properties, property, &FittedProperty::name);
  if (found == properties.end() || found->standing == Standing::kept || std::abs(value / found->value - 1) > kSame) return std::nullopt;
  return log_deviation(found->p10, found->p90);
}

void add_link_causes(const Scenario& scenario, const Spreads& spreads, std::vector<Cause>& list) {
  if (scenario.ranks() < 2) return;
  const Platform& platform = scenario.platform;
  const bool inside = platform.devices_per_node > 1;
  const bool described = platform.intra_node.bandwidth > BytesPerSecond(0);
  const bool between = platform.nodes > 1;
  if (inside && described) add_share(scenario, kInside, spreads.intra_bandwidth, list);
  if (between) add_share(scenario, kBetween, spreads.inter_bandwidth, list);
  if (between || described) add_messages(scenario, spreads.messages, list);
  if ((between || described) && platform.library == CollectiveLibrary::nccl)
    add(list, "protocols", spreads.protocols, [](Sample& sample, double factor) { sample.platform.library_speed.protocols *= factor; });
  if (inside && !described)
    add(list, "collectives", spread_of_collectives(*scenario.calibration), [](Sample& sample, double factor) {
      for (CollectiveTimeModel& model : sample.calibration.all_reduce_models)
        for (double& logarithm : model.log_seconds) logarithm += std::log(factor);
      for (CollectiveSample& measured : sample.calibration.collectives) measured.median *= factor;
    });
}

}  // namespace forerun
