#include "costs/transfer_time.hpp"

#include <catch2/catch.hpp>

using namespace forerun;

namespace {

Platform cluster(int nodes, int devices) {
  Platform platform;
  platform.nodes = nodes;
  platform.devices_per_node = devices;
  platform.inter_node = {BytesPerSecond(1e9), Seconds(1e-4)};
  platform.intra_node = {BytesPerSecond(1e10), Seconds(1e-6)};
  return platform;
}

Communicator ring(int size, int stride = 1) {
  Communicator communicator;
  communicator.size = size;
  communicator.member_stride = stride;
  communicator.classes = {0};
  return communicator;
}

const Collective kMegabyte{Collective::Operation::all_reduce, CollectiveAlgorithm::ring, 0, Bytes(1e6)};

OperationCost cost(const Communicator& communicator, const Platform& platform) {
  return transfer_cost(kMegabyte, communicator, platform, Calibration{});
}

}  // namespace

TEST_CASE("a ring over nodes takes its hops' latency and its bytes over the link") {
  const OperationCost ring4 = cost(ring(4), cluster(4, 1));
  CHECK(ring4.latency.value() == Approx(6e-4));
  CHECK(ring4.drain.value() == Approx(1.5e6 / 1e9));
  CHECK(ring4.edge_bytes == Bytes(1.5e6));
  CHECK(ring4.duration() == ring4.latency + ring4.drain);
}

TEST_CASE("a ring inside a node uses the link inside it") {
  const OperationCost inside = cost(ring(4), cluster(2, 4));
  CHECK(inside.latency.value() == Approx(6e-6));
  CHECK(inside.drain.value() == Approx(1.5e6 / 1e10));
}

TEST_CASE("a ring over neighbours leaves a node once, whatever ranks the node has") {
  const OperationCost wide = cost(ring(8), cluster(2, 4));
  CHECK(wide.latency.value() == Approx(14e-4));
  CHECK(wide.drain.value() == Approx(1.75e6 / 1e9));
}

TEST_CASE("strided rings share the link of their node") {
  Communicator strided = ring(2, 4);
  CHECK(cost(strided, cluster(2, 4)).drain.value() == Approx(1e6 / 1e9));
  strided.groups = strided.inner = 4;
  CHECK(cost(strided, cluster(2, 4)).drain.value() == Approx(4 * 1e6 / 1e9));
}

TEST_CASE("a slow link inside the node limits a ring across nodes") {
  Platform platform = cluster(2, 4);
  platform.intra_node.bandwidth = BytesPerSecond(1e8);
  CHECK(cost(ring(8), platform).drain.value() == Approx(1.75e6 / 1e8));
}

TEST_CASE("across nodes a link inside the node that nobody described does not limit") {
  Platform platform = cluster(2, 4);
  platform.intra_node = {};
  CHECK(cost(ring(8), platform).drain.value() == Approx(1.75e6 / 1e9));
}

TEST_CASE("one rank alone transfers nothing") { CHECK(cost(ring(1), cluster(4, 1)).duration() == Seconds(0)); }
