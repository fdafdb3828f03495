#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/units.hpp"

namespace forerun {

/// The framework that executes the strategy; its constants are data under strategies/runtimes/.
enum class Runtime { forerun, pytorch_ddp };
std::string_view to_string(Runtime runtime);

/// Which communication may run beside compute.
enum class Overlap { none, data };
std::string_view to_string(Overlap overlap);

/// What of a forward pass is calculated again for the backward pass instead of kept: nothing, the scores of attention, whole blocks.
enum class Recompute { none, selective, full };
std::string_view to_string(Recompute recompute);

enum class CollectiveAlgorithm { ring };
std::string_view to_string(CollectiveAlgorithm algorithm);

/// Degrees of parallelism and how they are executed. Complete after parsing: what the text left out comes from the runtime.
struct Strategy {
  int data = 1;
  Runtime runtime = Runtime::forerun;
  Overlap overlap = Overlap::none;
  CollectiveAlgorithm collective = CollectiveAlgorithm::ring;
  Bytes bucket;        ///< a gradient bucket closes once it holds this much
  Bytes first_bucket;  ///< the same for the first bucket to become ready

  [[nodiscard]] int ranks() const { return data; }
  friend bool operator==(const Strategy&, const Strategy&) = default;
};

}  // namespace forerun
