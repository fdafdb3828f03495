#pragma once

#include <limits>
#include <span>
#include <variant>
#include <vector>

#include "core/infeasible.hpp"
#include "core/units.hpp"
#include "core/workload.hpp"

namespace forerun {

/// What a layer brings to the pipeline stage that it lies on.
struct LayerLoad {
  Seconds time;    ///< forward and backward of one micro-batch
  Bytes resident;  ///< weights, gradients and optimizer state; a tied weight where it is its own and where it is shared
  Bytes saved;     ///< activations of one micro-batch that wait for the backward pass
};

/// What stages may be.
struct StageLimits {
  int stages = 1;
  Bytes memory = Bytes(std::numeric_limits<double>::infinity());  ///< of the device of each stage
  std::vector<int> in_flight;  ///< micro-batches whose activations each stage holds at once, p - s for stage s of p under 1F1B; empty: one
};

/// A network in contiguous stages.
struct StageCut {
  std::vector<int> first;       ///< the layer that each stage begins with
  std::vector<Seconds> times;   ///< of each stage, for one micro-batch
  std::vector<Bytes> memory;    ///< of each stage
  std::vector<Bytes> crossing;  ///< out of each stage but the last, of one sample: crossing_bytes()

  [[nodiscard]] Seconds slowest() const;
};

/// Cuts the layers, in their order, into as many stages as asked for, none of them empty:
///   minimise max over s of T_s,  T_s = sum of the times of stage s's layers,
///   subject to  sum of resident + in_flight_s x sum of saved <= memory  for each s;
/// and of the cuts that are as fast one with the fewest bytes crossing. Exact, by dynamic programming over stages and prefixes
/// [as Narayanan et al. 2019, "PipeDream", sec. 3.1]: at most stages x layers^2 steps. Loads are finite and not negative.
/// Neglects the time of transfers between stages, and cuts that do not follow the order of the layers.
/// Infeasible: more stages than layers, or no cut within the memory; the reason says how much the best one takes.
std::variant<StageCut, Infeasible> cut_stages(const Workload& workload, std::span<const LayerLoad> loads, const StageLimits& limits);

/// For each layer, the activations of one sample that live across the boundary before it: outputs of earlier layers which it or a later
/// one reads, each counted once, among them those that skip layers (residual connections). Zero before the first layer.
/// As many bytes of their gradients cross backward. The sample itself does not count: every stage reads it from its data set.
std::vector<Bytes> crossing_bytes(const Workload& workload);

}  // namespace forerun
