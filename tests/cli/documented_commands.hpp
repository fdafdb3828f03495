#pragma once

#include <string>
#include <vector>

namespace forerun {

/// The commands of a page, such as README.md or docs/runs.md, that stand in fenced or indented lines: without the name of the program, and
/// with the lines joined that end in a backslash. With a heading, those of its section alone.
std::vector<std::string> documented_commands(const std::string& page, const std::string& heading = "");

}  // namespace forerun
