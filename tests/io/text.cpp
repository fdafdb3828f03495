#include "io/text.hpp"

#include <catch2/catch.hpp>

namespace forerun {

TEST_CASE("a problem stands where its text stands", "[unit]") {
  const Text text{.value = "-5", .file = "p.yaml", .line = 3, .column = 9, .key = "nodes"};
  CHECK(problem(text, "is negative", "1 or more", "5").text() ==
        "p.yaml:3:9: nodes: is negative (got -5, allowed 1 or more). Did you mean 5?");
}

TEST_CASE("a problem of an option has no line", "[unit]") {
  const Text text{.value = "x", .file = "--set", .key = "workload.batch"};
  CHECK(problem(text, "is not a whole number").text() == "--set: workload.batch: is not a whole number (got x)");
}

TEST_CASE("a message shows no control characters and no endless values", "[unit]") {
  CHECK(problem({.value = "a\x1b[31m\nb"}, "bad").got == "a?[31m?b");
  CHECK(problem({.value = std::string(80, 'x')}, "bad").got == std::string(80, 'x'));
  CHECK(problem({.value = std::string(81, 'x')}, "bad").got == std::string(80, 'x') + "...");
}

TEST_CASE("all problems are thrown at once, in order", "[unit]") {
  Problems problems;
  CHECK(problems.empty());
  CHECK_NOTHROW(problems.throw_if_any());
  problems.add(problem({.value = "1"}, "first"));
  CHECK_FALSE(problems.collect([] { throw BadInput({problem({.value = "2"}, "second"), problem({.value = "3"}, "third")}); }));
  CHECK(problems.collect([] {}));
  try {
    problems.throw_if_any();
    FAIL("nothing was thrown");
  } catch (const BadInput& error) {
    CHECK(std::string(error.what()) == "first (got 1)\nsecond (got 2)\nthird (got 3)");
    CHECK(error.problems().size() == 3);
  }
}

TEST_CASE("the same problem is said once, as where several runs name one file", "[unit]") {
  Problems problems;
  const Text unit{.value = "3", .file = "p.yaml", .line = 2, .key = "link-latency"};
  for (int run = 0; run < 3; ++run) problems.add(problem(unit, "has no unit"));
  problems.add(problem({.value = "3", .file = "q.yaml", .line = 2, .key = "link-latency"}, "has no unit"));
  CHECK(problems.all().size() == 2);
}

TEST_CASE("what is not bad input passes through", "[unit]") {
  Problems problems;
  CHECK_THROWS_AS(problems.collect([] { throw MissingCapability("no GPU"); }), MissingCapability);
}

TEST_CASE("words stand between commas, and an empty text has none") {
  CHECK(between_commas("").empty());
  CHECK(between_commas("a") == std::vector<std::string>{"a"});
  CHECK(between_commas("a,,b,") == std::vector<std::string>{"a", "", "b", ""});
}

}  // namespace forerun
