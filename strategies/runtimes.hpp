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
  std::string version;
  std::string source;
};

/// The defaults of a runtime by name. BadInput for an unknown name, MissingCapability for one that cannot be lowered yet.
RuntimeDefaults load_runtime(const Text& name);

Overlap parse_overlap(const Text& text);
CollectiveAlgorithm parse_collective(const Text& text);

}  // namespace forerun
