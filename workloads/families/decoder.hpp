#pragma once

#include <string>

#include "workloads/families/transformer.hpp"

namespace forerun {

/// A decoder-only transformer: what gpt and llama leave to their parameters, each with fallbacks of its own.
struct Decoder {
  enum class Positions { learned, rotary, none };

  std::int64_t layers = 12;
  std::int64_t hidden = 768;
  SelfAttention attention;
  FeedForward feed_forward;
  Experts experts;
  std::int64_t sequence = 1024;
  std::int64_t vocabulary = 50257;
  Positions positions = Positions::learned;
  std::int64_t position_rows = 0;  ///< of the table of learned positions
  LayerKind norm = LayerKind::layer_norm;
  bool post_norms = false;  ///< a norm after each half of a block too
  bool tied = true;
  Dropout dropout = Dropout::present;
  Head head = Head::language_model;
  std::int64_t classes = 2;
};

/// `feed_forward` gives the fallback of that key for a hidden size.
Decoder read_decoder(FamilyParameters& p, Decoder fallback, std::int64_t (*feed_forward)(std::int64_t hidden));
Workload build_decoder(const std::string& name, const Decoder& decoder, const Text& where);

}  // namespace forerun
