#include "costs/collectives.hpp"

#include <catch2/catch.hpp>

using namespace forerun;

namespace {
Collective all_reduce(double bytes) { return {Collective::Operation::all_reduce, CollectiveAlgorithm::ring, 0, Bytes(bytes)}; }
}  // namespace

TEST_CASE("a ring all-reduce sends 2 (p - 1) / p of the buffer over each edge in 2 (p - 1) messages") {
  const RingPhase phase = ring_phase(all_reduce(1000), 4);
  CHECK(phase.edge_bytes == Bytes(1500));
  CHECK(phase.hops == 6);
}

TEST_CASE("a ring over one rank moves nothing") {
  CHECK(ring_phase(all_reduce(1000), 1).edge_bytes == Bytes(0));
  CHECK(ring_phase(all_reduce(1000), 1).hops == 0);
}

TEST_CASE("a barrier moves nothing") {
  const Collective barrier{Collective::Operation::barrier, CollectiveAlgorithm::ring, 0, Bytes(0)};
  CHECK(ring_phase(barrier, 8).hops == 0);
}

TEST_CASE("an all-gather, a reduce-scatter and an all-to-all send what a rank does not keep, in p - 1 messages") {
  for (const auto operation :
       {Collective::Operation::all_gather, Collective::Operation::reduce_scatter, Collective::Operation::all_to_all}) {
    const RingPhase phase = ring_phase({operation, CollectiveAlgorithm::ring, 0, Bytes(1000)}, 4);
    CHECK(phase.edge_bytes == Bytes(750));
    CHECK(phase.hops == 3);
    CHECK(phase.closed);
  }
}

TEST_CASE("a broadcast sends the whole buffer along a chain, a send over one edge") {
  const RingPhase chain = ring_phase({Collective::Operation::broadcast, CollectiveAlgorithm::ring, 0, Bytes(1000)}, 4);
  CHECK(chain.edge_bytes == Bytes(1000));
  CHECK(chain.hops == 3);
  CHECK_FALSE(chain.closed);
  CHECK(ring_phase({Collective::Operation::send, CollectiveAlgorithm::ring, 0, Bytes(1000)}, 2).hops == 1);
}

TEST_CASE("a shift sends the whole buffer over every edge of a chain at once") {
  const RingPhase phase = ring_phase({Collective::Operation::shift, CollectiveAlgorithm::ring, 0, Bytes(1000)}, 4);
  CHECK(phase.edge_bytes == Bytes(1000));
  CHECK(phase.hops == 1);
  CHECK_FALSE(phase.closed);
  const Placement over_nodes{4, 2, 2, 1, true};
  const PhaseList phases =
      phases_of({Collective::Operation::shift, CollectiveAlgorithm::ring, 0, Bytes(1000)}, CollectiveAlgorithm::ring, over_nodes);
  REQUIRE(phases.size() == 1);
  CHECK(phases[0].pattern == Phase::Pattern::chain);
  CHECK(phases[0].inside_hops + phases[0].between_hops == 1);
}
