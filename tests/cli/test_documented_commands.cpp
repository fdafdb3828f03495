#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>

#include "tests/cli/command_line.hpp"
#include "tests/cli/documented_commands.hpp"

using namespace forerun;
namespace fs = std::filesystem;

namespace {

const fs::path kRoot = fs::path(FORERUN_TEST_DATA) / "../..";

/// What a page's commands read that is not in the repository: the page shows it, or an earlier command of the page makes it.
bool reads_what_is_shown(const std::string& command) {
  for (const char* file : {"./rack.yaml", "runs.csv", "this-machine-disk"})
    if (command.find(file) != std::string::npos) return true;
  return command.find('$') != std::string::npos;  // in a loop of a shell
}

/// What answers within seconds, and changes nothing.
bool only_asks(const std::string& command) {
  const std::string verb = command.substr(0, command.find(' '));
  return verb == "predict" || verb == "show" || verb == "strategies" || verb == "whatif" || verb == "--help";
}

std::vector<std::string> pages() {
  std::vector<std::string> pages{"README.md", "CONTRIBUTING.md"};
  for (const fs::directory_entry& entry : fs::directory_iterator(kRoot / "docs"))
    if (entry.path().extension() == ".md") pages.push_back("docs/" + entry.path().filename().string());
  std::ranges::sort(pages);
  return pages;
}

}  // namespace

TEST_CASE("the documented commands that only ask work as typed at the root of the repository") {
  const CommandLine shell;
  for (const char* folder : {"examples", "tests", "validation"}) fs::create_directory_symlink(kRoot / folder, shell.folder() / folder);
  fs::create_directory(shell.folder() / "build");
  int tried = 0;
  for (const std::string& page : pages())
    for (const std::string& command : documented_commands(page)) {
      if (!only_asks(command) || reads_what_is_shown(command)) continue;
      CAPTURE(page, command);
      const std::string asked = command.substr(0, command.find(" | "));
      const Answer answer = shell.run(asked);
      CHECK(answer.code == 0);
      CHECK(answer.err.find("error") == std::string::npos);
      CHECK(answer.out.size() + static_cast<std::size_t>(asked.find(" -o ") != std::string::npos) > 0);
      ++tried;
    }
  CHECK(tried >= 30);
}
