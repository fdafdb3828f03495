#include <algorithm>

#include "oracle/evaluate.hpp"
#include "oracle/search/pricer.hpp"
#include "strategies/data_parallel.hpp"
#include "strategies/fully_sharded.hpp"

// A step whose parameters are shared out: the plan that lower() writes, but for its units, each of which is one computation as long as the
// passes of its layers take, and what follows its last kernel.
namespace forerun::oracle {

namespace {

class UnitWriter {
 public:
  UnitWriter(const OfChunks<BodyTimes>& bodies, const LocalModel& model, PlanWriter& writer)
      : bodies_(bodies), model_(model), writer_(writer) {}

  UnitPasses passes() {
    return {.begin = [this] { writer_.forget(); },
            .forward = [this](const Fold& fold, int) { write(fold, &BodyTimes::forward_s, &BodyTimes::forward_tail_s); },
            .backward = [this](const Fold& fold, int) { write(fold, &BodyTimes::backward_s, &BodyTimes::backward_tail_s); }};
  }

  void compute(double duration_s) { append(Computation{.duration = Seconds(duration_s), .flops = {}, .bytes = {}}, "unit"); }

 private:
  // Layers before and after all blocks stand in the first and the last chunk beside one.
  void write(const Fold& fold, double BodyTimes::*duration_s, double BodyTimes::*tail_s) {
    const bool block = model_.workload().layers[fold.first].block >= 0;
    const BodyTimes& chunk = block ? bodies_.block : bodies_[fold.first == 0 ? ChunkKind::first : ChunkKind::last];
    compute(chunk.*duration_s - (block ? 0 : bodies_.block.*duration_s) - chunk.*tail_s);
    if (chunk.*tail_s > 0) append(Delay{Seconds(chunk.*tail_s)}, "tail");
  }

  template <class Work>
  void append(const Work& work, std::string_view name) {
    Operation operation;
    operation.lane = writer_.plan().compute_lane;
    operation.work = work;
    writer_.append(operation, name, -1);
  }

  const OfChunks<BodyTimes>& bodies_;
  const LocalModel& model_;
  PlanWriter& writer_;
};

}  // namespace

std::optional<double> Pricer::sharded_step(const Draft& draft) {
  std::vector<Fold> folds = draft.split->folds;
  const auto alike = std::ranges::find(folds, kProbedBlocks, &Fold::times);
  if (alike == folds.end()) return {};
  alike->times = blocks_->times;
  StepPlan plan;
  plan.step.count = steps_.value_or(0);
  const Frame frame(scenario_, draft.layout, plan);
  PlanWriter writer(plan);
  UnitWriter units(draft.times->bodies, draft.split->model, writer);
  const int first = write_fully_sharded(draft.layout.micro_batches, draft.split->model, folds, overlaps_data(draft.strategy->overlap),
                                        frame, units.passes(), writer);
  writer.forget();
  writer.wait_for(last_transfer(plan, 0));
  units.compute(tail_of(draft, 0).update_s);
  if (first >= 0) writer.wait_also(first, writer.last(), 1);
  std::vector<OperationCost> costs(plan.operations.size());
  for (std::size_t i = 0; i < costs.size(); ++i) {
    const auto& work = plan.operations[i].work;
    if (const auto* transfer = std::get_if<Collective>(&work))
      costs[i].latency = Seconds(over_data(draft, transfer->operation, transfer->bytes.value()));
    else if (const auto* tail = std::get_if<Delay>(&work))
      costs[i].latency = tail->duration;
    else
      costs[i].latency = std::get<Computation>(work).duration;
  }
  return evaluate(plan, costs).step.value();
}

}  // namespace forerun::oracle
