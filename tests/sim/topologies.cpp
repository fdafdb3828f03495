#include <random>

#include "tests/sim/networks.hpp"

using namespace forerun;
using namespace forerun::test;

namespace {

using Kind = Collective::Operation;
using enum CollectiveAlgorithm;

constexpr double kHop_s = 2e-6;
constexpr double kRing = 2.0 * 15 / 16;  // bytes of an edge of an all-reduce over 16, for each byte of the buffer

}  // namespace

TEST_CASE("a ring in the order of the nodes goes through an over-subscribed tree as through one switch") {
  const double star = agreed(Kind::all_reduce, everyone(16), described(16, 1));
  CHECK(agreed(Kind::all_reduce, everyone(16), fat_tree(16, 1, {4}, {4})) == Approx(star));
  CHECK(agreed(Kind::all_reduce, everyone(64), fat_tree(64, 1, {8, 2}, {8, 2})) ==
        Approx(agreed(Kind::all_reduce, everyone(64), described(64, 1))));
}

TEST_CASE("rings whose members lie in different leaves share what the leaves have above") {
  // Four groups of four; each of the four nodes of a leaf sends to the next leaf, over one link.
  const double share = 2.0 * 3 / 4 * 1e8 / kBandwidth;
  CHECK(agreed(Kind::all_reduce, group(4, 4, 4), described(16, 1)) == Approx(6 * kHop_s + share));
  CHECK(agreed(Kind::all_reduce, group(4, 4, 4), fat_tree(16, 1, {4}, {4})) == Approx(6 * kHop_s + 4 * share));
  CHECK(agreed(Kind::all_reduce, group(4, 4, 4), fat_tree(16, 1, {4}, {2})) == Approx(6 * kHop_s + 2 * share));
  CHECK(agreed(Kind::all_reduce, group(4, 4, 4), fat_tree(16, 1, {4}, {1})) == Approx(6 * kHop_s + share));
}

TEST_CASE("an all-to-all over an over-subscribed tree takes what its leaves have to send above") {
  // 4 nodes of a leaf send a sixteenth of 100 MB to each of 12 others, over one link or over four.
  const double leaf_s = 4 * 12 * (1e8 / 16) / kBandwidth;
  CHECK(agreed(Kind::all_to_all, everyone(16), fat_tree(16, 1, {4}, {4})) == Approx(15 * kHop_s + leaf_s));
  CHECK(agreed(Kind::all_to_all, everyone(16), fat_tree(16, 1, {4}, {2})) == Approx(15 * kHop_s + leaf_s / 2));
  CHECK(agreed(Kind::all_to_all, everyone(16), fat_tree(16, 1, {4}, {1})) ==
        Approx(agreed(Kind::all_to_all, everyone(16), described(16, 1))));
  CHECK(agreed(Kind::all_to_all, everyone(32), fat_tree(8, 4, {2}, {1})) ==
        Approx(agreed(Kind::all_to_all, everyone(32), described(8, 4))));
}

TEST_CASE("a link above a switch that is slower than a node's slows a single message") {
  CHECK(agreed(Kind::send, group(2, 1), fat_tree(2, 1, {1}, {8})) == Approx(kHop_s + 8 * 0.1));
  CHECK(agreed(Kind::send, group(2, 4, 4), fat_tree(8, 1, {4}, {8})) == Approx(kHop_s + 8 * 0.1));
  CHECK(agreed(Kind::send, group(2, 1), fat_tree(8, 1, {4}, {8})) == Approx(kHop_s + 0.1));
}

TEST_CASE("a ring over a torus in the order of its nodes crosses no link twice but where lines end") {
  // From the end of a line to the start of the next: one step around and one on, where the ring of the second dimension is used alone.
  CHECK(agreed(Kind::all_reduce, everyone(16), torus(16, 1, {4, 4})) == Approx(agreed(Kind::all_reduce, everyone(16), described(16, 1))));
}

TEST_CASE("messages half around a ring of nodes share its links") {
  // The first four of 8 nodes send to those 4 on: 0 and 2 upwards, 1 and 3 downwards, two of either over the same two links.
  CHECK(agreed(Kind::shift, group(2, 4, 4), torus(8, 1, {8})) == Approx(kHop_s + 2 * 0.1));
}

TEST_CASE("messages between two groups of a dragonfly share what joins these") {
  CHECK(agreed(Kind::send, group(2, 8, 8), dragonfly(16, 1, {2, 4}, 8, 2)) == Approx(kHop_s + 8 * 0.1 / 2));
  // One router of the group leads there, and two nodes of each of the others share a link to it.
  CHECK(agreed(Kind::send, group(2, 8, 8), dragonfly(16, 1, {2, 4}, 1, 8)) == Approx(kHop_s + 2 * 0.1));
}

TEST_CASE("a ring in any order takes as long as its busiest link, as both engines find") {
  std::mt19937 random(5);
  const Platform platform = fat_tree(16, 1, {4}, {4});
  double longest = 0;
  for (int draw = 0; draw < 20; ++draw) {
    INFO("draw " << draw);
    Communicator ring = everyone(16);
    for (int rank = 0; rank < 16; ++rank) ring.members.push_back(rank);
    std::shuffle(ring.members.begin(), ring.members.end(), random);
    const double times = (agreed(Kind::all_reduce, ring, platform) - 30 * kHop_s) / (kRing * 1e8 / kBandwidth);
    CHECK(times == Approx(std::round(times)).epsilon(1e-6));
    longest = std::max(longest, times);
  }
  CHECK(longest > 3);
}

TEST_CASE("both engines agree on every collective alone over any network") {
  for (const Platform& platform : networks())
    for (const auto algorithm : {ring, automatic, recursive_halving_doubling, double_binary_tree, hierarchical, recursive_doubling})
      for (const Kind kind : {Kind::all_reduce, Kind::all_gather, Kind::reduce_scatter, Kind::all_to_all, Kind::broadcast, Kind::shift}) {
        const int ranks = platform.devices();
        INFO(to_string(algorithm) << " " << to_string(kind) << " over " << platform.nodes << " x " << platform.devices_per_node);
        const Collective collective{kind, algorithm, 0, Bytes(1e8)};
        CHECK(agreed(collective, everyone(ranks), platform) > 0);
        if (algorithm != ring) continue;
        CHECK(agreed(collective, group(ranks / 2, 2, 2), platform) > 0);
        CHECK(agreed(collective, group(2, ranks / 2, ranks / 2), platform) > 0);
      }
}
