#pragma once

#include <string>

#include "cli/environment.hpp"
#include "core/platform.hpp"
#include "kernels/ranks/launch.hpp"

namespace forerun {

/// Where forerun-ranks is: beside this command once installed, in the folder kernels beside this command's in a build.
RanksPaths ranks_paths(const Environment& environment);

/// The platform that ranks are said to stand on. BadInput where it cannot be read or has fewer devices.
Platform platform_of_ranks(const std::string& platform, int ranks, const Environment& environment);

/// The machine that this command runs on: one node, a device a core.
Platform this_machine(const Environment& environment);

}  // namespace forerun
