#pragma once

#include <optional>

#include "core/workload.hpp"

namespace forerun {

/// Where the blocks of a network stand: all alike, one after another, the layers after them reading nothing of any but the last.
struct AlikeBlocks {
  int first = 0;  ///< layer
  int count = 0;  ///< layers of a block
  int times = 0;
};

/// Nothing for a network without blocks, or whose blocks differ.
std::optional<AlikeBlocks> alike_blocks(const Workload& workload);

/// The same network with fewer blocks, 1 <= times <= blocks.times: what holds for each of its blocks holds for each of the whole one's.
Workload with_blocks(const Workload& workload, const AlikeBlocks& blocks, int times);

}  // namespace forerun
