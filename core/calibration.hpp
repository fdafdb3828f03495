#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/units.hpp"
#include "core/workload.hpp"

namespace forerun {

/// What a kernel does for a layer: one pass of it over a batch.
enum class Pass { forward, backward_weights, backward_data, update };
std::string_view to_string(Pass pass);

/// A call of one training kernel. `backward_weights` includes the bias; the loss has a backward_data pass only for its gradient.
struct Kernel {
  LayerShape shape;
  Pass pass = Pass::forward;
  std::int64_t batch = 1;  ///< samples this rank computes at once
  Bytes footprint;         ///< what the rank's whole step touches: decides which cache the kernel finds its data in
  Precision precision = Precision::fp32;
  Optimizer optimizer = Optimizer::sgd_momentum;  ///< of an update

  friend bool operator==(const Kernel&, const Kernel&) = default;
};

/// Where a number comes from, weakest last.
enum class Origin { measured, fitted, published };
std::string_view to_string(Origin origin);

/// One microbenchmark: a kernel, its median time a call and the spread of its repetitions.
struct KernelSample {
  Kernel kernel;
  Seconds median;
  Seconds p10;
  Seconds p90;

  friend bool operator==(const KernelSample&, const KernelSample&) = default;
};

/// One communication benchmark over `ranks` ranks of one node.
struct CollectiveSample {
  std::string operation;  ///< `all-reduce` or `ping-pong`
  int ranks = 2;
  Bytes bytes;
  Seconds median;
  Seconds p10;
  Seconds p90;

  friend bool operator==(const CollectiveSample&, const CollectiveSample&) = default;
};

/// Kernels are slower while the node's other cores are busy too: time with `busy` ranks over time alone. What they share is memory and
/// its caches, so the factor belongs to the size of what the kernel works on.
struct BusyFactor {
  LayerKind kind = LayerKind::dense;
  Pass pass = Pass::forward;
  int busy = 1;
  double factor = 1;
  Bytes working_set;  ///< bytes_moved() of the kernel that it was measured with

  friend bool operator==(const BusyFactor&, const BusyFactor&) = default;
};

/// A machine that is shared is slower for seconds at a time, each core by itself: how large a share of the time, and by what factor.
/// Kernel samples are those of the machine undisturbed.
struct SlowSpells {
  double share = 0;        ///< in [0, 1]
  double factor = 1;       ///< mean time in a spell over the time outside, >= 1
  std::int64_t looks = 0;  ///< how often the watch timed its kernel: the weight where what was seen at several times is pooled
  Seconds usual;           ///< mean time of the watch's kernel outside spells; zero where it is not known

  friend bool operator==(const SlowSpells&, const SlowSpells&) = default;
};

/// The time of one kernel, fitted to its samples by costs/kernel_fit: a physical base times a smooth residual of the shape,
///   t(x) = base(x) exp( sum_i weight_i k(x, x_i) ),   base = overhead + flop / rate + bytes / bandwidth.
/// Rows of `features` are the samples' logarithmic shape features divided by their length scales (costs/kernel_time.hpp).
/// An infinite rate or bandwidth: the samples show no such term.
struct KernelTimeModel {
  LayerKind kind = LayerKind::dense;
  Pass pass = Pass::forward;
  Seconds overhead;
  FlopsPerSecond rate;
  BytesPerSecond bandwidth;
  Eigen::ArrayXd inverse_scales;   ///< one a feature
  Eigen::ArrayXXf features;        ///< samples x features; single precision, since pricing a plan is the inner loop of a search
  Eigen::ArrayXf weights;          ///< one a sample
  double leave_one_out_error = 0;  ///< median of |left out prediction / measured - 1|
};

/// Time of a collective over the ranks of one node by buffer size, log-log linear between measured sizes.
struct CollectiveTimeModel {
  int ranks = 2;
  std::vector<double> log_bytes;
  std::vector<double> log_seconds;
};

/// Everything that was measured on one machine, and the time models that costs/ fitted to it. A file keeps both; the samples' features
/// are computed anew when it is read.
struct Calibration {
  std::string name;
  std::string device;
  std::string host;
  std::string cpu;
  std::string compiler;
  std::string date;  ///< ISO 8601
  std::string mode;  ///< quick or full
  Origin origin = Origin::measured;
  double compute_scale = 1;  ///< another host's time over this host's, fitted to measured runs; 1 = as measured
  std::vector<KernelSample> kernels;
  std::vector<CollectiveSample> collectives;
  std::vector<BusyFactor> busy;
  SlowSpells spells;
  std::vector<KernelTimeModel> kernel_models;
  std::vector<CollectiveTimeModel> all_reduce_models;
};

}  // namespace forerun
