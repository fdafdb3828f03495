#pragma once

#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "core/infeasible.hpp"
#include "core/plan.hpp"
#include "core/scenario.hpp"
#include "strategies/layout.hpp"

namespace forerun {

/// When a rank exchanges something for a layer: beside its passes, or where the gradient of what it reads is whole.
enum class Moment { before_forward, after_forward, before_backward, before_backward_weights, after_backward_data };

/// With whom of an axis: with all its ranks, or along a spatial grid.
enum class Toward { all, down, up, right, left };

/// A collective that an axis needs for a layer. Filter, channel and spatial lie where the tensor axis lies, and go by its name here.
struct Exchange {
  Moment moment = Moment::after_forward;
  Collective::Operation operation = Collective::Operation::all_reduce;
  Axis axis = Axis::tensor;
  Bytes per_sample;  ///< the buffer, as Collective::bytes counts it
  Toward toward = Toward::all;

  friend bool operator==(const Exchange&, const Exchange&) = default;
};

/// What gathers leave on a rank of one sample, beyond what the layers' local shapes say.
struct Gathered {
  Bytes activations;
  Bytes gradients;
};

/// The network as one rank has it: layers with their local shapes, and what they exchange. Axes that split layers turn one local model
/// into another; formulas of flops, bytes and memory hold for its workload as for any.
struct LocalModel {
  const Workload* whole = nullptr;               ///< the scenario's, which outlives the model
  std::optional<Workload> part;                  ///< where it is not the whole one
  std::int64_t samples = 1;                      ///< of a micro-batch
  std::vector<std::vector<Exchange>> exchanges;  ///< of each layer; empty: none exchanges anything
  std::vector<int> origins;                      ///< of each layer, the scenario's; empty: the same
  std::vector<int> spread;                       ///< layers whose weights lie over the expert axis, in order
  Gathered gathered;

  [[nodiscard]] const Workload& workload() const { return part ? *part : *whole; }
  void exchange(std::size_t layer, Moment moment, Collective::Operation operation, Bytes per_sample, Toward toward = Toward::all) {
    exchanges[layer].push_back({moment, operation, Axis::tensor, per_sample, toward});
  }
};

/// What one rank has of the scenario's network: split over the axes that split layers, projections fused where the runtime does.
/// Infeasible where the network cannot be split so.
std::variant<LocalModel, Infeasible> local_model(const Scenario& scenario, const Layout& layout);

}  // namespace forerun
