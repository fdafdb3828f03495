#include <catch2/catch.hpp>
#include <filesystem>
#include <sstream>

#include "tests/cli/command_line.hpp"
#include "tests/cli/documented_commands.hpp"

using namespace forerun;

namespace {

const std::string kRoot = FORERUN_TEST_DATA "/../..";
const std::string kBuilt = "build/release/cli/forerun ";

/// The commands of the fenced blocks of a language; a line that ends in a backslash goes on.
std::vector<std::string> lines_of(const std::string& document, const std::string& language) {
  std::vector<std::string> lines;
  std::istringstream in(document);
  bool inside = false, goes_on = false;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("```")) {
      inside = line == "```" + language;
      continue;
    }
    if (!inside) continue;
    if (goes_on)
      lines.back() += line;
    else
      lines.push_back(line);
    goes_on = line.ends_with('\\');
    if (goes_on) lines.back().pop_back();
  }
  return lines;
}

}  // namespace

TEST_CASE("the commands of the readme work as typed") {
  const CommandLine shell;
  int commands = 0;
  for (const std::string& line : lines_of(get(kRoot + "/README.md"), "sh")) {
    if (!line.starts_with(kBuilt)) continue;
    const Answer answer = shell.run("--version >/dev/null; cd '" + kRoot + "' && " FORERUN_BINARY " " + line.substr(kBuilt.size()));
    INFO(line);
    INFO(answer.err);
    CHECK(answer.code == 0);
    CHECK_FALSE(answer.out.empty());
    ++commands;
  }
  CHECK(commands >= 4);
}

TEST_CASE("the table and the picture of the page on clouds are those of its command") {
  const CommandLine shell;
  std::filesystem::create_directories(shell.folder() / "build");
  const std::vector<std::string> table = lines_of(get(kRoot + "/docs/cloud.md"), "text");
  CHECK(table.size() >= 15);
  for (const std::string& command : documented_commands("docs/cloud.md")) {
    if (command.find("--plot") == std::string::npos) continue;
    const Answer answer = shell.run(command);
    CHECK(answer.code == 0);
    for (const std::string& row : table) {
      INFO(row);
      CHECK(answer.out.find(row) != std::string::npos);
    }
  }
  CHECK(get(shell.folder() / "build" / "whatif.svg") == get(kRoot + "/docs/pictures/whatif.svg"));
}

TEST_CASE("the scenario file of the readme is the one that its command names") {
  const std::string example = get(kRoot + "/examples/scenarios/vgg11-three-nodes.yaml");
  CHECK(get(kRoot + "/README.md").find("```yaml\n" + example + "```\n") != std::string::npos);
}

TEST_CASE("calibrations that examples write are named after what they hold, JSON") {
  const CommandLine shell;
  std::string text = shell.run("calibrate --help").out;
  for (const char* page : {"/docs/calibration.md", "/docs/validation.md", "/README.md"}) text += get(kRoot + page);
  int written = 0;
  for (std::size_t at = 0; (at = text.find(" -o ", at)) != std::string::npos; ++written) {
    at += 4;
    const std::string file = text.substr(at, text.find_first_of(" `\n", at) - at);
    INFO(file);
    CHECK_FALSE(file.ends_with(".yaml"));
  }
  CHECK(written >= 3);
}

TEST_CASE("the scenario file of predict's help can be predicted") {
  const CommandLine shell;
  const std::string help = shell.run("predict --help").out;
  const std::size_t begin = help.find("  workload: mlp\n");
  REQUIRE(begin != std::string::npos);
  put(shell.folder() / "s.yaml", help.substr(begin, help.find("\n\n", begin) - begin) + "\n");
  const Answer answer = shell.run("predict s.yaml");
  INFO(answer.err);
  CHECK(answer.code == 0);
}
