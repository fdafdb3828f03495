#pragma once

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/route_table.hpp"
#include "core/storage.hpp"
#include "core/units.hpp"

namespace forerun {

/// A full-duplex link: bandwidth of each direction, end-to-end latency of a message over it, software included.
struct Link {
  BytesPerSecond bandwidth;
  Seconds latency;

  friend bool operator==(const Link&, const Link&) = default;
};

/// The communication library whose choices `CollectiveAlgorithm::automatic` follows, and whose messages cost what its tuning says.
enum class CollectiveLibrary { none, nccl, gloo, mpi };
std::string_view to_string(CollectiveLibrary library);

/// What joins the devices of a node.
enum class NodeFabric {
  pcie,
  nvlink,
  nvlink_reducing  ///< an NVLink switch that sums what passes through it (NVLS: Hopper and later)
};
std::string_view to_string(NodeFabric fabric);

/// What joins the nodes. Every node has one link into it, `Platform::inter_node`; what lies behind that link is said here, and
/// platforms/fabric.hpp lays it out. Numbers that the kind does not use are zero.
struct Topology {
  enum class Kind {
    star,       ///< one switch that blocks nothing
    fat_tree,   ///< switches in levels
    torus,      ///< a router a node, in a grid that closes upon itself
    dragonfly,  ///< groups of routers, all joined to all
    routes      ///< links and routes as a file lists them
  };
  static constexpr int kMostLevels = 6;

  Kind kind = Kind::star;
  /// Fat tree: nodes of a leaf switch, then switches under a switch of each further level, a last level above joins all that there are.
  /// Torus: nodes along each dimension, the first one filled first; their product is the platform's nodes.
  /// Dragonfly: nodes of a router, routers of a group; as many groups as the nodes need. Each 1 or more, and zero from there on.
  std::array<int, kMostLevels> shape{};
  /// Fat tree: what a switch of each level carries below over what it carries above; 1 or more.
  std::array<double, kMostLevels> oversubscription{};
  BytesPerSecond local;   ///< torus: of a link between neighbours; dragonfly: of one inside a group; each direction. Zero: as a node's
  BytesPerSecond global;  ///< dragonfly: of what joins two groups, each direction. Zero: as a node's
  SharedRoutes routes;    ///< of that kind alone

  /// Nodes that the network joins, where a platform's are some of them: its node i is the network's node first_node + i node_stride.
  /// Zero: the platform's own nodes and no others.
  int network_nodes = 0;
  int first_node = 0;
  int node_stride = 1;

  /// How many numbers `shape` has.
  [[nodiscard]] int levels() const {
    int count = 0;
    while (count < kMostLevels && shape[count] > 0) ++count;
    return count;
  }
  friend bool operator==(const Topology&, const Topology&) = default;
};
std::string_view to_string(Topology::Kind kind);

/// A device that is slower than the others for the whole run; the simulator's alone, as the next.
struct SlowDevice {
  int device = 0;     ///< counted over all nodes, from zero
  double factor = 1;  ///< its compute takes so many times as long, >= 1

  friend bool operator==(const SlowDevice&, const SlowDevice&) = default;
};

/// A spell in which a node's link into the network is slower, in both directions.
struct SlowLink {
  int node = 0;
  double factor = 1;             ///< its bandwidth is divided by it, >= 1
  Seconds from;                  ///< counted from the start of the first step
  std::optional<Seconds> until;  ///< empty: to the end of the run

  friend bool operator==(const SlowLink&, const SlowLink&) = default;
};

/// What a node costs an hour.
struct Price {
  Dollars on_demand;
  std::optional<Dollars> spot;  ///< of a node that may be taken away; empty: not known
  std::string region;           ///< empty where the price has none
  std::string date;             ///< when it was so, YYYY-MM-DD or as exactly as its source says; empty: not given
  std::string source;           ///< empty: not given

  friend bool operator==(const Price&, const Price&) = default;
};

/// How much faster a communication library is than its tuning's constants: what a sensitivity analysis moves. 1: as published.
struct LibrarySpeed {
  double messages = 1;   ///< over its latencies
  double protocols = 1;  ///< on the most that a protocol or its switch carries

  friend bool operator==(const LibrarySpeed&, const LibrarySpeed&) = default;
};

/// Nodes joined by a network, each with some devices. On a CPU platform a device is one core.
/// A node has one link into the network, of all its network cards together. Links carry each direction apart; a GPU's `intra_node` is all
/// of its NVLink or PCIe lanes. Devices of one node exchange data through `intra_node`; where its bandwidth is zero the calibration's
/// measured collectives price them.
struct Platform {
  std::string name;
  std::string device;       ///< what the calibration must describe
  std::string calibration;  ///< the shipped calibration used when none is given; empty for this machine's own
  int nodes = 1;
  int devices_per_node = 1;
  std::string processor;  ///< of a node, where a CPU computes: a name of platforms/data/processors.csv; empty: not given
  int cores = 0;          ///< of it that the node has, physical ones; with `processor` alone, zero otherwise
  Bytes memory_per_node;  ///< of the host; a CPU platform's devices share it evenly. Zero: not given
  Bytes device_memory;    ///< of one device's own; zero: its share of the node's
  Link inter_node;
  BytesPerSecond ingress;  ///< that a node takes in over its link, where only what it sends is limited; zero: as much as it sends
  Topology topology;
  Link intra_node;
  BytesPerSecond host_link;  ///< of one device to its node's memory, each direction, at once with the others'; zero: not given
  NodeFabric fabric = NodeFabric::pcie;
  int compute_capability = 0;   ///< of CUDA devices, times ten: 70 Volta, 80 Ampere, 90 Hopper, 100 Blackwell; 0: none
  double intra_node_share = 1;  ///< of intra_node's bandwidth that collectives reach, in (0, 1]
  double inter_node_share = 1;  ///< of inter_node's
  int nics = 1;                 ///< of a node; inter_node's bandwidth is their sum
  int ring_nics = 0;            ///< that rings with several ranks in a node reach together; 0: all
  CollectiveLibrary library = CollectiveLibrary::none;
  LibrarySpeed library_speed;
  Seconds collective_overhead;      ///< that a collective takes beside its messages: launch, and meeting of the ranks
  FlopsPerSecond device_rate;       ///< of one device; with its bandwidth the roofline of computations that nobody timed; zero: not given
  BytesPerSecond device_bandwidth;  ///< of one device's memory; zero: not given
  std::optional<Price> price;       ///< empty: not known
  std::optional<Seconds> startup;   ///< from asking for the machines to running on them; empty: not known
  std::optional<Watts> node_power;  ///< of a node beside its GPUs: processors, memory, network, fans; empty: not known
  double compute_jitter = 0;        ///< a rank's compute takes 1 + u x jitter, u uniform in [0, 1); the simulator's alone
  double device_spread = 0;         ///< standard deviation of the logarithm of a device's compute time, for the whole run; likewise
  std::vector<SlowDevice> slow_devices;
  std::vector<SlowLink> slow_links;
  double loader_rate = 0;              ///< samples a second that one loading process reads ahead; zero: input is ready in memory
  std::optional<Storage> data;         ///< where samples lie; empty: loading them is not described so
  std::optional<Storage> checkpoints;  ///< where checkpoints go; the same as `data` where they are equal. Empty: not described
  std::string source;                  ///< where the figures come from; empty: not given

  [[nodiscard]] int devices() const { return nodes * devices_per_node; }
  /// Nodes that its network joins.
  [[nodiscard]] int network_nodes() const { return topology.network_nodes > 0 ? topology.network_nodes : nodes; }
  /// Which of them a node is.
  [[nodiscard]] int place_of(int node) const { return topology.first_node + node * topology.node_stride; }
  /// Whether the same computation takes every device the same time.
  [[nodiscard]] bool devices_alike() const { return compute_jitter == 0 && device_spread == 0 && slow_devices.empty(); }
  /// What one device has for parameters, activations and the rest; zero: not given.
  [[nodiscard]] Bytes memory_of_device() const { return device_memory > Bytes(0) ? device_memory : memory_per_node / devices_per_node; }
  /// What collectives and sends get of a link.
  [[nodiscard]] BytesPerSecond intra_node_rate() const { return intra_node_share * intra_node.bandwidth; }
  [[nodiscard]] BytesPerSecond inter_node_rate() const { return inter_node_share * inter_node.bandwidth; }
  /// The same of what a node takes in, no less than it sends.
  [[nodiscard]] BytesPerSecond ingress_rate() const { return inter_node_share * std::max(ingress, inter_node.bandwidth); }
  /// What a node takes in while it sends one byte, 1 where links are as fast both ways.
  [[nodiscard]] double ingress_speed() const { return ingress > inter_node.bandwidth ? ingress / inter_node.bandwidth : 1; }
  friend bool operator==(const Platform&, const Platform&) = default;
};

}  // namespace forerun
