#include <catch2/catch.hpp>
#include <cmath>
#include <vector>

#include "kernels/microbenchmarks/cache_life.hpp"

namespace forerun {

namespace {

std::vector<KeptShare> decaying(double life_s) {
  std::vector<KeptShare> shares;
  for (const double wait_s : {1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2}) shares.push_back({Seconds(wait_s), std::exp(-wait_s / life_s)});
  return shares;
}

}  // namespace

TEST_CASE("shares that decay exponentially give their life back") {
  for (const double life_s : {3e-4, 4e-3, 5e-2}) {
    const auto life = mean_life(decaying(life_s));
    REQUIRE(life);
    CHECK(life->value() == Approx(life_s).epsilon(0.03));
  }
}

TEST_CASE("shares about an exponential give a life near its own") {
  std::vector<KeptShare> shares = decaying(4e-3);
  for (std::size_t i = 0; i < shares.size(); ++i) shares[i].share += i % 2 == 0 ? 0.05 : -0.05;
  CHECK(mean_life(shares)->value() == Approx(4e-3).epsilon(0.3));
}

TEST_CASE("where nothing is lost there is no life") {
  CHECK_FALSE(mean_life(std::vector<KeptShare>{{Seconds(1e-3), 1}, {Seconds(3e-2), 1}}));
}

TEST_CASE("this machine's caches have a life that can be measured, or none") {
  Arena arena;
  const auto life = measure_cache_life(arena);
  if (life) CHECK(*life > Seconds(0));
}

}  // namespace forerun
