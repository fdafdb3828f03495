#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/workload.hpp"

/// How large the arrays of LayerBuffers are that a layer has beside its input, its output and its parameters.
namespace forerun {

/// Kinds of norm that are written: a scale a channel, then a shift a channel.
constexpr bool is_norm(LayerKind kind) { return kind == LayerKind::batch_norm || kind == LayerKind::layer_norm; }

constexpr bool has_velocity(Optimizer optimizer) { return optimizer != Optimizer::sgd; }
constexpr bool has_second_moment(Optimizer optimizer) { return optimizer == Optimizer::adam || optimizer == Optimizer::adamw; }

/// Of so many activations, or weights as products read them.
std::size_t activation_bytes(Precision precision, std::int64_t elements);

/// Elements of one sample of each input after the first.
std::vector<std::int64_t> further_inputs(const LayerShape& shape);

/// What forward leaves for the backward passes, of the whole batch.
std::int64_t statistics_elements(const LayerShape& shape, std::int64_t batch);

/// Running averages of a batch norm.
std::int64_t running_elements(const LayerShape& shape);

}  // namespace forerun
