#pragma once

#include <fmt/core.h>

#include <cstdint>
#include <string>

#include "core/units.hpp"

namespace forerun {

/// Text from a pattern with `{}` fields; the one door to fmt.
using fmt::format;

/// Three significant digits with the unit that suits: `12.3 ms`, `1.5 h`; exactly zero is `0 s`.
std::string human(Seconds time);
std::string human(Bytes size);           ///< binary prefixes: `35.2 MiB`
std::string human(BytesPerSecond rate);  ///< decimal prefixes: `1.25 GB/s`
std::string human(FlopsPerSecond rate);  ///< `98.7 Gflop/s`
std::string human(Flops amount);         ///< `1.43 Gflop`

/// `12.3 %` from 0.123; `signed_percent` writes the plus as well.
std::string percent(double fraction);
std::string signed_percent(double fraction);

/// `671,916`.
std::string counted(std::int64_t count);

/// The shortest text that reads back as exactly this number, in every locale.
std::string exact(double number);

}  // namespace forerun
