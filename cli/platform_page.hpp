#pragma once

#include "cli/output.hpp"
#include "core/platform.hpp"

namespace forerun {

/// A platform's nodes, devices, memory, links and prices. The text is a file that describes it, with the data sheet of its device and the
/// prices that are known of it in other regions as comments.
Page platform_page(const Platform& platform);

}  // namespace forerun
