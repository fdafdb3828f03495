#pragma once

#include <vector>

#include "io/text.hpp"

namespace forerun {

/// The settings of a text `key=value,key=value`, each standing where the text stands; none for `serial`. What is no setting, has no value
/// or stands twice is a problem.
std::vector<Text> split_settings(const Text& text, Problems& problems);

}  // namespace forerun
