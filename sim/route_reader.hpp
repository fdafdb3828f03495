#pragma once

#include <filesystem>

#include "core/route_table.hpp"

namespace forerun::sim {

/// Most hosts of a file whose routes are read: there are as many routes as pairs of them.
inline constexpr int kMostHosts = 1024;

/// The hosts, links and routes of a platform file of SimGrid (XML of its DTD, version 4.1), as SimGrid itself reads it, in a forked child
/// with bounded time and memory. Hosts become nodes in the order of their names, numbers in these compared as such: node-2 before node-10.
/// Each direction of a SPLITDUPLEX link is a link. What hosts compute, disks and profiles are not read. BadInput, with SimGrid's own reason
/// where it gives one: no file, malformed XML, a link without bandwidth or with a negative latency, hosts that no route joins, routes that
/// run in circles, a wireless link, less than two hosts or more than kMostHosts. The file's own settings of SimGrid write nothing.
RouteTable read_simgrid_routes(const std::filesystem::path& file);

}  // namespace forerun::sim
