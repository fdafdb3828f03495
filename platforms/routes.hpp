#pragma once

#include <filesystem>
#include <functional>

#include "core/platform.hpp"
#include "platforms/description.hpp"

namespace forerun {

/// Reads the links and routes of a file; BadInput where it cannot.
using RouteReader = std::function<RouteTable(const std::filesystem::path& file)>;

/// Reads the file that the texts name as `network-file`, beside the file that names it, and puts what it says in the texts: how many nodes
/// there are, the bandwidth of its fastest link, and the latency of its longest route where no other is given. None where no file is named.
/// Collected: a file that cannot be read, or no reader; a bandwidth or a size of the network given beside it.
SharedRoutes read_routes(PlatformTexts& texts, const RouteReader& reader, Problems& problems);

}  // namespace forerun
