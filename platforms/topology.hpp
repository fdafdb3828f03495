#pragma once

#include <span>
#include <string_view>

#include "core/platform.hpp"
#include "platforms/description.hpp"

/// What files and settings say about what joins the nodes.
namespace forerun {

/// The keys that say it, `topology` first.
std::span<const std::string_view> topology_keys();

/// Whether a platform's key says something of networks of other kinds than this one alone; of a kind that is unknown none does.
bool is_of_another_topology(std::string_view key, std::string_view kind);

/// Forgets what the texts say about other kinds of network than the one that a setting asks for.
void keep_topology(PlatformTexts& texts, std::string_view kind);

/// The topology that the texts describe for so many nodes. Everything wrong is collected: an unknown kind, a shape that is missing, has a
/// number that is no whole one from 1 on or too many of them, or does not hold the nodes; an over-subscription below 1, a bandwidth without
/// unit or of zero; a key of another kind.
Topology read_topology(const PlatformTexts& texts, int nodes, Problems& problems);

/// A shape as files have it: 16x8.
std::string shape_text(const Topology& topology);

/// The over-subscriptions as files have them: 4x1.5; empty where nothing is.
std::string oversubscription_text(const Topology& topology);

}  // namespace forerun
