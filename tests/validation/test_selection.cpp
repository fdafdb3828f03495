#include <catch2/catch.hpp>

#include "validation/selection.hpp"

using namespace forerun;

namespace {

std::vector<MeasuredRun> rows(int count) {
  std::vector<MeasuredRun> runs;
  for (int i = 0; i < count; ++i) runs.push_back({.run = std::to_string(i)});
  return runs;
}

std::string names(const std::vector<MeasuredRun>& runs) {
  std::string out;
  for (const MeasuredRun& run : runs) out += (out.empty() ? "" : " ") + run.run;
  return out;
}

}  // namespace

TEST_CASE("some of many rows lie evenly over them, in their order") {
  CHECK(names(evenly(rows(6), 3)) == "1 3 5");
  CHECK(names(evenly(rows(7), 3)) == "1 3 5");
  CHECK(names(evenly(rows(10), 4)) == "1 3 6 8");
  CHECK(names(evenly(rows(5), 1)) == "2");
}

TEST_CASE("all of the rows are all of them, each once") {
  CHECK(names(evenly(rows(4), 4)) == "0 1 2 3");
  CHECK(evenly({}, 0).empty());
}
