#include <catch2/catch.hpp>

#include "platforms/load.hpp"
#include "tests/support/folder.hpp"

namespace forerun {
namespace {

Platform round_trip(const Platform& platform) {
  const Folder folder;
  put(folder / "x.yaml", platform_yaml(platform));
  return load_platform({.value = (folder / "x.yaml").string()}, {});
}

}  // namespace

TEST_CASE("a platform reads back as it was written", "[unit]") {
  const Platform full{.name = "lab: \"two\" #1",
                      .device = "cpu",
                      .calibration = "./other.json",
                      .nodes = 3,
                      .devices_per_node = 2,
                      .memory_per_node = Bytes(25'123'456'789),
                      .device_memory = Bytes(123'456'789),
                      .inter_node = {BytesPerSecond(1e9 / 3), Seconds(1e-6 / 3)},
                      .ingress = BytesPerSecond(1e10 / 7),
                      .intra_node = {BytesPerSecond(1.7e10), Seconds(0)},
                      .host_link = BytesPerSecond(1e10 / 3),
                      .fabric = NodeFabric::nvlink,
                      .compute_capability = 103,
                      .intra_node_share = 1.0 / 3,
                      .inter_node_share = 0.7,
                      .nics = 5,
                      .ring_nics = 3,
                      .library = CollectiveLibrary::mpi,
                      .collective_overhead = Seconds(1e-5 / 3),
                      .device_rate = FlopsPerSecond(1e14 / 3),
                      .device_bandwidth = BytesPerSecond(2e12),
                      .price = Price{Dollars(1.0 / 3), Dollars(0.1), "x: y", "2026", "#1"},
                      .startup = Seconds(96.9),
                      .node_power = Watts(1000.0 / 3),
                      .compute_jitter = 0.1,
                      .device_spread = 1.0 / 30,
                      .slow_devices = {{0, 4.0 / 3}, {5, 2}},
                      .slow_links = {{0, 10.0 / 3, Seconds(1.0 / 3), Seconds(2e9)}, {1, 4, Seconds(0), {}}, {2, 2, Seconds(1), {}}},
                      .loader_rate = 1000.0 / 3,
                      .source = "two: lines"};
  CHECK(round_trip(full) == full);
}

TEST_CASE("a node's processor and cores read back as they were written", "[unit]") {
  Platform node{.name = "n", .device = "cpu", .processor = "skylake-sp", .cores = 36, .memory_per_node = Bytes(kGiB)};
  CHECK(round_trip(node) == node);
}

TEST_CASE("what a platform lacks is left out of its file", "[unit]") {
  Platform bare;
  bare.name = "this-machine";
  bare.device = "cpu";
  bare.memory_per_node = Bytes(kGiB);
  CHECK(round_trip(bare) == bare);
  CHECK(platform_yaml(bare) == "name: \"this-machine\"\nnodes: 1\ndevices-per-node: 1\ndevice: \"cpu\"\nmemory-per-node: 1 GiB\n");
}

TEST_CASE("a platform is written in the units that people use, where they are exact", "[unit]") {
  Platform platform{.name = "x", .device = "cpu"};
  platform.memory_per_node = Bytes(16 * kGiB);
  platform.inter_node = {BytesPerSecond(1.25e9), Seconds(50e-6)};
  platform.intra_node = {BytesPerSecond(450e9), Seconds(1.0 / 3)};
  platform.device_rate = FlopsPerSecond(312e12);
  platform.device_bandwidth = BytesPerSecond(123'456'789);
  const std::string text = platform_yaml(platform);
  for (const char* line :
       {"memory-per-node: 16 GiB\n", "link-bandwidth: 10 Gbit/s\nlink-latency: 50 us\n", "intra-node-bandwidth: 450 GB/s\n",
        "intra-node-latency: 0.3333333333333333 s\n", "device-rate: 312 Tflop/s\n", "device-bandwidth: 123456789 B/s\n"})
    CHECK(text.find(line) != std::string::npos);
  CHECK(round_trip(platform) == platform);
}

}  // namespace forerun
