#pragma once

#include <span>
#include <string_view>

#include "core/workload.hpp"
#include "io/text.hpp"

namespace forerun {

/// The settings that say what of a network is trained: `frozen`, `lora-rank`, `lora-targets`.
std::span<const std::string_view> adaptation_settings();

/// Trains less than the whole network. Of two texts with one key the later holds.
///   frozen=PATTERN,...                     the layers of these names keep their weights, and those tied to them
///   lora-rank=R, lora-targets=PATTERN,...  low-rank adapters beside these dense layers, and nothing else is trained
/// A pattern is a layer's name, or what follows its last dot (`query` for every block's), with * for any characters.
/// BadInput: a pattern that fits no layer (no dense layer), one of the two LoRA settings without the other.
void adapt(Workload& workload, std::span<const Text> settings);

/// The network with W x + B A x for every dense layer W x + b that one of the patterns names: A in x rank, B rank x out, without biases,
/// and their sum [Hu et al. 2021, "LoRA: Low-Rank Adaptation of Large Language Models", sec. 4.1]. Its rank (in + out) parameters each are
/// all that is trained. A mixture's experts have an adapter each. Neglects the scale, a multiplication an output.
Workload with_adapters(const Workload& workload, std::int64_t rank, const Text& targets);

}  // namespace forerun
