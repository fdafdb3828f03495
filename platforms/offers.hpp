#pragma once

#include <string_view>

#include "platforms/description.hpp"

/// Price lists of clouds as people bring them: CSV files with SkyPilot's columns InstanceType, vCPUs, MemoryGiB, AcceleratorName,
/// AcceleratorCount, GPUInfo, Region, AvailabilityZone, Price and SpotPrice, and if they like ours beside: NetworkGbps, Processor (of
/// platforms/data/processors.csv), PriceDate and PriceSource. Other columns are kept and mean nothing.
namespace forerun {

/// A machine that is in no shipped file, from the first of its rows: memory, accelerators by their names there (platforms/data/catalogue/
/// accelerators.csv) or, of a CPU machine, its Processor, two of whose vCPUs are a core; links where NetworkGbps says so. `name` is
/// PROVIDER:INSTANCE. BadInput: no such file or row, an accelerator whose kernels nobody knows (a TPU), no Processor, a figure that is no
/// number above zero.
PlatformTexts offered_machine(const Text& catalogue, std::string_view name);

/// Puts the price of the machine's `region` (or zone), else of the first row's, in the texts: on demand, and the cheapest zone's spot
/// price where there is one. BadInput: no row of the machine or of the region, no price there, one that is not above zero, a zone
/// that stands there twice.
void add_offered_price(PlatformTexts& texts, const Text& catalogue, std::string_view name);

}  // namespace forerun
