#include "tests/cli/documented_commands.hpp"

#include <catch2/catch.hpp>
#include <sstream>

#include "tests/support/folder.hpp"

namespace forerun {

namespace {

/// The arguments where a line calls forerun, by its name or as it was built.
std::string arguments_in(const std::string& line) {
  for (const std::string program : {"forerun ", "build/release/cli/forerun "}) {
    const std::size_t begin = line.find_first_not_of(' ');
    if (begin != std::string::npos && line.compare(begin, program.size(), program) == 0) return line.substr(begin + program.size());
  }
  return "";
}

}  // namespace

std::vector<std::string> documented_commands(const std::string& page, const std::string& heading) {
  std::string text = get(FORERUN_TEST_DATA "/../../" + page);
  if (!heading.empty()) {
    const std::size_t begin = text.find("\n## " + heading + "\n");
    REQUIRE(begin != std::string::npos);
    text = text.substr(begin, text.find("\n## ", begin + 1) - begin);
  }
  std::istringstream in(text);
  std::vector<std::string> commands;
  bool fenced = false, goes_on = false;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("```")) fenced = !fenced;
    const std::string arguments = fenced || line.starts_with("    ") ? arguments_in(line) : "";
    if (goes_on)
      commands.back() += line;
    else if (!arguments.empty())
      commands.push_back(arguments);
    else
      continue;
    goes_on = line.ends_with('\\');
    if (goes_on) commands.back().pop_back();
  }
  return commands;
}

}  // namespace forerun
