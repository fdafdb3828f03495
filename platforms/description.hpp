#pragma once

#include <map>
#include <string>
#include <string_view>

#include "core/platform.hpp"
#include "io/text.hpp"
#include "io/yaml.hpp"

namespace forerun {

/// What files and settings say about a platform, key by key, before it is understood.
using PlatformTexts = std::map<std::string, Text, std::less<>>;

/// The scalars of a platform's document under their keys; what is wrong with its form is collected.
PlatformTexts read_texts(const YamlNode& document, Problems& problems);

/// Puts a setting in the place of what a file says. BadInput for an unknown key.
void override_text(PlatformTexts& texts, const Text& setting);

/// The platform that the texts describe; everything wrong is collected, and the result is then of no use.
/// `whole` is where a missing key is reported.
Platform understand(const PlatformTexts& texts, const Text& whole, Problems& problems);

}  // namespace forerun
