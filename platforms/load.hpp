#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "core/platform.hpp"
#include "io/text.hpp"
#include "platforms/routes.hpp"

namespace forerun {

/// A platform by name, or from a YAML file (anything with a slash or the ending .yaml, .yml or .json, or the name of a file that
/// exists). A name is looked for as NAME.yaml in the folders of `search`, then among the shipped platforms and cloud machines
/// (`aws:p3.2xlarge`). `settings` override the file; their keys are the file's, explained in platforms/data/cpu-cluster.yaml.
/// A cloud machine's region may stand behind its name (`aws:p3.2xlarge@eu-west-1`). The setting `catalogue` names a price list in
/// SkyPilot's columns (platforms/offers.hpp), for prices and for machines that do not ship. What neither says comes from the data sheet of
/// the device (platforms/data/devices.csv) and, of a cloud machine, from the prices that are known; `region` chooses among them. BadInput,
/// all at once: unknown name (with a suggestion and the known ones) or key, what read_yaml() refuses, a quantity without a unit, negative
/// or zero, several nodes without a link, several nodes of several devices without a link inside the node, a region without a known price.
/// A file that ends in .xml is the network alone, as `network-file` names it; `routes` reads it. `machine` stands for `this-machine` where
/// no file does; without it a missing one says that `forerun calibrate` writes it.
Platform load_platform(const Text& name_or_file, std::span<const Text> settings, std::span<const std::filesystem::path> search = {},
                       const Platform* machine = nullptr, const RouteReader& routes = {});

/// The platform as the text of a file that load_platform() reads back to an equal platform.
std::string platform_yaml(const Platform& platform);

/// The names of the shipped platforms, of cloud machines and `this-machine`, in alphabetical order.
std::span<const std::string_view> known_platforms();

}  // namespace forerun
