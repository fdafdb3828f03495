#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/units.hpp"

namespace forerun {

/// What its maker and a cloud publish of a processor, for one core of it (platforms/data/processors.csv).
struct Processor {
  std::string name;
  FlopsPerSecond core_rate;       ///< fp32: clock with all cores busy x operations a cycle of its vector units
  BytesPerSecond core_bandwidth;  ///< of its socket's memory channels a core's share
  std::string calibration;        ///< the shipped calibration that was measured on a core of it; empty: none was
  std::string source;
};

/// Nothing for an unknown name.
std::optional<Processor> find_processor(std::string_view name);

/// The processor that a shipped calibration was measured on; nothing where that is not known.
std::optional<Processor> processor_of(std::string_view calibration);

std::span<const std::string_view> known_processors();

}  // namespace forerun
