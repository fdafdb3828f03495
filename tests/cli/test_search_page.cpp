#include <catch2/catch.hpp>
#include <filesystem>

#include "tests/cli/command_line.hpp"
#include "tests/cli/documented_commands.hpp"

using namespace forerun;
namespace fs = std::filesystem;

namespace {

const fs::path kRoot = fs::path(FORERUN_TEST_DATA) / "../..";

}  // namespace

TEST_CASE("the page on searching works as typed, in its order, and its picture is the one that its command draws") {
  const CommandLine shell;
  for (const char* folder : {"examples", "validation"}) fs::create_directory_symlink(kRoot / folder, shell.folder() / folder);
  fs::create_directory(shell.folder() / "build");
  int commands = 0;
  for (const std::string& command : documented_commands("docs/search.md", "How to search")) {
    const Answer answer = shell.run(command);
    CAPTURE(command, answer.err);
    CHECK(answer.code == 0);
    ++commands;
  }
  CHECK(commands == 14);
  CHECK(get(shell.folder() / "build" / "sort.svg") == get(kRoot / "docs/pictures/search.svg"));
  const std::string page = get(kRoot / "docs/search.md"), table = get(kRoot / "examples/search/configurations.csv");
  CHECK(page.find("```text\n" + table.substr(0, table.find("8 x m4.large")) + "```\n") != std::string::npos);
}

TEST_CASE("the examples of the helps of search work as typed") {
  const CommandLine shell;
  for (const char* folder : {"examples", "validation"}) fs::create_directory_symlink(kRoot / folder, shell.folder() / folder);
  put(shell.folder() / "train.sh", "#!/bin/sh\necho seconds=$1\n");
  fs::permissions(shell.folder() / "train.sh", fs::perms::owner_all);
  for (const std::string verb : {"init", "ask", "run", "report", "replay"}) {
    std::string help = shell.run("search " + verb + " --help").out;
    const std::size_t at = help.find("Example:\n  forerun ");
    REQUIRE(at != std::string::npos);
    help = help.substr(at + 19);
    const Answer answer = shell.run(help.substr(0, help.find('\n')) + (verb == "replay" ? " --seeds 1" : ""));
    CAPTURE(verb, answer.err);
    CHECK(answer.code == 0);
  }
  const std::string tell = shell.run("search tell --help").out;
  CHECK(tell.find("Example:\n  forerun search tell mine.search '8 x m4.xlarge' --seconds 812.5\n") != std::string::npos);
}
