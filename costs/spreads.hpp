#pragma once

namespace forerun {

/// How far off may be what predictions rest on beside the figures of a calibration, which carry their own spreads: standard deviations of
/// logarithms. Zero: known exactly.
struct Spreads {
  double device = 0;           ///< devices of one kind, all kernels together
  double software = 0;         ///< one year's libraries and frameworks on a published GPU and another's, all kernels together
  double scaling = 0;          ///< times of a measured core scaled to a machine that nobody measured, all kernels together
  double intra_bandwidth = 0;  ///< what collectives reach inside a node
  double inter_bandwidth = 0;  ///< and between nodes
  double messages = 0;         ///< latencies and the overhead of a collective, together
  double protocols = 0;        ///< what the library's protocols and a switch that adds up carry
  double published_model = 0;  ///< what the time model of a GPU leaves of measurements, its figures being right
  double measured_model = 0;   ///< the same of a machine whose kernels were measured

  friend bool operator==(const Spreads&, const Spreads&) = default;
};

/// The shipped ones (costs/spreads.yaml, each with its source), read once.
const Spreads& shipped_spreads();

}  // namespace forerun
