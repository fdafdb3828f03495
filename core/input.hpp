#pragma once

#include <cstdint>
#include <string_view>

namespace forerun {

/// What later epochs find of the samples that an earlier one has read.
enum class SampleCache {
  none,   ///< nothing
  page,   ///< files in the operating system's page cache, if they fit into the node's free memory
  memory  ///< decoded samples that the input pipeline keeps, if these fit
};
std::string_view to_string(SampleCache cache);

/// Where the samples of a stretch of epochs come from.
enum class SampleSource {
  storage,  ///< read and decoded
  pages,    ///< decoded only
  memory    ///< ready
};

/// How one loading process reads samples from the platform's data storage and decodes them. Ranks that share samples have one together.
struct Input {
  int readers = 1;                  ///< files that it reads at once
  int decode_workers = 1;           ///< samples that it decodes at once
  int prefetch = 1;                 ///< steps that it is ahead; 0: reading begins when the step before has ended
  std::int64_t shuffle_buffer = 0;  ///< samples that are read before the first step begins
  SampleCache cache = SampleCache::page;
  SampleSource source = SampleSource::storage;

  friend bool operator==(const Input&, const Input&) = default;
};

}  // namespace forerun
