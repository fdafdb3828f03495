#pragma once

#include <string>

#include "core/units.hpp"

namespace forerun {

/// A full-duplex link: bandwidth of each direction, end-to-end latency of a message over it, software included.
struct Link {
  BytesPerSecond bandwidth;
  Seconds latency;

  friend bool operator==(const Link&, const Link&) = default;
};

/// Nodes behind one non-blocking switch, each with some devices. On a CPU platform a device is one core.
/// A node has one link to the switch. Devices of one node exchange data through `intra_node`;
/// where its bandwidth is zero the calibration's measured collectives price them.
struct Platform {
  std::string name;
  std::string device;       ///< what the calibration must describe
  std::string calibration;  ///< the shipped calibration used when none is given; empty for this machine's own
  int nodes = 1;
  int devices_per_node = 1;
  Bytes memory_per_node;
  Link inter_node;
  Link intra_node;
  FlopsPerSecond device_rate;       ///< of one device; with its bandwidth the roofline of computations that nobody timed; zero: not given
  BytesPerSecond device_bandwidth;  ///< of one device's memory; zero: not given
  double compute_jitter = 0;        ///< a rank's compute takes 1 + u x jitter, u uniform in [0, 1); the simulator's alone

  [[nodiscard]] int devices() const { return nodes * devices_per_node; }
  friend bool operator==(const Platform&, const Platform&) = default;
};

}  // namespace forerun
