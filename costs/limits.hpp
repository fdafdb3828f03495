#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/predictor.hpp"
#include "core/scenario.hpp"

/// What limits a step: how much shorter it gets where one thing gets faster.
namespace forerun {

/// What a step's time depends on, one figure or one family of figures each.
enum class Rate {
  products,           ///< matrix products; of a CPU core all arithmetic
  vector_arithmetic,  ///< what a GPU calculates outside products
  memory_bandwidth,
  kernel_start,  ///< start and end of each kernel on its device; on a CPU the call
  host_issue,    ///< the host's time to issue a kernel
  intra_node_bandwidth,
  intra_node_latency,
  inter_node_bandwidth,
  inter_node_latency,
  input,                ///< how fast samples are loaded
  host_link,            ///< of a device to its node's memory
  library_latency,      ///< of the communication library, where it has its own beside the links': its messages and its launch
  library_protocols,    ///< the most that its protocols carry
  measured_collectives  ///< transfers inside a node that were measured as a whole
};
/// The name in a document: `memory_bandwidth`.
std::string_view to_string(Rate rate);
/// As people say it: `device memory's bandwidth`.
std::string_view words(Rate rate);

/// The scenario with one of its rates `factor` times as good: bandwidths and speeds times it, latencies over it. Empty where the scenario
/// has nothing of that kind: no link between the nodes of one, no host of a CPU.
std::optional<Scenario> with_better(const Scenario& scenario, Rate rate, double factor);

/// The elasticity of a step's time T to a rate r that is better by g = 1 %: ln(T(r) / T(r (1 + g))) / ln(1 + g), a finite difference.
/// 0.6: the rate 1 % better makes the step 0.6 % shorter.
struct Limit {
  Rate rate = Rate::products;
  double elasticity = 0;

  friend bool operator==(const Limit&, const Limit&) = default;
};

/// The elasticities to all rates that the scenario has, largest first; those that do not count (under 0.0005) are left out.
/// A time is homogeneous in all rates together: the elasticities add up to 1 where each step of 1 % leaves every choice and every maximum
/// as it is, and where nothing takes a time that was given (a trace's durations). Of what is hidden behind the longest path none counts.
/// `step` is that of the scenario itself.
std::vector<Limit> step_limits(const Scenario& scenario, Seconds step, const Predictor& predict);

/// One sentence: by what a step is limited, the largest first, down to a twentieth.
std::string limits_sentence(const std::vector<Limit>& limits);

}  // namespace forerun
