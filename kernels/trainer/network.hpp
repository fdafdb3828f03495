#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "core/plan.hpp"
#include "core/workload.hpp"
#include "kernels/cpu/operator.hpp"
#include "kernels/trainer/activations.hpp"
#include "kernels/trainer/array.hpp"
#include "kernels/trainer/data.hpp"
#include "kernels/trainer/layout.hpp"
#include "kernels/trainer/step_order.hpp"

namespace forerun {

/// Which libraries the operators of a network come from.
enum class Kernels { fastest, eigen_only };

struct NetworkOptions {
  Kernels kernels = Kernels::fastest;
  std::uint64_t seed = 1;
  cpu::UpdateRule rule;
};

/// The library that runs a kernel. Both passes of pooling share one: the indices between them are its own.
cpu::Library library_of(const Kernel& kernel, Kernels kernels);

/// A workload that can be run: one rank's parameters, activations and prepared operators for the compute operations of its plan.
/// All memory is taken and touched at construction. One network serves one thread at a time.
class Network {
 public:
  /// All-reduced gradients are sums over the plan's ranks; the update divides by their number. Throws MissingCapability where no library
  /// has a kernel of the plan.
  Network(const Workload& workload, const StepPlan& plan, const NetworkOptions& options);

  /// The samples of the next step; they must outlive it.
  void begin_step(const Batch& batch);
  /// What a step runs, transfers included.
  [[nodiscard]] const std::vector<StepEntry>& order() const { return order_; }
  /// Runs one compute operation of the plan for its layer.
  void run(StepEntry entry);

  /// Mean loss over the rank's samples, once the loss has run forward.
  [[nodiscard]] double loss() const { return loss_; }
  [[nodiscard]] const ParameterLayout& layout() const { return layout_; }
  [[nodiscard]] std::span<float> weights() { return weights_.span(); }
  [[nodiscard]] std::span<float> gradients() { return gradients_.span(); }
  /// The gradients that an all-reduce of the plan sums.
  [[nodiscard]] std::span<float> bucket(int operation);

  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;

 private:
  /// What a layer keeps between its passes, and from step to step.
  struct Kept {
    AlignedArray<std::int32_t> indices;  ///< of maxima, or the number of each position in its sample
    AlignedArray<std::uint8_t> mask;
    AlignedArray<float> statistics;
    AlignedArray<float> running;
  };
  struct Prepared {
    std::unique_ptr<cpu::Operator> kernel;
    bool gathers = false;  ///< the first of its layer's backward passes
  };

  void prepare_operators(const Workload& workload, const StepPlan& plan, const NetworkOptions& options);
  void keep(const Workload& workload, std::int64_t batch, std::uint64_t seed);
  void point_to_parameters();
  void initialise_weights(const Workload& workload, std::uint64_t seed);

  std::vector<StepEntry> order_;
  ParameterLayout layout_;
  AlignedArray<float> weights_;
  AlignedArray<float> gradients_;
  AlignedArray<float> velocities_;
  AlignedArray<float> second_moments_;
  Activations activations_;
  std::vector<cpu::LayerBuffers> buffers_;  // one a layer
  std::vector<Kept> kept_;
  std::vector<int> reads_samples_;  // layers that read the sample, images or vectors
  std::vector<int> reads_tokens_;
  std::vector<Prepared> operators_;  // one an operation of the plan
  float loss_ = 0;
};

/// Deviation of a layer's initial weights: sqrt(2 / fan_in) before a relu [He et al. 2015, eq. 10], else sqrt(1 / fan_in)
/// [LeCun et al. 1998, eq. 16]; 0.02 for tables [Radford et al. 2019, its code]. Biases and shifts start at zero, scales at one.
float initial_deviation(const Workload& workload, std::size_t layer);

}  // namespace forerun
