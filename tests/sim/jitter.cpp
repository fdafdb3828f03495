#include <catch2/catch.hpp>
#include <set>

#include "tests/sim/meeting.hpp"

using namespace forerun;
using namespace forerun::test;

namespace {

sim::Played jittered(std::uint64_t seed, double jitter, int ranks = 16, int steps = 4) {
  Platform platform = nodes(ranks);
  platform.compute_jitter = jitter;
  return play_meeting(platform, seed, steps);
}

}  // namespace

TEST_CASE("the same seed gives the same answer, bit for bit") {
  const sim::Played first = jittered(7, 0.3);
  const sim::Played second = jittered(7, 0.3);
  REQUIRE(first.makespan == second.makespan);
  REQUIRE(first.log == second.log);
}

TEST_CASE("another seed gives another answer") {
  std::set<double> answers;
  for (std::uint64_t seed = 0; seed < 8; ++seed) answers.insert(jittered(seed, 0.3).makespan.value());
  REQUIRE(answers.size() == 8);
}

TEST_CASE("jitter lengthens compute between nothing and its full extent, and leaves transfers alone") {
  const sim::Played played = jittered(3, 0.2);
  double sum = 0;
  int count = 0;
  for (const sim::PlayedInstance& logged : played.log) {
    const double took = (logged.finish - logged.start).value();
    if (logged.operation == 1) {
      REQUIRE(took == Approx(0.3).epsilon(1e-9));
      continue;
    }
    const double u = (took / (logged.operation == 0 ? 1.0 : 0.5) - 1) / 0.2;
    REQUIRE(u > -1e-9);
    REQUIRE(u < 1 + 1e-9);
    sum += u, ++count;
  }
  REQUIRE(count == 16 * 4 * 2);
  REQUIRE(sum / count == Approx(0.5).margin(0.1));
}

TEST_CASE("a step waits for its slowest rank") {
  // The largest of 64 uniform draws is 64 / 65 on average.
  const sim::Played played = jittered(11, 0.1, 64, 32);
  const double step = played.makespan.value() / 32;
  REQUIRE(step > 1.8 + 0.1 * 1.0);
  REQUIRE(step < 1.8 + 0.1 * 1.5);
  REQUIRE(step == Approx(1.8 + 0.15 * 64 / 65).margin(0.05 * 0.5 + 0.003));
}

TEST_CASE("draws are uniform and do not repeat between ranks, operations, instances and seeds") {
  std::set<double> seen;
  double sum = 0;
  double squares = 0;
  for (int rank = 0; rank < 10; ++rank)
    for (int operation = 0; operation < 10; ++operation)
      for (int instance = 0; instance < 10; ++instance)
        for (std::uint64_t seed = 0; seed < 10; ++seed) {
          const double u = sim::jitter_draw(seed, rank, operation, instance);
          REQUIRE(u >= 0);
          REQUIRE(u < 1);
          seen.insert(u);
          sum += u, squares += u * u;
        }
  REQUIRE(seen.size() == 10000);
  REQUIRE(sum / 10000 == Approx(0.5).margin(0.015));
  REQUIRE(squares / 10000 == Approx(1.0 / 3).margin(0.015));
}

TEST_CASE("the observed rank computes as long as any") {
  const sim::Played played = jittered(5, 0.3);
  std::vector<double> computed(16, 0.0);
  for (const sim::PlayedInstance& logged : played.log)
    if (logged.operation != 1) computed[logged.rank] += (logged.finish - logged.start).value();
  const auto most = std::max_element(computed.begin(), computed.end()) - computed.begin();
  REQUIRE(played.observed_rank == most);
  REQUIRE(played.parts().compute.value() == Approx(computed[most]).epsilon(1e-9));
  REQUIRE(played.parts().total().value() == Approx(played.makespan.value()).epsilon(1e-9));
}
