#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/fit_record.hpp"
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
  std::string operation;  ///< by name, as costs/communication_benchmark.hpp has them
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

/// Kernels are slower while a transfer of their own device runs, which takes cores and memory bandwidth from them: their time over their
/// time alone, >= 1. The simulator's alone.
struct OverlapSlowdown {
  double factor = 1;
  Origin origin = Origin::published;
  std::string source;  ///< empty: not known

  friend bool operator==(const OverlapSlowdown&, const OverlapSlowdown&) = default;
};

/// The time of one kernel, fitted to its samples by costs/kernel_fit: a physical base times a smooth residual of the shape,
///   t(x) = base(x) exp( sum_i weight_i k(x, x_i) ),   base = overhead + flop / rate + bytes / bandwidth.
/// `features` holds the samples' logarithmic shape features (costs/kernel_time.hpp) times their inverse length scales, one
/// feature after the other: inverse_scales.size() x weights.size(), in single precision, since a search prices plans in its inner loop.
/// An infinite rate or bandwidth: the samples show no such term.
struct KernelTimeModel {
  LayerKind kind = LayerKind::dense;
  Pass pass = Pass::forward;
  Optimizer optimizer = Optimizer::sgd_momentum;  ///< of an update
  Precision precision = Precision::fp32;
  Seconds overhead;
  FlopsPerSecond rate;
  BytesPerSecond bandwidth;
  std::vector<double> inverse_scales;  ///< one a feature
  std::vector<float> features;
  std::vector<float> weights;      ///< one a sample
  double leave_one_out_error = 0;  ///< median of |left out prediction / measured - 1|
};

/// Time of a collective over the ranks of one node by buffer size, log-log linear between measured sizes.
struct CollectiveTimeModel {
  int ranks = 2;
  std::vector<double> log_bytes;
  std::vector<double> log_seconds;
};

inline constexpr int kPrecisions = static_cast<int>(Precision::fp64) + 1;

/// One figure for each precision, zero where the device has none.
template <class T>
struct ByPrecision {
  std::array<T, kPrecisions> items{};

  [[nodiscard]] constexpr T operator[](Precision precision) const { return items[static_cast<std::size_t>(precision)]; }
  constexpr T& operator[](Precision precision) { return items[static_cast<std::size_t>(precision)]; }
  friend bool operator==(const ByPrecision&, const ByPrecision&) = default;
};

/// What one thread block computes of a matrix product, and what full waves of such blocks reach of the product's best rate.
struct GpuTile {
  int rows = 0;  ///< zero: no further tile
  int columns = 0;
  double share = 1;

  friend bool operator==(const GpuTile&, const GpuTile&) = default;
};

/// Shares of the matrix peak that a flash attention reaches over long sequences, by channels of a head. Zero: the device has none.
struct FlashShares {
  double channels_64 = 0;
  double channels_128 = 0;

  friend bool operator==(const FlashShares&, const FlashShares&) = default;
};

/// Rates of convolutions over that of the matrix products of their size.
struct ConvolutionShares {
  double forward = 1;
  double backward_data = 1;
  double backward_weights = 1;
  double winograd = 1;        ///< of Winograd's own, smaller products: windows of 3 x 3 with stride 1 in fp32, where it is faster
  double tensor_forward = 0;  ///< the first three where tensor cores calculate; zero: as without them
  double tensor_backward_data = 0;
  double tensor_backward_weights = 0;

  friend bool operator==(const ConvolutionShares&, const ConvolutionShares&) = default;
};

/// A GPU and the libraries on it as the few figures that costs/gpu prices kernels with. Shares are of a data sheet's figure where
/// nothing else is said.
struct GpuModel {
  static constexpr Bytes kNoLimit{std::numeric_limits<double>::infinity()};

  int multiprocessors = 1;
  ByPrecision<FlopsPerSecond> peak;  ///< of matrix products, dense
  FlopsPerSecond vector_peak;        ///< fp32 arithmetic outside matrix products
  BytesPerSecond bandwidth;          ///< of the device's memory
  double idle_watts = 0;
  double peak_watts = 0;

  ByPrecision<double> product_share;  ///< of the peak in a burst, over infinite depth with no multiprocessor idle
  double sustained_share = 1;         ///< a long run's rate over that of a burst: power and temperature
  double sustained_share_tensor = 1;  ///< what is left of that where tensor cores calculate: they take the most power
  double depth_offset = 0;            ///< elements: a product of depth K takes the time of K + offset
  double weight_gradient_share = 1;   ///< a weight gradient's rate over that of the other two products
  double unaligned_share = 1;         ///< rate of a product whose rows in memory are no multiple of 16 bytes
  int most_splits = 1;                ///< parts into which the depth of a product may be split
  std::array<GpuTile, 10> tiles{};    ///< by falling share
  ConvolutionShares convolution;
  Bytes convolution_workspace = kNoLimit;  ///< scratch memory that the framework lets one convolution have
  FlashShares flash_forward;
  FlashShares flash_backward;
  double flash_half_length = 0;  ///< keys over which half of that is reached

  double streaming_share = 1;   ///< of the bandwidth, by kernels that read and write once
  double score_share = 1;       ///< of the streaming bandwidth, by softmax and dropout of written attention scores
  Seconds kernel_fixed;         ///< start and end of each kernel
  Seconds host_issue;           ///< host time to issue one kernel, of an eager framework
  Seconds tensor_update;        ///< of each parameter tensor in an update, beside its bytes: hooks and optimizers that loop over tensors
  double host_run_ahead = 1;    ///< 1: the host issues a block's kernels as early as it can; 0: none before the one before it has ended
  double unfused_launches = 4;  ///< kernels of a softmax of written scores that is not fused, beyond the one that is; each direction

  double dropout_fusion = 0;      ///< 1: a dropout is part of the addition after it and moves only its mask; 0: a kernel of its own
  double gradient_bytes = 0;      ///< moved for each weight to add a micro-batch's gradient to the others' sum, in mixed precision
  double mixed_update_bytes = 0;  ///< moved for each weight beside the optimizer: copies, scaling, norm and clearing of gradients
  double loss_forward_bytes = 0;  ///< moved for each logit by a softmax cross-entropy in float32 of logits in 16 bits
  double loss_backward_bytes = 0;

  friend bool operator==(const GpuModel&, const GpuModel&) = default;
};

/// Where one figure of a GpuModel stands: its key in the file, a page, table or row. And how far it may be off: the standard deviation of
/// the logarithm of what it is on the device at hand, and where that stands; zero where nothing is known of it.
struct GpuSource {
  std::string figure;
  std::string source;
  double spread = 0;
  std::string spread_source;

  friend bool operator==(const GpuSource&, const GpuSource&) = default;
};

/// Host time to issue one call of a kernel on a GPU, every launch of it: the median over the shapes that were measured.
struct IssueTime {
  LayerKind kind = LayerKind::dense;
  Pass pass = Pass::forward;
  Optimizer optimizer = Optimizer::sgd_momentum;  ///< of an update
  Precision precision = Precision::fp32;
  Seconds time;

  friend bool operator==(const IssueTime&, const IssueTime&) = default;
};

/// What was measured of a GPU beside the samples of its kernels.
struct MeasuredGpu {
  std::string driver;             ///< the latest CUDA that it knows, `13.0`
  std::string runtime;            ///< the CUDA that the kernels were built with
  Bytes cache;                    ///< its last-level cache (L2), which the rotations exceed
  Seconds launch;                 ///< from one empty kernel to the next, all issued before the first began
  Seconds issue;                  ///< host time to issue an empty kernel
  BytesPerSecond copy;            ///< device memory to device memory, bytes read and bytes written together
  BytesPerSecond host_to_device;  ///< from pinned memory
  std::vector<IssueTime> issues;

  friend bool operator==(const MeasuredGpu&, const MeasuredGpu&) = default;
};

/// A calibration of one core whose times were scaled to a machine that nobody measured, by figures that makers publish of both.
struct ScaledTimes {
  double arithmetic = 1;  ///< the machine's peak over that of the core that was measured
  double memory = 1;      ///< its memory bandwidth over that core's
  std::string to;         ///< `4 cores of skylake-sp`
  std::string from;       ///< `epyc-9004`, the processor that was measured
};

/// Everything that was measured on one machine, and the time models that costs/ fitted to it. A file keeps both; the samples' features
/// are computed anew when it is read. A GPU that nobody measured has an analytic model in their place.
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
  std::optional<Seconds>
      cache_life;  ///< mean time that what a core left in a cache stays there; empty: until the core itself needs the room
  OverlapSlowdown overlap;
  std::vector<KernelTimeModel> kernel_models;
  std::vector<CollectiveTimeModel> all_reduce_models;
  std::optional<GpuModel> gpu;  ///< prices all kernels where it is given
  std::vector<GpuSource> gpu_sources;
  std::optional<MeasuredGpu> measured_gpu;  ///< the samples are of this GPU's kernels
  std::optional<ScaledTimes> scaled;        ///< empty: the times of the machine that was measured
  std::optional<FitRecord> fit;             ///< of a calibration that was fitted to measured runs
};

}  // namespace forerun
