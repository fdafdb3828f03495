#pragma once

#include <array>
#include <functional>
#include <vector>

#include "core/strategy.hpp"
#include "strategies/buckets.hpp"
#include "strategies/local_model.hpp"
#include "strategies/plan_writer.hpp"
#include "workloads/fold.hpp"
#include "workloads/formulas.hpp"

namespace forerun {

/// Layers [first, last) of a network.
struct LayerRange {
  int first = 0;
  int last = 0;

  friend bool operator==(const LayerRange&, const LayerRange&) = default;
};

/// What the passes of a stage's layers are written with: its rank class, its lanes and its communicators.
struct StageContext {
  int rank_class = 0;
  int compute_lane = 0;
  /// Of the exchanges over an axis, by Axis; -1 for an axis without.
  std::array<int, 5> lanes = {-1, -1, -1, -1, -1};
  std::array<int, 5> communicators = {-1, -1, -1, -1, -1};
  /// Along a spatial grid: down, up, right, left.
  std::array<int, 4> neighbours = {-1, -1, -1, -1};

  [[nodiscard]] int communicator(const Exchange& exchange) const {
    if (exchange.toward == Toward::all) return communicators[static_cast<std::size_t>(exchange.axis)];
    return neighbours[static_cast<std::size_t>(exchange.toward) - 1];
  }
};

/// A local network's layers, alike blocks that exchange the same folded.
std::vector<Fold> folds_of(const LocalModel& model);

/// The update of `elements` parameters in one buffer.
Kernel flat_update(const Workload& workload, std::int64_t elements, std::int64_t samples, Bytes footprint);

/// Which gradients a backward pass writes.
enum class Gradients { all, data, weights };

/// Writes forward, backward and update of layers for one micro-batch.
class StepWriter {
 public:
  StepWriter(const LocalModel& model, const Strategy& strategy, Bytes footprint, PlanWriter& writer);

  void forward(LayerRange layers, const StageContext& stage);

  /// Called after the gradient of a layer's weights is there.
  using GradientReady = std::function<void(int layer)>;
  /// With `ready`, blocks are not folded.
  void backward(LayerRange layers, const StageContext& stage, const GradientReady& ready = {});
  void backward(LayerRange layers, const StageContext& stage, Gradients gradients);

  /// One operation a layer, after `transfer`.
  void update(LayerRange layers, const StageContext& stage, int transfer);
  /// One operation over `elements` parameters, as optimizers that see one flat buffer.
  void update_flat(std::int64_t elements, const StageContext& stage);

  /// What follows is a body of its own: it waits for nothing that was written before.
  void begin_body() {
    writer_.forget();
    last_compute_ = -1;
  }

  /// A body is over once what its last layer exchanges is there: where a transfer would be its end, the device waits for it. Likewise a
  /// transfer that would be its beginning waits until the device comes to it.
  void end_body(const StageContext& stage);

  /// On the compute lane, and takes no time.
  void stand_still(const StageContext& stage);

  /// Passes of the layers of one fold, once.
  void forward_once(LayerRange layers, const StageContext& stage);
  void backward_once(LayerRange layers, const StageContext& stage, const GradientReady& ready = {});

 private:
  [[nodiscard]] bool has(int layer, Pass pass) const;
  void compute(int layer, Pass pass, const StageContext& stage);
  void exchange(int layer, Moment moment, const StageContext& stage, bool waits = true);
  void backward_layer(int layer, const StageContext& stage, const GradientReady& ready);
  void forward_layer(int layer, const StageContext& stage);
  [[nodiscard]] std::vector<Fold> folds(LayerRange layers) const;
  [[nodiscard]] bool recomputed(LayerRange layers) const;
  [[nodiscard]] bool exchanges_at(int layer, Moment moment) const;
  template <class Write>
  void write_times(const Fold& fold, Pass pass, bool apart, Write&& write);

  const LocalModel& model_;
  const Strategy& strategy_;
  PlanWriter& writer_;
  Operation computation_;  ///< what all kernels have in common: they are large, and copied faster than written
  std::vector<Passes> passes_;
  std::vector<Fold> folds_;
  Gradients gradients_ = Gradients::all;
  int last_compute_ = -1;
};

}  // namespace forerun
