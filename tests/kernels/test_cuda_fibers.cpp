#include <catch2/catch.hpp>
#include <stdexcept>
#include <vector>

#include "fibers.hpp"

// The threads of a block on the host.

using namespace cuda_on_host;

namespace {

/// Each thread of a block of 70 adds up what its neighbours wrote before a barrier.
void run_neighbours() {
  std::vector<unsigned> written(70), seen(70);
  run_block({70, 1, 1}, [&] {
    const unsigned self = place.number;
    written[self] = self;
    meet_block();
    seen[self] = written[(self + 1) % 70];
  });
  for (unsigned self = 0; self < 70; ++self) CHECK(seen[self] == (self + 1) % 70);
}

}  // namespace

TEST_CASE("threads of a block on the host meet at barriers and in warps, block after block") {
  for (int i = 0; i < 3; ++i) run_neighbours();
  std::vector<std::uint64_t> got(40);
  run_block({8, 5, 1}, [&] { got[place.number] = meet_warp(0xffffffffU, place.thread.x + 10 * place.thread.y, 3); });
  for (unsigned self = 0; self < 40; ++self) CHECK(got[self] == (self < 32 ? 3 : 43));
}

TEST_CASE("a block on the host whose threads wait for others that have ended is an error, and the next one runs") {
  const auto one_leaves = [] {
    if (place.number != 5) meet_block();
  };
  CHECK_THROWS_WITH(run_block({40, 1, 1}, one_leaves),
                    "threads of a block wait for ever: 39 at a barrier, 0 for lanes of their warp, and 1 have ended");
  run_neighbours();
  const auto apart = [] { place.number % 2 == 0 ? meet_block() : void(meet_warp(0xffffffffU, 0, 0)); };
  CHECK_THROWS_AS(run_block({64, 1, 1}, apart), std::logic_error);
  run_neighbours();
}

TEST_CASE("what a thread on the host throws ends its block, and the next one runs") {
  const auto throws = [] {
    meet_block();
    if (place.number == 17) throw std::runtime_error("seventeen");
    meet_block();
  };
  for (int i = 0; i < 2; ++i) {
    CHECK_THROWS_WITH(run_block({64, 1, 1}, throws), "seventeen");
    run_neighbours();
  }
  CHECK_THROWS_AS(run_block({32, 1, 1}, [] { meet_warp(0xfffffffeU, 0, 1); }), std::logic_error);
  run_neighbours();
}
