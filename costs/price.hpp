#pragma once

#include <vector>

#include "core/plan.hpp"
#include "core/scenario.hpp"
#include "costs/placement.hpp"

namespace forerun {

/// How many bytes carry how much of a message: NCCL's protocols trade bandwidth for latency [NCCL, src/graph/tuning.cc].
enum class Protocol { simple, low_latency, low_latency_128 };

/// How a transfer is carried out, once the library has chosen.
struct TransferChoice {
  CollectiveAlgorithm algorithm = CollectiveAlgorithm::ring;
  Protocol protocol = Protocol::simple;

  friend bool operator==(const TransferChoice&, const TransferChoice&) = default;
};

/// What one operation costs alone. A compute operation or a delay takes `latency`; a transfer or a disk operation takes
///   latency + drain, drain = max over the links it crosses of bytes / capacity.
struct OperationCost {
  Seconds latency;        ///< compute or delay: its duration; transfer: alpha x hops, or all of a collective measured as a whole
  Seconds drain;          ///< zero for anything but a transfer over links, and disk operations
  Bytes edge_bytes;       ///< transfer: bytes that each rank sends to its successor in the ring (zero: nothing to play on links)
  double crossing = 1;    ///< an edge between nodes carries so many times as much
  bool closed = true;     ///< the last rank sends to the first
  TransferChoice choice;  ///< of another algorithm than the ring the phases stand in played_phases(), `edge_bytes` is of the first
  double expansion = 1;   ///< bytes on the wire for each byte of data

  [[nodiscard]] constexpr Seconds duration() const { return latency + drain; }
  friend bool operator==(const OperationCost&, const OperationCost&) = default;
};

/// The cost of each operation of the plan, by its index. Both engines use it; it knows nothing of the other operations but how long all of
/// them take one after the other, where the machine's caches forget meanwhile (kernel_time_in_step()).
/// A computation without a duration takes that of the platform's roofline, max(flops / rate, bytes / bandwidth) [Williams, Waterman &
/// Patterson 2009].
/// Throws MissingCapability where the calibration has no model for kernels of the plan, with all of them, or the platform no roofline that
/// it needs.
std::vector<OperationCost> price(const StepPlan& plan, const Scenario& scenario);

/// Whether the platform is the machine that was calibrated: then its slow spells are part of what kernels cost. A described platform
/// takes the kernel times of a calibration, not the neighbours of its host.
inline bool is_calibrated_machine(const Platform& platform, const Calibration& calibration) {
  return platform.name == "this-machine" && calibration.name == platform.name;
}

}  // namespace forerun
