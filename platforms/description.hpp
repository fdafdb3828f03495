#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>

#include "core/platform.hpp"
#include "io/text.hpp"
#include "io/yaml.hpp"

namespace forerun {

/// What files and settings say about a platform, key by key, before it is understood.
using PlatformTexts = std::map<std::string, Text, std::less<>>;

/// The keys of a platform's file but for `name`, in alphabetical order.
std::span<const std::string_view> platform_keys();

/// The scalars of a platform's document under their keys; what is wrong with its form is collected.
PlatformTexts read_texts(const YamlNode& document, Problems& problems);

/// Where a key that is missing would stand: at the place of another that asks for it, and called as that is, `platform.torus` beside a
/// setting `platform.topology`.
Text missing_beside(const Text& place, std::string_view key);

/// Puts settings in the place of what a file says. Another price or region leaves nothing of the file's price: its date and source are not
/// the setting's; another topology or storage leaves nothing of the file's. Unknown keys are collected.
void override_texts(PlatformTexts& texts, std::span<const Text> settings, Problems& problems);

/// The platform that the texts describe; everything wrong is collected, and the result is then of no use.
/// `whole` is where a missing key is reported.
Platform understand(const PlatformTexts& texts, const Text& whole, Problems& problems);

}  // namespace forerun
