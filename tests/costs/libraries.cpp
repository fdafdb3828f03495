#include <catch2/catch.hpp>

#include "costs/nccl.hpp"
#include "costs/openmpi.hpp"
#include "costs/transfer_time.hpp"

using namespace forerun;

namespace {

using Kind = Collective::Operation;
using enum CollectiveAlgorithm;

/// Nodes of eight A100 with 240 GB/s for collectives and eight cards of 200 Gbit/s.
Platform a100(int nodes) {
  Platform platform;
  platform.nodes = nodes;
  platform.devices_per_node = 8;
  platform.fabric = NodeFabric::nvlink;
  platform.compute_capability = 80;
  platform.intra_node = {BytesPerSecond(300e9), Seconds(0)};
  platform.intra_node_share = 0.8;
  platform.inter_node = {BytesPerSecond(200e9), Seconds(0)};
  platform.nics = 8;
  platform.library = CollectiveLibrary::nccl;
  return platform;
}

Communicator everyone(int size) {
  Communicator communicator;
  communicator.size = size;
  communicator.classes = {0};
  return communicator;
}

Collective all_reduce(double bytes, CollectiveAlgorithm algorithm = automatic) { return {Kind::all_reduce, algorithm, 0, Bytes(bytes)}; }

double seconds(const Collective& collective, int ranks, const Platform& platform) {
  return transfer_cost(collective, everyone(ranks), platform, Calibration{}).duration().value();
}

}  // namespace

TEST_CASE("the shipped constants are those of NCCL 2.27.5") {
  const NcclTuning& tuning = nccl_tuning();
  CHECK(tuning.version == "2.27.5");
  CHECK(tuning.base.ring_s[static_cast<int>(Protocol::low_latency)] == Approx(6.6e-6));
  CHECK(tuning.base.ring_s[static_cast<int>(Protocol::simple)] == Approx(8.4e-6));
  CHECK(tuning.nvlink.ring_s[static_cast<int>(Protocol::low_latency_128)] == Approx(1.9e-6));
  CHECK(tuning.network.tree_s[static_cast<int>(Protocol::low_latency)] == Approx(5e-6));
  CHECK(tuning.tree_correction[static_cast<int>(Protocol::low_latency)][12] == Approx(0.4));
  CHECK(tuning.generation(60).capability == 0);
  CHECK(tuning.generation(89).capability == 80);
  CHECK(tuning.generation(90).switch_rate == Approx(320e9));
}

TEST_CASE("NCCL takes low-latency protocols for small buffers and Simple rings for large ones inside a node") {
  const auto chosen = [](double bytes) { return choose(all_reduce(bytes), everyone(8), a100(1)); };
  CHECK(chosen(1e3).protocol == Protocol::low_latency);
  CHECK(chosen(8e6).protocol == Protocol::low_latency_128);
  CHECK(chosen(1e9) == TransferChoice{ring, Protocol::simple});
}

TEST_CASE("a large ring inside a node takes NCCL's latency and the bus bandwidth") {
  // 8.4 + 14 x 3.4 us, 2 x 7 / 8 of the buffer at 240 GB/s.
  CHECK(seconds(all_reduce(1e9), 8, a100(1)) == Approx(56e-6 + 1.75e9 / 240e9));
}

TEST_CASE("a small ring with LL takes its latency and half the bandwidth, at most 87.7 GB/s") {
  const OperationCost found = transfer_cost(all_reduce(64, ring), everyone(8), a100(1), Calibration{});
  CHECK(found.choice.protocol == Protocol::low_latency);
  CHECK(found.latency.value() == Approx(6.6e-6 + 14 * 0.6e-6));
  CHECK(found.expansion == Approx(240 / 87.7));
  Platform slow = a100(1);
  slow.intra_node_share = 0.1;
  CHECK(transfer_cost(all_reduce(64, ring), everyone(8), slow, Calibration{}).expansion == Approx(2));
}

TEST_CASE("over nodes a ring pays the network's steps, and the plateau of Simple where it is long enough") {
  // 2 x (32 - 1) steps of which 2 x (4 - 1) cross; 1.4 times for Ampere; each post costs 3 x 2 us at least.
  const OperationCost found = transfer_cost(all_reduce(4e9, ring), everyone(32), a100(4), Calibration{});
  CHECK(found.choice.protocol == Protocol::simple);
  CHECK(found.latency.value() == Approx(1.4 * (8.4e-6 + 56 * 6e-6 + 6 * 14e-6)));
  CHECK(found.drain.value() == Approx(2.0 * 31 / 32 * 4e9 / 200e9));
}

TEST_CASE("over many nodes trees win for small and medium buffers") {
  for (const double bytes : {1e4, 1e6}) CHECK(choose(all_reduce(bytes), everyone(128), a100(16)).algorithm == double_binary_tree);
  CHECK(choose(all_reduce(8e9), everyone(128), a100(16)).algorithm == ring);
}

TEST_CASE("a forced algorithm is obeyed, and the library still chooses its protocol") {
  CHECK(choose(all_reduce(1e9, double_binary_tree), everyone(128), a100(16)).algorithm == double_binary_tree);
  CHECK(choose(all_reduce(1e4, ring), everyone(128), a100(16)) == TransferChoice{ring, Protocol::low_latency});
  CHECK(choose(all_reduce(1e6, hierarchical), everyone(128), a100(16)).algorithm == hierarchical);
}

TEST_CASE("the library's choice is never slower than a forced ring or tree") {
  for (const int nodes : {1, 2, 3, 16, 100})
    for (double bytes = 64; bytes < 1e10; bytes *= 3)
      for (const auto algorithm : {ring, double_binary_tree})
        CHECK(seconds(all_reduce(bytes), 8 * nodes, a100(nodes)) <= seconds(all_reduce(bytes, algorithm), 8 * nodes, a100(nodes)));
}

TEST_CASE("an all-gather takes the ring of whichever protocol is fastest") {
  const Collective gather{Kind::all_gather, automatic, 0, Bytes(1e3)};
  CHECK(choose(gather, everyone(8), a100(1)) == TransferChoice{ring, Protocol::low_latency});
  CHECK(seconds(gather, 8, a100(1)) == Approx(6.6e-6 + 7 * 0.6e-6 + 7.0 / 8 * 1e3 / 87.7e9));
}

TEST_CASE("a switch that reduces takes large all-reduces inside a Hopper node") {
  Platform h100 = a100(1);
  h100.compute_capability = 90;
  h100.intra_node = {BytesPerSecond(450e9), Seconds(0)};
  h100.intra_node_share = 0.824;
  CHECK(choose(all_reduce(1e9), everyone(8), h100).algorithm == ring);
  h100.fabric = NodeFabric::nvlink_reducing;
  CHECK(choose(all_reduce(1e9), everyone(8), h100).algorithm == switch_reduction);
  CHECK(seconds(all_reduce(1e9), 8, h100) == Approx(25e-6 + 1e9 / (320e9 * 5 / 6)));
  CHECK(choose(all_reduce(1e3), everyone(8), h100).algorithm != switch_reduction);
  h100.nodes = 2;
  CHECK(choose(all_reduce(1e9), everyone(16), h100).algorithm != switch_reduction);
}

TEST_CASE("a switch that reduces sums no faster than its links bring the buffers") {
  Platform slow = a100(1);
  slow.fabric = NodeFabric::nvlink_reducing;
  slow.compute_capability = 90;
  for (const double gigabytes : {1.0, 10.0, 100.0, 1000.0}) {
    slow.intra_node.bandwidth = BytesPerSecond(gigabytes * 1e9);
    CHECK(seconds(all_reduce(1e9, switch_reduction), 8, slow) >= 1e9 * (1 + 1.0 / 8) / slow.intra_node_rate().value());
  }
}

TEST_CASE("without NVLink there is no LL128") {
  Platform pcie = a100(1);
  pcie.fabric = NodeFabric::pcie;
  for (double bytes = 64; bytes < 1e10; bytes *= 2)
    CHECK(choose(all_reduce(bytes), everyone(8), pcie).protocol != Protocol::low_latency_128);
}

TEST_CASE("Gloo, and a platform without a library, take the ring") {
  Platform platform = a100(4);
  for (const auto library : {CollectiveLibrary::gloo, CollectiveLibrary::none}) {
    platform.library = library;
    CHECK(choose(all_reduce(1e3), everyone(32), platform) == TransferChoice{});
  }
}

TEST_CASE("Open MPI 5.0.9 chooses by ranks and bytes") {
  CHECK(openmpi_all_reduce(2, Bytes(7)) == ring);
  CHECK(openmpi_all_reduce(3, Bytes(4095)) == recursive_doubling);
  CHECK(openmpi_all_reduce(3, Bytes(1e5)) == ring);
  CHECK(openmpi_all_reduce(3, Bytes(1e6)) == recursive_halving_doubling);
  CHECK(openmpi_all_reduce(16, Bytes(4095)) == recursive_doubling);
  CHECK(openmpi_all_reduce(16, Bytes(4096)) == recursive_halving_doubling);
  CHECK(openmpi_all_reduce(200, Bytes(1000)) == double_binary_tree);
  CHECK(openmpi_all_reduce(100000, Bytes(1e9)) == recursive_halving_doubling);
}

TEST_CASE("a platform with Open MPI takes what it chooses for an all-reduce, and the ring for the rest") {
  Platform platform = a100(4);
  platform.library = CollectiveLibrary::mpi;
  CHECK(choose(all_reduce(1e6), everyone(32), platform).algorithm == recursive_halving_doubling);
  CHECK(choose({Kind::all_gather, automatic, 0, Bytes(1e6)}, everyone(32), platform).algorithm == ring);
}
