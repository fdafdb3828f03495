#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/plan.hpp"
#include "core/workload.hpp"
#include "kernels/operator.hpp"
#include "kernels/trainer/data.hpp"
#include "kernels/trainer/device.hpp"
#include "kernels/trainer/host_device.hpp"
#include "kernels/trainer/initial_weights.hpp"
#include "kernels/trainer/layout.hpp"
#include "kernels/trainer/micro_batch.hpp"
#include "kernels/trainer/placed_batch.hpp"
#include "kernels/trainer/rank_group.hpp"
#include "kernels/trainer/shard.hpp"
#include "kernels/trainer/step_order.hpp"

namespace forerun {

struct NetworkOptions {
  Kernels kernels = Kernels::fastest;
  std::uint64_t seed = 1;
  UpdateRule rule;
  std::shared_ptr<Device> device;  ///< null: this host's cores
};

/// A part of what a training must have again to go on, on its device.
struct StateArray {
  std::string name;
  std::span<float> values;
};

/// A workload that can be run: one rank's parameters, activations and prepared operators for the compute operations of its plan.
/// Memory is taken and touched at construction, on the device, but for batches that travel there; spans are of its memory. One network
/// serves one thread at a time.
class Network {
 public:
  /// The layers of a rank, or its parts of them. A step's gradients are sums over its micro-batches and, once they are all-reduced, over
  /// the plan's ranks; the update makes them means over the samples of the global batch. Throws MissingCapability where the device has
  /// no kernel of the plan.
  Network(const Workload& workload, const StepPlan& plan, const NetworkOptions& options, int rank = 0);

  /// The rank's samples of the next step, of all its micro-batches; they must outlive it.
  void begin_step(const Batch& batch);
  /// What a step runs, transfers included.
  [[nodiscard]] const std::vector<StepEntry>& order() const { return order_; }
  /// Runs one compute operation of the plan for its layer and micro-batch.
  void run(StepEntry entry);

  [[nodiscard]] const std::vector<StageChunk>& chunks() const { return chunks_; }
  [[nodiscard]] int micro_batches() const { return static_cast<int>(losses_.size()); }
  /// What a transfer between stages sends for a micro-batch, gradients summed up; the layers' passes come before. And where one that comes
  /// goes.
  [[nodiscard]] std::vector<std::span<float>> leaving(int operation, int micro_batch);
  [[nodiscard]] std::vector<std::span<float>> arriving(int operation, int micro_batch);

  /// What ranks that share a layer exchange of it beside one of its passes.
  void exchange(StepEntry entry, const StepPlan& plan, RankGroup& group);

  /// Whether the loss is among the layers.
  [[nodiscard]] bool has_loss() const;
  [[nodiscard]] Device& device() { return *device_; }
  /// Mean loss over the rank's samples, once the loss has run forward on all micro-batches.
  [[nodiscard]] double loss();
  [[nodiscard]] const std::vector<Shard>& shards() const { return shards_; }
  [[nodiscard]] const ParameterLayout& layout() const { return layout_; }
  [[nodiscard]] std::span<float> weights() { return weights_.span(); }
  [[nodiscard]] std::span<float> gradients() { return gradients_.span(); }
  /// The gradients that an all-reduce of the plan sums.
  [[nodiscard]] std::span<float> bucket(int operation);

  /// Weights, what the optimizer keeps of them, and running averages, in an order that is the same on all ranks of the class.
  [[nodiscard]] std::vector<StateArray> state();
  /// The next step is the one after so many.
  void go_on_after(std::int64_t steps) { step_ = steps; }
  /// After weights were written to from outside.
  void round_weights();

  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;

 private:
  struct Prepared {
    std::unique_ptr<Operator> kernel;  ///< null of updates where one does for all
    Pass pass = Pass::forward;
    bool adds = false;  ///< to the gradient that is there; others write over it
  };

  void point_to_parameters(std::uint64_t seed);
  void initialise_weights(const Workload& workload, std::uint64_t seed);
  void prepare_operators(const Workload& workload, const StepPlan& plan, const NetworkOptions& options);
  /// Of a chunk, what holds a micro-batch.
  MicroBatch& held(std::size_t chunk, int micro_batch);
  /// The entry's, with its samples.
  MicroBatch& taken_up(StepEntry entry);
  [[nodiscard]] std::size_t chunk_of(int transfer) const;
  void prepare_update_of_all(const Workload& workload, const UpdateRule& rule);
  void run_update(StepEntry entry, const Prepared& prepared);
  void run_backward_weights(int layer, LayerBuffers& buffers, const Prepared& prepared);

  std::shared_ptr<Device> device_;
  std::vector<Shard> shards_;  // one a layer
  std::vector<StageChunk> chunks_;
  std::vector<StepEntry> order_;
  ParameterLayout layout_;
  DeviceArray<float> weights_;
  DeviceArray<float> rounded_weights_;  // as activations are stored; none where those are float32
  DeviceArray<float> gradients_;
  DeviceArray<float> velocities_;
  DeviceArray<float> second_moments_;
  DeviceArray<float> layer_gradient_;          // of a micro-batch, on its way to `gradients_`
  std::vector<DeviceArray<float>> running_;    // averages of batch norms, one a layer
  std::vector<LayerBuffers> parameters_;       // one a layer: what all micro-batches share
  std::vector<std::vector<MicroBatch>> held_;  // by chunk, those that have arrays, in turn
  std::vector<Prepared> operators_;            // one an operation of the plan
  std::vector<int> owners_;                    // by layer, the one whose weights it has
  std::vector<char> written_;                  // by owner, whether this step has left a gradient
  std::unique_ptr<Operator> update_of_all_;    // null where each layer has one of its own
  LayerBuffers all_parameters_;
  StepEntry last_update_;
  Precision precision_ = Precision::fp32;
  DeviceArray<float> losses_;  // one a micro-batch
  float loss_share_ = 1;       // of the loss's gradient, where ranks with the same samples add theirs up
  std::int64_t loss_inputs_ = 0;
  BatchPlacer placer_;
  PlacedBatch batch_;
  std::int64_t step_ = 0;
};

/// The rule for gradients that are sums of what the plan's passes leave: each is a mean over the samples of its micro-batch.
UpdateRule mean_rule(UpdateRule rule, const Workload& workload, const StepPlan& plan);

}  // namespace forerun
