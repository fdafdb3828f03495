#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/platform.hpp"
#include "io/text.hpp"

/// What files and settings say about slow devices and links, as lists between commas.
namespace forerun {

/// DEVICE:FACTOR, such as `5:1.3,9:1.1`. BadInput, all at once: another form, a device that is not there or named twice, a factor that is
/// no number from 1 on.
std::vector<SlowDevice> parse_slow_devices(const Text& text, std::int64_t devices);

/// NODE:FACTOR[:FROM..[UNTIL]], such as `3:4:10s..20s,7:2`; without times it is slow for the whole run, without UNTIL from then on.
/// BadInput, all at once: another form, a node that is not there, a factor below 1, a time without unit, a spell that ends before it
/// begins, spells of one node that overlap. In order of node and time.
std::vector<SlowLink> parse_slow_links(const Text& text, int nodes);

/// As files have them; empty of none.
std::string slow_devices_text(const std::vector<SlowDevice>& devices);
std::string slow_links_text(const std::vector<SlowLink>& links);

}  // namespace forerun
