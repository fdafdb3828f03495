#include "tests/cli/command_line.hpp"

#include <catch2/catch.hpp>

#include "costs/calibration_file.hpp"
#include "tests/support/synthetic_calibration.hpp"

namespace forerun {

CommandLine::CommandLine() {
  static const std::string calibration = calibration_json(support::synthetic_calibration());
  put(folder_ / "paper.json", calibration);
}

std::string value_of(const YamlNode& document, const std::string& key) {
  const YamlNode* node = document.find(key);
  INFO(key);
  REQUIRE(node != nullptr);
  return node->text.value;
}

}  // namespace forerun
