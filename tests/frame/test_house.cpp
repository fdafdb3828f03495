#include <catch2/catch.hpp>

#include "tests/frame/house.hpp"

using namespace forerun::frame;

namespace {

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

const Tree& house() {
  static const Tree tree = read_house(FORERUN_ROOT);
  return tree;
}

}  // namespace

TEST_CASE("every arrow of the house runs down") { CHECK(joined(wrong_arrows(house())) == ""); }

TEST_CASE("every third-party package stays in its home") { CHECK(joined(strangers(house())) == ""); }

TEST_CASE("no file names a path of one machine") { CHECK(joined(machine_paths(house())) == ""); }

TEST_CASE("no test sentence is torn apart") { CHECK(joined(torn_sentences(house())) == ""); }

TEST_CASE("the house that was read has its folders and build files") {
  CHECK(house().contains("core/plan.hpp"));
  CHECK(house().contains("oracle/CMakeLists.txt"));
  CHECK(house().contains("tests/frame/test_house.cpp"));
  CHECK(house().contains("fuzz/replay.cpp"));
  CHECK(house().contains("CMakeLists.txt"));
}

TEST_CASE("a folder that is no house is refused") { CHECK_THROWS(read_house(FORERUN_ROOT "/tests/frame")); }
