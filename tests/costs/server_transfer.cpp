#include "costs/server_transfer.hpp"

#include <catch2/catch.hpp>

#include "core/error.hpp"
#include "costs/transfer_time.hpp"

using namespace forerun;

namespace {

constexpr Seconds kAlpha(1e-3);

/// A server on the first device of the last node, workers from rank 0 on.
Communicator star(int workers, int server) {
  Communicator star;
  star.size = workers + 1;
  star.members = {server};
  for (int worker = 0; worker < workers; ++worker) star.members.push_back(worker);
  return star;
}

Platform nodes(int count, int devices) {
  Platform platform;
  platform.nodes = count;
  platform.devices_per_node = devices;
  platform.inter_node = {BytesPerSecond(1e9), kAlpha};
  platform.intra_node = {BytesPerSecond(4e9), Seconds(1e-5)};
  return platform;
}

OperationCost cost(Collective::Operation operation, const Communicator& communicator, const Platform& platform) {
  return transfer_cost({operation, CollectiveAlgorithm::ring, 0, Bytes(1e9)}, communicator, platform, Calibration{});
}

}  // namespace

TEST_CASE("a server's link carries its variables once for each worker, and a pull is asked for and answered") {
  for (const int workers : {1, 2, 7}) {
    const OperationCost pull = cost(Collective::Operation::pull, star(workers, workers), nodes(workers + 1, 1));
    const OperationCost push = cost(Collective::Operation::push, star(workers, workers), nodes(workers + 1, 1));
    CHECK(pull.drain.value() == Approx(workers));
    CHECK(push.drain == pull.drain);
    CHECK(pull.latency.value() == Approx(2e-3));
    CHECK(push.latency.value() == Approx(1e-3));
  }
}

TEST_CASE("gradients come in as fast as a server's link takes them, and no faster than workers send them") {
  Platform limited = nodes(8, 1);
  limited.ingress = BytesPerSecond(2e9);
  CHECK(cost(Collective::Operation::pull, star(7, 7), limited).drain.value() == Approx(7));
  CHECK(cost(Collective::Operation::push, star(7, 7), limited).drain.value() == Approx(3.5));
  limited.ingress = BytesPerSecond(100e9);
  CHECK(cost(Collective::Operation::push, star(7, 7), limited).drain.value() == Approx(1));
}

TEST_CASE("workers on a server's node take their variables over its own link") {
  const Communicator shared{.size = 4, .members = {0, 1, 2, 3}};
  CHECK(cost(Collective::Operation::pull, shared, nodes(1, 4)).drain.value() == Approx(3 / 4.0));
  CHECK(cost(Collective::Operation::pull, shared, nodes(1, 4)).latency.value() == Approx(2e-5));
  CHECK(cost(Collective::Operation::pull, shared, nodes(2, 2)).drain.value() == Approx(2));
  Platform undescribed = nodes(1, 4);
  undescribed.intra_node.bandwidth = BytesPerSecond(0);
  CHECK_THROWS_AS(cost(Collective::Operation::pull, shared, undescribed), MissingCapability);
}

TEST_CASE("a server alone with itself moves nothing") {
  const Communicator alone{.size = 1, .members = {0}};
  CHECK(cost(Collective::Operation::push, alone, nodes(1, 1)).duration() == Seconds(0));
}
