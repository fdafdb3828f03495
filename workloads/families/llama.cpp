#include "workloads/families/decoder.hpp"
#include "workloads/families/family.hpp"

namespace forerun {
namespace {

/// Two thirds of four times the hidden size, to the next multiple of 256, as Llama's code has it.
std::int64_t gated_channels(std::int64_t hidden) {
  constexpr std::int64_t kMultiple = 256;
  return (8 * hidden / 3 + kMultiple - 1) / kMultiple * kMultiple;
}

}  // namespace

/// Touvron et al., "LLaMA: Open and Efficient Foundation Language Models" (2023), sec. 2.2: norms by the root mean square, rotary
/// positions, gated feed-forward layers, no biases. Fallbacks are the 7B model's with the sequence of Llama 2.
Workload build_llama(const std::string& name, FamilyParameters& parameters) {
  const Decoder fallback{
      .layers = 32,
      .hidden = 4096,
      .attention = {.heads = 32, .bias = Bias::none, .projection_bias = Bias::none},
      .feed_forward = {.gated = true, .activation = Activation::silu, .bias = Bias::none},
      .sequence = 4096,
      .vocabulary = 32000,
      .positions = Decoder::Positions::rotary,
      .norm = LayerKind::rms_norm,
      .tied = false,
      .dropout = Dropout::none,
  };
  return build_decoder(name, read_decoder(parameters, fallback, gated_channels), parameters.where());
}

}  // namespace forerun
