#include "strategies/fully_sharded.hpp"

#include <algorithm>
#include <vector>

#include "workloads/formulas.hpp"

namespace forerun {
namespace {

/// Writes one micro-batch.
class MicroBatchWriter {
 public:
  MicroBatchWriter(const LocalModel& model, std::vector<Fold> folds, bool ahead, const Frame& frame, const UnitPasses& passes,
                   PlanWriter& writer)
      : model_(model), folds_(std::move(folds)), ahead_(ahead), frame_(frame), passes_(passes), writer_(writer) {
    for (const Fold& fold : folds_)
      if (!is_block(fold)) root_ += parameters(fold);
  }

  void forward() {
    writer_.forget();
    root_gathered_ = gather(root_);
    gathered_ = gather_unit(next_block(0));
    for (std::size_t i = 0; i < folds_.size(); ++i)
      run(folds_[i], next_block(i + 1), [&](bool last) {
        passes_.forward(folds_[i], last ? folds_[i].times - 1 : 0);
        end_ = last_computation(), through_ = writer_.last();
      });
  }

  void backward() {
    std::ranges::reverse(folds_);
    gathered_ = gather_unit(next_block(0));
    for (std::size_t i = 0; i < folds_.size(); ++i) {
      const bool block = is_block(folds_[i]);
      run(folds_[i], next_block(i + 1), [&](bool last) {
        passes_.backward(folds_[i], last ? 0 : 1);
        end_ = last_computation(), through_ = writer_.last();
        if (block) scatter(parameters(folds_[i]));
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
  [[nodiscard]] double parameters(const Fold& fold) const {
    double sum = 0;
    for (int i = 0; i < fold.count; ++i) sum += static_cast<double>(own_parameters(model_.workload().layers[fold.first + i]));
    return sum;
  }

  /// The run of blocks to gather ahead from place `i` on, or null.
  [[nodiscard]] const Fold* next_block(std::size_t i) const {
    for (; ahead_ && i < folds_.size(); ++i)
      if (is_block(folds_[i])) return &folds_[i];
    return nullptr;
  }

  int gather(double parameters) {
    if (parameters == 0) return -1;
    const Bytes bytes(bytes_per_element(model_.workload().precision) * parameters);
    writer_.append_transfer(frame_.over_data(Collective::Operation::all_gather, bytes, 0));
    if (first_ < 0) first_ = writer_.last();
    return writer_.last();
  }
  int gather_unit(const Fold* unit) { return unit != nullptr ? gather(parameters(*unit)) : -1; }

  void scatter(double parameters) {
    if (parameters == 0) return;
    const Bytes bytes(bytes_per_gradient(model_.workload()) * parameters);
    writer_.wait_for(end_);
    writer_.append_transfer(frame_.over_data(Collective::Operation::reduce_scatter, bytes, 0));
  }

  /// A run of alike units, the first of which is being gathered; each gathers the one after it, the last one that of the next run. All but
  /// the last are written once, as the first of them in the network's order; backward the last is the network's first.
  template <class Compute>
  void run(const Fold& fold, const Fold* next, Compute&& compute) {
    const auto once = [&](bool last, std::initializer_list<Dependency> gathered) {
      passes_.begin();
      for (const Dependency& one : gathered) writer_.wait_for(one.operation, one.offset);
      compute(last);
    };
    if (!is_block(fold)) return once(true, {{root_gathered_, 0}});
    if (!ahead_) return one_after_another(fold, once);
    int following = -1;
    int end = -1;
    writer_.repeat(fold.times - 1, [&] {
      following = gather(parameters(fold));
      once(false, {{gathered_, 0}, {following, 1}});
      end = end_;
      // The unit before this one is freed by then: its last computation is an iteration back.
      if (following >= 0) writer_.wait_also(following, end, 1);
    });
    writer_.wait_for(end);
    const int after = gather_unit(next);
    once(true, {{following >= 0 ? following : gathered_, 0}});
    gathered_ = after;
  }

  /// A run of alike units, each gathered once the unit before it is through.
  template <class Once>
  void one_after_another(const Fold& fold, Once&& once) {
    const auto unit = [&](bool last) {
      writer_.forget();
      writer_.wait_for(through_);
      const int gathered = gather(parameters(fold));
      once(last, {{gathered, 0}});
      return gathered;
    };
    writer_.repeat(fold.times - 1, [&] {
      const int gathered = unit(false);
      if (gathered >= 0 && fold.times > 2) writer_.wait_also(gathered, through_, 1);
    });
    unit(true);
  }

  [[nodiscard]] int last_computation() const {
    int i = writer_.last();
    while (i >= 0 && writer_.plan().operations[i].kind() != OperationKind::compute) --i;
    return i;
  }

  const LocalModel& model_;
  std::vector<Fold> folds_;
  bool ahead_;
  const Frame& frame_;
  const UnitPasses& passes_;
  PlanWriter& writer_;
  double root_ = 0;  ///< parameters outside of blocks
  int first_ = -1;
  int root_gathered_ = -1;  ///< the transfer that gathers what is outside of blocks
  int gathered_ = -1;       ///< the one that gathers the run at hand
  int end_ = -1;            ///< the last computation of the unit at hand
  int through_ = -1;        ///< its last operation: what it exchanges at its end is there
};

}  // namespace

UnitPasses unit_passes(StepWriter& passes, const StageContext& stage) {
  const auto layers = [](const Fold& fold, int time) {
    return LayerRange{fold.first + time * fold.count, fold.first + (time + 1) * fold.count};
  };
  return {.begin = [&passes] { passes.begin_body(); },
          .forward =
              [&passes, &stage, layers](const Fold& fold, int time) {
                passes.forward_once(layers(fold, time), stage);
                passes.end_body(stage);
              },
          .backward =
              [&passes, &stage, layers](const Fold& fold, int time) {
                passes.backward_once(layers(fold, time), stage);
                passes.end_body(stage);
              }};
}

int write_fully_sharded(std::int64_t micro_batches, const LocalModel& model, const std::vector<Fold>& folds, bool ahead, const Frame& frame,
                        const UnitPasses& passes, PlanWriter& writer) {
  MicroBatchWriter micro_batch(model, folds, ahead, frame, passes, writer);
  writer.repeat(micro_batches, [&] {
    micro_batch.forward();
    micro_batch.backward();
  });
  return micro_batch.first_gathered();
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
  return {Bytes(bytes_per_element(local.precision) * (root + std::min(blocks, 2) * largest)),
          Bytes(bytes_per_gradient(local) * std::max(root, largest))};
}

}  // namespace forerun
