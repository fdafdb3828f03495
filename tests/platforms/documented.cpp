#include <catch2/catch.hpp>
#include <sstream>
#include <string>

#include "io/file.hpp"
#include "platforms/description.hpp"
#include "platforms/load.hpp"
#include "tests/support/folder.hpp"

namespace forerun {
namespace {

std::string page() { return read_file(FORERUN_PLATFORMS_PAGE); }

/// The first cell of the table row of each key.
bool names_in_a_table(const std::string& text, const std::string& key) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with("| `") && line.substr(0, line.find('|', 1)).find("`" + key + "`") != std::string::npos) return true;
  return false;
}

}  // namespace

TEST_CASE("the page of platforms explains every key of a platform's file", "[unit]") {
  const std::string text = page();
  for (const std::string_view key : platform_keys()) {
    INFO(key);
    CHECK(names_in_a_table(text, std::string(key)));
  }
  CHECK_FALSE(names_in_a_table(text, "nodess"));
}

TEST_CASE("the example of the page of platforms is a platform", "[unit]") {
  const std::string text = page();
  const std::size_t begin = text.find("```yaml\n") + 8;
  const Folder folder;
  put(folder / "rack.yaml", text.substr(begin, text.find("```\n", begin) - begin));
  const Platform platform = load_platform({(folder / "rack.yaml").string(), "--platform", 0, 0, ""}, {});
  CHECK(platform.name == "rack");
  CHECK(platform.devices() == 32);
  CHECK(platform.calibration == "h100");
  CHECK(platform.library == CollectiveLibrary::nccl);
}

}  // namespace forerun
