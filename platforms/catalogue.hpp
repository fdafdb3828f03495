#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/platform.hpp"
#include "platforms/description.hpp"

/// What ships beside whole platform files: data sheets of devices, machines of clouds and what they cost (platforms/data/catalogue).
namespace forerun {

/// The names PROVIDER:INSTANCE of all cloud machines, by provider and in the order of its file.
std::span<const std::string_view> cloud_machines();

/// A cloud machine under the keys of a platform's file, with what its provider's machines take to start where that is known; empty for any
/// other name.
std::optional<PlatformTexts> find_cloud_machine(std::string_view name);

/// Adds what the data sheet of the texts' `device` says where the texts say nothing themselves: memory, rate, bandwidth, compute
/// capability, calibration. Nothing for a device without a data sheet.
void add_data_sheet(PlatformTexts& texts);

/// Adds the price of the platform of that name in the texts' `region`, or in its first one, where the texts have no price.
/// BadInput for a region without a known price, with those that have one.
void add_price(PlatformTexts& texts, std::string_view name);

/// What is known of a platform's price, a region each; none of most.
std::vector<Price> known_prices(std::string_view name);

/// The devices with a data sheet.
std::vector<std::string_view> known_devices();

/// Where the figures of a device come from; empty without a data sheet.
std::string data_sheet_source(std::string_view device);

}  // namespace forerun
