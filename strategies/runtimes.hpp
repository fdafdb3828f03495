#pragma once

#include <string>
#include <string_view>

#include "core/strategy.hpp"
#include "io/text.hpp"

namespace forerun {

/// How a runtime executes a step where the strategy does not say: data under strategies/runtimes/, one file a runtime.
struct RuntimeDefaults {
  Runtime runtime = Runtime::forerun;
  Bytes bucket;
  Bytes first_bucket;
  Overlap overlap = Overlap::none;
  CollectiveAlgorithm collective = CollectiveAlgorithm::ring;
  int zero = 0;
  int most_zero = 3;               ///< what it can share out
  int servers = 0;                 ///< parameter servers
  Bytes least_shard;               ///< of a partitioned variable
  bool fuses_projections = false;  ///< dense layers that read the same tensor run as one: queries, keys and values; gate and up
  int vocabulary_multiple = 1;
  bool scatters_sends = false;  ///< ranks of a tensor group each send a share of what crosses a cut, and gather it after
  bool updates_flat = false;    ///< the optimizer sees one buffer of all parameters of a rank
  Bytes context;                ///< of a GPU's memory, before training: the framework's context and the code of its kernels
  std::string version;
  std::string source;
};

/// The defaults of a runtime by name. BadInput for an unknown name, MissingCapability for one that cannot be lowered yet.
RuntimeDefaults load_runtime(const Text& name);

/// The same, read once.
const RuntimeDefaults& runtime_defaults(Runtime runtime);

/// One device, and whatever else a strategy's text leaves to its runtime.
Strategy usual_strategy(const RuntimeDefaults& defaults);

Overlap parse_overlap(const Text& text);
CollectiveAlgorithm parse_collective(const Text& text);

}  // namespace forerun
