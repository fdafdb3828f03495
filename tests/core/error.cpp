#include "core/error.hpp"

#include <catch2/catch.hpp>

using namespace forerun;

TEST_CASE("a problem reads as file, line, column, key, what, got, allowed, suggestion") {
  const Problem problem{"a.yaml", 3, 7, "nodes", "is not a number", "x", "1 to 8", "4"};
  CHECK(problem.text() == "a.yaml:3:7: nodes: is not a number (got x, allowed 1 to 8). Did you mean 4?");
}

TEST_CASE("a problem leaves out what it does not know") {
  CHECK(Problem{.what = "is empty"}.text() == "is empty");
  CHECK(Problem{.file = "a", .what = "is empty"}.text() == "a: is empty");
  CHECK(Problem{.file = "a", .line = 2, .what = "w", .got = "g"}.text() == "a:2: w (got g)");
  CHECK(Problem{.what = "w", .allowed = "b"}.text() == "w (allowed b)");
}

TEST_CASE("bad input shows every problem, one a line") {
  const BadInput error(std::vector<Problem>{{.what = "first"}, {.what = "second"}});
  CHECK(error.problems().size() == 2);
  CHECK(std::string(error.what()) == "first\nsecond");
}

TEST_CASE("bad input shows the problems of a file together and by line, those without a line last") {
  const auto at = [](const char* file, int line, int column, const char* what) {
    return Problem{.file = file, .line = line, .column = column, .what = what};
  };
  const BadInput error(std::vector<Problem>{at("b", 0, 0, "more"), at("b", 7, 2, "late"), at("--set", 0, 0, "one"), at("b", 3, 9, "right"),
                                            at("--set", 0, 0, "two"), at("b", 3, 1, "left")});
  CHECK(std::string(error.what()) == "b:3:1: left\nb:3:9: right\nb:7:2: late\nb: more\n--set: one\n--set: two");
}
