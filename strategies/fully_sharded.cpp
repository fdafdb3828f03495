#include "strategies/fully_sharded.hpp"

#include <algorithm>
#include <vector>

#include "workloads/formulas.hpp"

namespace forerun {
namespace {

/// Writes one micro-batch.
class UnitWriter {
 public:
  UnitWriter(const LocalModel& model, const Frame& frame, StepWriter& passes, PlanWriter& writer)
      : model_(model),
        frame_(frame),
        passes_(passes),
        writer_(writer),
        folds_(passes.folds({0, static_cast<int>(model.workload().layers.size())})) {
    for (const Fold& fold : folds_)
      if (!is_block(fold)) root_ += bytes(fold);
  }

  void forward() {
    backward_ = false;
    passes_.begin_body();
    const int root = gather(root_);
    gathered_ = gather_unit(next_block(0));
    if (first_ < 0) first_ = root >= 0 ? root : gathered_;
    writer_.forget();
    writer_.wait_for(root);
    for (std::size_t i = 0; i < folds_.size(); ++i)
      run(folds_[i], next_block(i + 1), [&](LayerRange layers) { passes_.forward_once(layers, frame_.stage(0)); });
  }

  void backward() {
    backward_ = true;
    std::ranges::reverse(folds_);
    gathered_ = gather_unit(next_block(0));
    for (std::size_t i = 0; i < folds_.size(); ++i) {
      const bool block = is_block(folds_[i]);
      run(folds_[i], next_block(i + 1), [&](LayerRange layers) {
        passes_.backward_once(layers, frame_.stage(0));
        if (block) scatter(bytes(folds_[i]));
      });
    }
    scatter(root_);
    writer_.forget();
    std::ranges::reverse(folds_);
  }

  /// What the first forward pass gathers first, -1 for nothing.
  [[nodiscard]] int first_gathered() const { return first_; }

 private:
  [[nodiscard]] bool is_block(const Fold& fold) const { return model_.workload().layers[fold.first].block >= 0; }

  /// Parameters of one time of the fold.
  [[nodiscard]] Bytes bytes(const Fold& fold) const {
    double sum = 0;
    for (int i = 0; i < fold.count; ++i) sum += static_cast<double>(own_parameters(model_.workload().layers[fold.first + i]));
    return Bytes(bytes_per_element(model_.workload().precision) * sum);
  }

  /// The next run of blocks from place `i` on, or null.
  [[nodiscard]] const Fold* next_block(std::size_t i) const {
    for (; i < folds_.size(); ++i)
      if (is_block(folds_[i])) return &folds_[i];
    return nullptr;
  }

  int gather(Bytes bytes) {
    if (bytes == Bytes(0)) return -1;
    writer_.append_transfer(frame_.over_data(Collective::Operation::all_gather, bytes, 0));
    return writer_.last();
  }
  int gather_unit(const Fold* unit) { return unit != nullptr ? gather(bytes(*unit)) : -1; }

  void scatter(Bytes bytes) {
    if (bytes == Bytes(0)) return;
    writer_.wait_for(last_computation());
    writer_.append_transfer(frame_.over_data(Collective::Operation::reduce_scatter, bytes, 0));
  }

  /// A run of alike units, the first of which is being gathered; each gathers the one after it, the last one that of the next run. All but
  /// the last are written once, as the first of them in the network's order; backward the last is the network's first.
  template <class Compute>
  void run(const Fold& fold, const Fold* next, Compute&& compute) {
    const auto unit = [&](int time) { return LayerRange{fold.first + time * fold.count, fold.first + (time + 1) * fold.count}; };
    if (!is_block(fold)) return compute(unit(0));
    int following = -1;
    int end = -1;
    writer_.repeat(fold.times - 1, [&] {
      following = gather(bytes(fold));
      writer_.wait_for(gathered_);
      writer_.wait_for(following, 1);
      compute(unit(backward_ ? 1 : 0));
      end = last_computation();
      // The unit before this one is freed by then: its last computation is an iteration back.
      if (following >= 0) writer_.wait_also(following, end, 1);
    });
    writer_.wait_for(end);
    const int after = gather_unit(next);
    writer_.forget();
    writer_.wait_for(following >= 0 ? following : gathered_);
    compute(unit(backward_ ? 0 : fold.times - 1));
    gathered_ = after;
  }

  [[nodiscard]] int last_computation() const {
    int i = writer_.last();
    while (writer_.plan().operations[i].kind() == OperationKind::transfer) --i;
    return i;
  }

  const LocalModel& model_;
  const Frame& frame_;
  StepWriter& passes_;
  PlanWriter& writer_;
  std::vector<Fold> folds_;
  Bytes root_;
  bool backward_ = false;
  int first_ = -1;
  int gathered_ = -1;  ///< the transfer that gathers the run at hand
};

}  // namespace

int write_fully_sharded(std::int64_t micro_batches, const LocalModel& model, const Frame& frame, StepWriter& passes, PlanWriter& writer) {
  UnitWriter unit(model, frame, passes, writer);
  writer.repeat(micro_batches, [&] {
    unit.forward();
    unit.backward();
  });
  return unit.first_gathered();
}

Unsharded unsharded(const Workload& local) {
  double root = 0, block = 0, largest = 0;
  int blocks = 0;
  for (std::size_t i = 0; i < local.layers.size(); ++i) {
    const Layer& layer = local.layers[i];
    const auto parameters = static_cast<double>(own_parameters(layer));
    if (layer.block < 0) {
      root += parameters;
      continue;
    }
    const bool begins = i == 0 || local.layers[i - 1].block != layer.block;
    blocks += begins ? 1 : 0;
    block = begins ? parameters : block + parameters;
    largest = std::max(largest, block);
  }
  const double each = bytes_per_element(local.precision);
  return {Bytes(each * (root + std::min(blocks, 2) * largest)), Bytes(each * std::max(root, largest))};
}

}  // namespace forerun
