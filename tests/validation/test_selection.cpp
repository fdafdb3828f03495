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

TEST_CASE("every second row of each group is fitted, and groups too small for two such rows are scored as they are") {
  std::vector<MeasuredRun> runs;
  for (const char* name : {"a1", "b1", "a2", "a3", "c1", "a4", "b2", "c2", "c3"}) runs.push_back({.run = name, .group = {name[0]}});
  const Split split = read_split("every=2", "", runs);
  CHECK(split.each == Split::Each::group);
  std::string fitted, scored;
  for (const MeasuredRun& run : runs) (split.fits(run) ? fitted : scored) += " " + run.run;
  CHECK(fitted == " a1 a3 c1 c3");
  CHECK(scored == " b1 a2 a4 b2 c2");
  CHECK(read_split("group=a", "", runs).each == Split::Each::all);
  const Split one = read_split("every=2", "group=a", runs);
  scored.clear();
  for (const MeasuredRun& run : runs) scored += one.scores(run) ? " " + run.run : "";
  CHECK(scored == " a2 a4");
}

TEST_CASE("rows that are left out do not count among every second") {
  const auto runs = rows(6);
  const Split split = read_split("every=2", "", runs, "run=0,3");
  std::string fitted;
  for (const MeasuredRun& run : runs)
    if (split.fits(run)) fitted += " " + run.run;
  CHECK(fitted == " 1 4");
}

TEST_CASE("a step below two, or groups that are all too small, are refused") {
  CHECK_THROWS_WITH(read_split("every=1", "", rows(6)), Catch::Contains("every"));
  CHECK_THROWS_WITH(read_split("every=6", "", rows(6)), Catch::Contains("finds no group of more rows than that"));
}

TEST_CASE("rows that a column marks are fitted, each group by itself") {
  std::vector<MeasuredRun> runs = rows(3);
  runs[0].extra = {{"calibrates", ""}};
  runs[1].extra = {{"calibrates", "yes"}};
  runs[2].extra = {{"remark", "yes"}};
  const Split split = read_split("marked", "", runs);
  CHECK(split.each == Split::Each::group);
  CHECK_FALSE(split.fits(runs[0]));
  CHECK(split.fits(runs[1]));
  CHECK(split.scores(runs[2]));
  CHECK_THROWS_WITH(read_split("marked", "", rows(3)), Catch::Contains("finds no row that is marked"));
}
