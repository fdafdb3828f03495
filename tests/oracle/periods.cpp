#include <catch2/catch.hpp>

#include "oracle/iteration_log.hpp"

using forerun::oracle::IterationLog;

namespace {

// One iteration: one maximum of the given arguments.
IterationLog::Mark add(IterationLog& log, std::initializer_list<double> arguments) {
  for (const double argument : arguments) log.argument(argument);
  log.close_maximum();
  return log.mark();
}

bool repeats(std::initializer_list<double> first, std::initializer_list<double> second, std::initializer_list<double> third) {
  IterationLog log;
  const auto z = log.mark();
  const auto a = add(log, first), b = add(log, second), c = add(log, third);
  return log.repeats(z, a, b, c);
}

}  // namespace

TEST_CASE("equal growth of every argument is a period") { CHECK(repeats({1, 2}, {4, 5}, {7, 8})); }

TEST_CASE("a loser that grows more slowly never wins") { CHECK(repeats({1, 9}, {2, 12}, {3, 15})); }

TEST_CASE("a loser that grows faster will win one day") { CHECK_FALSE(repeats({1, 90}, {4, 91}, {7, 92})); }

TEST_CASE("growth that changes is no period") { CHECK_FALSE(repeats({1, 2}, {4, 5}, {7, 9})); }

TEST_CASE("a winner that only just overtook is no period") { CHECK_FALSE(repeats({0, 2}, {3, 4}, {6, 6.5})); }

TEST_CASE("an argument that came into being is no period") {
  const double never = -std::numeric_limits<double>::infinity();
  CHECK_FALSE(repeats({1, never}, {2, never}, {3, 1}));
  CHECK(repeats({1, never}, {2, never}, {3, never}));
}

TEST_CASE("iterations of different length are no period") { CHECK_FALSE(repeats({1}, {2, 2}, {3, 3})); }
