#include "platforms/load.hpp"

#include <catch2/catch.hpp>

#include "tests/support/folder.hpp"
#include "tests/support/message.hpp"

namespace forerun {
namespace fs = std::filesystem;
namespace {

Text option(const std::string& name) { return {.value = name, .file = "--platform"}; }
Text setting(const std::string& key, const std::string& value) { return {.value = value, .file = "--set", .key = key}; }

Platform load(const std::string& name, const std::vector<Text>& settings = {}, const std::vector<fs::path>& search = {}) {
  return load_platform(option(name), settings, search);
}

std::string error_of(const std::string& name, const std::vector<Text>& settings = {}) {
  return message_of([&] { load(name, settings); });
}

std::string file_error(const std::string& text, const std::vector<Text>& settings = {}) {
  const Folder folder;
  put(folder / "p.yaml", text);
  std::string message = error_of((folder / "p.yaml").string(), settings);
  const std::string prefix = folder.path().string() + "/";
  for (std::size_t at = message.find(prefix); at != std::string::npos; at = message.find(prefix)) message.erase(at, prefix.size());
  return message;
}

}  // namespace

TEST_CASE("cpu-cluster ships with one node, its link and its calibration", "[unit]") {
  const Platform platform = load("cpu-cluster");
  CHECK(platform == Platform{.name = "cpu-cluster",
                             .device = "cpu",
                             .calibration = "cpu-cluster",
                             .nodes = 1,
                             .devices_per_node = 1,
                             .memory_per_node = Bytes(16 * kGiB),
                             .inter_node = {BytesPerSecond(1.25e9), Seconds(50e-6)},
                             .intra_node = {},
                             .compute_jitter = 0});
}

TEST_CASE("every key of a platform is a setting", "[unit]") {
  const Platform platform = load("cpu-cluster", {setting("nodes", "3"),
                                                 setting("devices-per-node", "2"),
                                                 setting("link-bandwidth", "25Gbit/s"),
                                                 setting("ingress-bandwidth", "100Gbit/s"),
                                                 setting("link-latency", "5us"),
                                                 setting("intra-node-bandwidth", "12GB/s"),
                                                 setting("intra-node-latency", "0us"),
                                                 setting("memory-per-node", "8GiB"),
                                                 setting("compute-jitter", "5%"),
                                                 setting("device-spread", "3%"),
                                                 setting("slow-devices", "5:1.5"),
                                                 setting("slow-links", "2:4:1s..2s"),
                                                 setting("device", "cuda"),
                                                 setting("calibration", "other"),
                                                 setting("device-memory", "3GiB"),
                                                 setting("device-rate", "2Tflop/s"),
                                                 setting("device-bandwidth", "1TB/s"),
                                                 setting("compute-capability", "8.6"),
                                                 setting("link-share", "0.9"),
                                                 setting("intra-node-share", "80%"),
                                                 setting("nics", "4"),
                                                 setting("ring-nics", "2"),
                                                 setting("fabric", "nvlink-reducing"),
                                                 setting("collective-library", "gloo"),
                                                 setting("collective-overhead", "7us"),
                                                 setting("loader-rate", "265"),
                                                 setting("price", "2.5USD/h"),
                                                 setting("spot-price", "0.5USD/h"),
                                                 setting("region", "here"),
                                                 setting("price-date", "2026-01-02"),
                                                 setting("price-source", "me"),
                                                 setting("startup", "2min"),
                                                 setting("node-power", "1.1kW"),
                                                 setting("host-link-bandwidth", "16GB/s"),
                                                 setting("source", "a page")});
  const Platform expected{.name = "cpu-cluster",
                          .device = "cuda",
                          .calibration = "other",
                          .nodes = 3,
                          .devices_per_node = 2,
                          .memory_per_node = Bytes(8 * kGiB),
                          .device_memory = Bytes(3 * kGiB),
                          .inter_node = {BytesPerSecond(3.125e9), Seconds(5e-6)},
                          .ingress = BytesPerSecond(12.5e9),
                          .intra_node = {BytesPerSecond(12e9), Seconds(0)},
                          .host_link = BytesPerSecond(16e9),
                          .fabric = NodeFabric::nvlink_reducing,
                          .compute_capability = 86,
                          .intra_node_share = 0.8,
                          .inter_node_share = 0.9,
                          .nics = 4,
                          .ring_nics = 2,
                          .library = CollectiveLibrary::gloo,
                          .collective_overhead = Seconds(7e-6),
                          .device_rate = FlopsPerSecond(2e12),
                          .device_bandwidth = BytesPerSecond(1e12),
                          .price = Price{Dollars(2.5), Dollars(0.5), "here", "2026-01-02", "me"},
                          .startup = Seconds(120),
                          .node_power = Watts(1100),
                          .compute_jitter = 0.05,
                          .device_spread = 0.03,
                          .slow_devices = {{5, 1.5}},
                          .slow_links = {{2, 4, Seconds(1), Seconds(2)}},
                          .loader_rate = 265,
                          .source = "a page"};
  CHECK(platform == expected);
}

TEST_CASE("the bandwidth of a node's cards is that of its link", "[unit]") {
  CHECK(load("cpu-cluster", {setting("nic-bandwidth", "100GB/s")}).inter_node.bandwidth == BytesPerSecond(1e11));
  const Folder folder;
  put(folder / "p.yaml", "memory-per-node: 4 GiB\nnic-bandwidth: 2 GB/s\nlink-latency: 1 us\n");
  CHECK(load((folder / "p.yaml").string()).inter_node.bandwidth == BytesPerSecond(2e9));
  CHECK(load((folder / "p.yaml").string(), {setting("link-bandwidth", "3GB/s")}).inter_node.bandwidth == BytesPerSecond(3e9));
  CHECK(file_error("memory-per-node: 4 GiB\nnic-bandwidth: 2 GB/s\nlink-bandwidth: 2 GB/s\nlink-latency: 1 us\n") ==
        "p.yaml:2:16: nic-bandwidth: is the same as link-bandwidth, which is given too (got 2 GB/s)");
}

TEST_CASE("a node takes in as much as it sends, or more where a platform says so", "[unit]") {
  CHECK(load("cpu-cluster").ingress_rate() == load("cpu-cluster").inter_node_rate());
  CHECK(load("cpu-cluster").ingress_speed() == 1);
  const Platform limited = load("cpu-cluster", {setting("ingress-bandwidth", "40Gbit/s"), setting("link-share", "0.5")});
  CHECK(limited.ingress_rate() == BytesPerSecond(2.5e9));
  CHECK(limited.ingress_speed() == Approx(4));
  CHECK(error_of("cpu-cluster", {setting("ingress-bandwidth", "1Gbit/s")}) ==
        "--set: platform.ingress-bandwidth: is less than a node sends (got 1Gbit/s, allowed link-bandwidth or more)");
  CHECK(file_error("memory-per-node: 4 GiB\ningress-bandwidth: 1 GB/s\n") ==
        "p.yaml:2:20: link-bandwidth: is missing: ingress-bandwidth is given without it");
}

TEST_CASE("memory is a device's own, or its share of the node's", "[unit]") {
  const std::vector<Text> four{setting("devices-per-node", "4")};
  CHECK(load("cpu-cluster", four).memory_of_device() == Bytes(4 * kGiB));
  CHECK(load("cpu-cluster", {four[0], setting("device-memory", "3GiB")}).memory_of_device() == Bytes(3 * kGiB));
  CHECK(file_error("device-memory: 3 GiB\n") == "no BadInput");
}

TEST_CASE("words and shares of the network are checked", "[unit]") {
  CHECK(error_of("cpu-cluster", {setting("fabric", "nvlnk")}) ==
        "--set: platform.fabric: unknown value (got nvlnk, allowed pcie, nvlink, nvlink-reducing). Did you mean nvlink?");
  CHECK(error_of("cpu-cluster", {setting("collective-library", "ncll")}).find("Did you mean nccl?") != std::string::npos);
  CHECK(error_of("cpu-cluster", {setting("link-share", "0")}).find("is out of range") != std::string::npos);
  CHECK(error_of("cpu-cluster", {setting("intra-node-share", "1.01")}).find("is out of range") != std::string::npos);
  CHECK(error_of("cpu-cluster", {setting("nics", "0")}).find("is out of range") != std::string::npos);
  CHECK(error_of("cpu-cluster", {setting("nics", "4"), setting("ring-nics", "5")}) ==
        "--set: platform.ring-nics: is more than the node has (got 5, allowed 1 to nics, 4)");
}

TEST_CASE("a platform of more devices than can be counted is refused", "[unit]") {
  CHECK(error_of("cpu-cluster", {setting("nodes", "1048576"), setting("devices-per-node", "4096"), setting("intra-node-bandwidth", "1GB/s"),
                                 setting("intra-node-latency", "1us")}) ==
        "--set: platform.nodes: makes 4294967296 devices with devices-per-node (got 1048576, allowed at most 1073741824)");
  CHECK(load("cpu-cluster", {setting("nodes", "1048576"), setting("devices-per-node", "1024"), setting("intra-node-bandwidth", "1GB/s"),
                             setting("intra-node-latency", "1us")})
            .devices() == 1 << 30);
}

TEST_CASE("what belongs to a price needs one", "[unit]") {
  CHECK(error_of("cpu-cluster", {setting("spot-price", "1USD/h")}) == "--set: platform.price: is missing: spot-price is given without it");
  CHECK(error_of("cpu-cluster", {setting("price", "3")}).find("has no unit") != std::string::npos);
  CHECK(error_of("cpu-cluster", {setting("region", "eu-west-1")}).find("no price is known there") != std::string::npos);
}

TEST_CASE("a file takes its name from itself or from its path", "[unit]") {
  const Folder folder;
  put(folder / "lab.yaml", "memory-per-node: 4 GiB\n");
  const Platform platform = load((folder / "lab.yaml").string());
  CHECK(platform.name == "lab");
  CHECK(platform.device == "cpu");
  CHECK(platform.nodes == 1);
  CHECK(platform.calibration.empty());
  put(folder / "lab.yaml", "name: attic\nmemory-per-node: 4 GiB\n");
  CHECK(load((folder / "lab.yaml").string()).name == "attic");
}

TEST_CASE("an unknown platform is answered with the nearest and all known ones", "[unit]") {
  CHECK(error_of("cpu-clutser") ==
        "--platform: unknown platform (got cpu-clutser, allowed abci-v100, cpu-cluster, dgx-a100-40gb, dgx-a100-80gb, dgx-h100, dgx1-p100, "
        "dgx1-v100, dgx2-v100, gb200-nvl72, gh200-node, hgx-b200, hgx-h200, this-machine, a cloud machine such as aws:p3.2xlarge (`forerun "
        "show "
        "platform` lists all), or a YAML file). Did you mean cpu-cluster?");
  CHECK(error_of("dgx-a100-80g").find("Did you mean dgx-a100-80gb?") != std::string::npos);
  CHECK(error_of("aws:p3.2xlage").find("Did you mean aws:p3.2xlarge?") != std::string::npos);
  CHECK(error_of("devices").find("unknown platform") != std::string::npos);
  CHECK(error_of("").find("unknown platform") != std::string::npos);
}

TEST_CASE("this-machine says how it comes to be, until it is there", "[unit]") {
  CHECK(error_of("this-machine") == "--platform: this machine has not been measured yet: run `forerun calibrate` (got this-machine)");
  const Folder folder;
  put(folder / "this-machine.yaml", "name: this-machine\ndevices-per-node: 2\nmemory-per-node: 4 GiB\n");
  CHECK(load("this-machine", {}, {folder / "none", folder.path()}).devices_per_node == 2);
}

TEST_CASE("a machine that is described stands for this-machine until a file does", "[unit]") {
  const Platform machine{.name = "this-machine", .device = "cpu", .devices_per_node = 6, .memory_per_node = Bytes(8 * kGiB)};
  const Folder folder;
  const std::vector<fs::path> search{folder.path()};
  const Text three{"3", "--set", 0, 0, "devices-per-node"};
  CHECK(load_platform(option("this-machine"), {}, search, &machine) == machine);
  CHECK(load_platform(option("this-machine"), std::span(&three, 1), search, &machine).devices_per_node == 3);
  put(folder / "this-machine.yaml", "name: this-machine\ndevices-per-node: 2\nmemory-per-node: 4 GiB\n");
  CHECK(load_platform(option("this-machine"), {}, search, &machine).devices_per_node == 2);
}

TEST_CASE("a folder that is searched wins over what ships", "[unit]") {
  const Folder folder;
  put(folder / "cpu-cluster.yaml", "memory-per-node: 4 GiB\n");
  CHECK(load("cpu-cluster", {}, {folder.path()}).memory_per_node == Bytes(4 * kGiB));
}

TEST_CASE("a link without its latency is bad input with file and line", "[unit]") {
  CHECK(file_error("name: p\nnodes: 4\nmemory-per-node: 4 GiB\nlink-bandwidth: 10 Gbit/s\n") ==
        "p.yaml:2:8: link-latency: is missing: more than one node needs it");
  CHECK(file_error("memory-per-node: 4 GiB\nlink-bandwidth: 10 Gbit/s\n") ==
        "p.yaml:2:17: link-latency: is missing: link-bandwidth is given without it");
  CHECK(file_error("memory-per-node: 4 GiB\nlink-latency: 10 us\n") ==
        "p.yaml:2:15: link-bandwidth: is missing: link-latency is given without it");
  CHECK(file_error("nodes: 2\nmemory-per-node: 4 GiB\n") ==
        "p.yaml:1:8: link-bandwidth: is missing: more than one node needs it\n"
        "p.yaml:1:8: link-latency: is missing: more than one node needs it");
}

TEST_CASE("one node needs no link, and a setting can supply what a file leaves out", "[unit]") {
  const std::string one = "memory-per-node: 4 GiB\ndevices-per-node: 8\n";
  CHECK(file_error(one) == "no BadInput");
  CHECK(file_error(one, {setting("nodes", "2")}).find("--set: platform.link-bandwidth: is missing: more than one node needs it") == 0);
  CHECK(file_error("nodes: 2\nmemory-per-node: 4 GiB\n", {setting("link-bandwidth", "1GB/s"), setting("link-latency", "1us")}) ==
        "no BadInput");
}

TEST_CASE("several nodes of several devices need a link inside the node", "[unit]") {
  const std::string base = "nodes: 2\ndevices-per-node: 4\nmemory-per-node: 4 GiB\nlink-bandwidth: 1 GB/s\nlink-latency: 1 us\n";
  CHECK(file_error(base) ==
        "p.yaml:2:19: intra-node-bandwidth: is missing: several nodes of several devices need it\n"
        "p.yaml:2:19: intra-node-latency: is missing: several nodes of several devices need it");
  CHECK(file_error(base + "intra-node-bandwidth: 9 GB/s\nintra-node-latency: 1 us\n") == "no BadInput");
  CHECK(file_error("memory-per-node: 4 GiB\nintra-node-latency: 1 us\n") ==
        "p.yaml:2:21: intra-node-bandwidth: is missing: intra-node-latency is given without it");
}

TEST_CASE("negative, zero and unit-less quantities are bad input", "[unit]") {
  CHECK(error_of("cpu-cluster", {setting("link-bandwidth", "-25Gbit/s")}) ==
        "--set: platform.link-bandwidth: is negative (got -25Gbit/s, allowed more than zero)");
  CHECK(error_of("cpu-cluster", {setting("link-bandwidth", "25")}) ==
        "--set: platform.link-bandwidth: has no unit (got 25, allowed a number with a unit, such as 25 Gbit/s)");
  CHECK(error_of("cpu-cluster", {setting("link-bandwidth", "0Gbit/s")}) ==
        "--set: platform.link-bandwidth: is zero (got 0Gbit/s, allowed more than zero)");
  CHECK(error_of("cpu-cluster", {setting("link-latency", "-5us")}) ==
        "--set: platform.link-latency: is negative (got -5us, allowed zero or more)");
  CHECK(error_of("cpu-cluster", {setting("link-latency", "nan us")}).find("is not a number") != std::string::npos);
  CHECK(error_of("cpu-cluster", {setting("nodes", "0")}).find("platform.nodes: is out of range (got 0") != std::string::npos);
  CHECK(error_of("cpu-cluster", {setting("devices-per-node", "-1")}).find("is out of range") != std::string::npos);
  CHECK(error_of("cpu-cluster", {setting("memory-per-node", "16")}).find("has no unit") != std::string::npos);
  CHECK(error_of("cpu-cluster", {setting("compute-jitter", "-0.1")}).find("is out of range") != std::string::npos);
  CHECK(error_of("cpu-cluster", {setting("calibration", "")}) == "--set: platform.calibration: is empty");
  CHECK(file_error("memory-per-node: 4 GiB\nlink-bandwidth: -1 GB/s\nlink-latency: 5\n") ==
        "p.yaml:2:17: link-bandwidth: is negative (got -1 GB/s, allowed more than zero)\n"
        "p.yaml:3:15: link-latency: has no unit (got 5, allowed a number with a unit, such as 5 us)");
}

TEST_CASE("unknown keys and settings are answered with the nearest known one", "[unit]") {
  const std::string unknown = error_of("cpu-cluster", {setting("link-bandwith", "1GB/s")});
  CHECK(unknown.find("--set: platform.link-bandwith: unknown setting (allowed calibration, catalogue, checkpoint-connection-bandwidth, ") ==
        0);
  CHECK(unknown.ends_with("). Did you mean link-bandwidth?"));
  const std::string key = file_error("memory-per-node: 4 GiB\nnode: 2\n");
  CHECK(key.find("p.yaml:2:1: node: unknown key (allowed calibration, ") == 0);
  CHECK(key.ends_with("). Did you mean nodes?"));
}

TEST_CASE("memory must be said", "[unit]") { CHECK(file_error("name: p\n") == "p.yaml:1:1: memory-per-node: is missing"); }

TEST_CASE("a name and settings that are both wrong are reported together", "[unit]") {
  CHECK(error_of("cpu-clutser", {setting("node", "2")}).find("Did you mean cpu-cluster?\n--set: platform.node: unknown setting") !=
        std::string::npos);
}

TEST_CASE("what is no platform file is bad input", "[unit]") {
  const Folder folder;
  CHECK(error_of(folder.path().string()) == folder.path().string() + ": is a directory, not a file");
  CHECK(error_of((folder / "none.yaml").string()) == (folder / "none.yaml").string() + ": no such file");
  CHECK(file_error("nodes: [2\n").find("p.yaml:1:10: YAML syntax: ") == 0);
  CHECK(file_error("- nodes\n").find("p.yaml:1:1: has the wrong form (got a list, allowed a mapping)") == 0);
}

}  // namespace forerun
