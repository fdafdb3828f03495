#pragma once

#include <string>

#include "core/platform.hpp"

namespace forerun {

/// The platform's nodes, switches and cables as a graph for Graphviz. Where there are more than fit a page, switches of a tier are one
/// vertex, and so are the nodes.
std::string platform_dot(const Platform& platform);

}  // namespace forerun
