#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/workload.hpp"

namespace forerun {

/// Layers in a row: a block that stands `times` times one after another, or layers outside blocks, once.
struct Fold {
  int first = 0;  ///< layer
  int count = 0;  ///< layers of one time
  int times = 1;

  friend constexpr bool operator==(const Fold&, const Fold&) = default;
};

/// Whether two layers may be shown as one, beyond what fold() compares.
using Alike = std::function<bool(int, int)>;

/// The layers of a network, in order, with consecutive blocks folded that are alike: layer by layer the same shapes, and inputs that
/// stand as far before them or are the same layer before the first of the blocks. Layers outside blocks are never folded.
std::vector<Fold> fold(const Workload& workload, const Alike& alike = {});

/// Every block by itself.
std::vector<Fold> unfold(const Workload& workload);

/// A layer's name, of which a folded block's number is left out: `block.query` of `block-3.query`.
std::string folded_name(const Workload& workload, int layer, int times);

/// What a block is called: `block` where it is folded, else `block-3`. Empty outside blocks.
std::string block_name(const Workload& workload, const Fold& fold);

}  // namespace forerun
