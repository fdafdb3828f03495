#include "strategies/step_writer.hpp"

#include <algorithm>

namespace forerun {
namespace {

std::string_view operation_name(Pass pass) {
  switch (pass) {
    case Pass::forward: return "forward";
    case Pass::backward_weights: return "backward_weights";
    case Pass::backward_data: return "backward_data";
    case Pass::update: return "update";
  }
  return "";
}

}  // namespace

std::vector<Fold> folds_of(const LocalModel& model) {
  return fold(model.workload(), [&](int a, int b) { return model.exchanges.empty() || model.exchanges[a] == model.exchanges[b]; });
}

StepWriter::StepWriter(const LocalModel& model, const Strategy& strategy, Bytes footprint, PlanWriter& writer)
    : model_(model), strategy_(strategy), writer_(writer), passes_(passes(model.workload())), folds_(folds_of(model)) {
  const Workload& workload = model.workload();
  computation_.work = Kernel{{}, Pass::forward, model.samples, footprint, workload.precision, workload.optimizer};
}

std::vector<Fold> StepWriter::folds(LayerRange layers) const {
  std::vector<Fold> inside;
  for (Fold fold : folds_) {
    while (fold.times > 0 && fold.first < layers.first) {
      if (fold.times == 1 && fold.first + fold.count > layers.first) {
        fold.count -= layers.first - fold.first;
        fold.first = layers.first;
        break;
      }
      fold.first += fold.count;
      --fold.times;
    }
    while (fold.times > 0 && fold.first + fold.times * fold.count > layers.last) {
      if (fold.times == 1 && fold.first < layers.last) {
        fold.count = layers.last - fold.first;
        break;
      }
      --fold.times;
    }
    if (fold.times > 0) inside.push_back(fold);
  }
  return inside;
}

bool StepWriter::has(int layer, Pass pass) const { return std::ranges::count(passes_[layer], pass) > 0; }

bool StepWriter::recomputed(LayerRange layers) const {
  return strategy_.recompute == Recompute::full && model_.workload().layers[layers.first].block >= 0;
}

void StepWriter::compute(int layer, Pass pass, const StageContext& stage) {
  Operation& operation = writer_.append(computation_, operation_name(pass), model_.origins.empty() ? layer : model_.origins[layer]);
  operation.rank_class = stage.rank_class;
  operation.lane = stage.compute_lane;
  operation.block = model_.workload().layers[layer].block;
  auto& kernel = *std::get_if<Kernel>(&operation.work);
  kernel.shape = model_.workload().layers[layer].shape;
  kernel.pass = pass;
  last_compute_ = writer_.last();
}

void StepWriter::exchange(int layer, Moment moment, const StageContext& stage, bool waits) {
  if (model_.exchanges.empty()) return;
  for (const Exchange& exchange : model_.exchanges[layer]) {
    if (exchange.moment != moment) continue;
    if (last_compute_ < 0) stand_still(stage);
    writer_.wait_for(last_compute_);
    Operation operation;
    operation.rank_class = stage.rank_class;
    operation.lane = stage.lanes[static_cast<std::size_t>(exchange.axis)];
    operation.work = Collective{exchange.operation, strategy_.collective, stage.communicator(exchange),
                                static_cast<double>(model_.samples) * exchange.per_sample};
    writer_.append_transfer(operation);
    if (waits) writer_.wait_for(writer_.last());
  }
}

bool StepWriter::exchanges_at(int layer, Moment moment) const {
  if (model_.exchanges.empty()) return false;
  return std::ranges::any_of(model_.exchanges[layer], [&](const Exchange& exchange) { return exchange.moment == moment; });
}

/// A fold's times as one repeat, or apart: where a time begins or ends with a transfer, one would have to wait for another across
/// iterations.
template <class Write>
void StepWriter::write_times(const Fold& fold, Pass pass, bool apart, Write&& write) {
  const LayerRange once{fold.first, fold.first + fold.count};
  if (!apart) return writer_.repeat(fold.times, [&] { write(once); });
  for (int time = 0; time < fold.times; ++time) {
    const int shift = (pass == Pass::forward ? time : fold.times - 1 - time) * fold.count;
    write(LayerRange{once.first + shift, once.last + shift});
  }
}

void StepWriter::forward_layer(int layer, const StageContext& stage) {
  exchange(layer, Moment::before_forward, stage);
  if (has(layer, Pass::forward)) compute(layer, Pass::forward, stage);
  exchange(layer, Moment::after_forward, stage);
}

void StepWriter::forward_once(LayerRange layers, const StageContext& stage) {
  for (int layer = layers.first; layer < layers.last; ++layer) forward_layer(layer, stage);
}

void StepWriter::forward(LayerRange layers, const StageContext& stage) {
  for (const Fold& fold : folds(layers)) {
    const bool apart = exchanges_at(fold.first, Moment::before_forward) || exchanges_at(fold.first + fold.count - 1, Moment::after_forward);
    write_times(fold, Pass::forward, apart, [&](LayerRange once) { forward_once(once, stage); });
  }
}

/// Where exchanges run beside compute, the gradient of data comes first, so that its sum runs beside the gradient of weights.
void StepWriter::backward_layer(int layer, const StageContext& stage, const GradientReady& ready) {
  const bool overlaps = overlaps_tensor(strategy_.overlap);
  if (gradients_ == Gradients::weights) {
    exchange(layer, Moment::before_backward_weights, stage);
    if (has(layer, Pass::backward_weights)) compute(layer, Pass::backward_weights, stage);
    return;
  }
  const bool attention = model_.workload().layers[layer].shape.kind == LayerKind::attention;
  if (attention && strategy_.recompute == Recompute::selective) compute(layer, Pass::forward, stage);
  exchange(layer, Moment::before_backward, stage);
  const auto weights = [&] {
    if (gradients_ == Gradients::data || !has(layer, Pass::backward_weights)) return;
    compute(layer, Pass::backward_weights, stage);
    if (ready) ready(layer);
  };
  if (!overlaps) {
    if (gradients_ == Gradients::all) exchange(layer, Moment::before_backward_weights, stage);
    weights();
    if (has(layer, Pass::backward_data)) compute(layer, Pass::backward_data, stage);
    exchange(layer, Moment::after_backward_data, stage);
    return;
  }
  const auto beside = [&](Moment moment) {
    const int before = writer_.last();
    exchange(layer, moment, stage, false);
    return writer_.last() == before ? -1 : writer_.last();
  };
  const int gathered = gradients_ == Gradients::all ? beside(Moment::before_backward_weights) : -1;
  if (has(layer, Pass::backward_data)) compute(layer, Pass::backward_data, stage);
  const int summed = beside(Moment::after_backward_data);
  writer_.wait_for(gathered);
  weights();
  writer_.wait_for(summed);
}

void StepWriter::backward_once(LayerRange layers, const StageContext& stage, const GradientReady& ready) {
  if (recomputed(layers) && gradients_ != Gradients::weights) forward_once(layers, stage);
  for (int layer = layers.last - 1; layer >= layers.first; --layer) backward_layer(layer, stage, ready);
}

void StepWriter::backward(LayerRange layers, const StageContext& stage, const GradientReady& ready) {
  const std::vector<Fold> all = folds(layers);
  for (auto fold = all.rbegin(); fold != all.rend(); ++fold) {
    const int last = fold->first + fold->count - 1;
    const bool apart = ready || exchanges_at(fold->first, Moment::after_backward_data) || exchanges_at(last, Moment::before_backward) ||
                       exchanges_at(last, Moment::before_backward_weights);
    write_times(*fold, Pass::backward_data, apart, [&](LayerRange once) { backward_once(once, stage, ready); });
  }
}

void StepWriter::backward(LayerRange layers, const StageContext& stage, Gradients gradients) {
  gradients_ = gradients;
  backward(layers, stage);
  gradients_ = Gradients::all;
}

void StepWriter::update(LayerRange layers, const StageContext& stage, int transfer) {
  for (int layer = layers.first; layer < layers.last; ++layer) {
    // A stage keeps a copy of weights that belong to a layer of an earlier one, and updates it as that one does.
    const Layer& its = model_.workload().layers[layer];
    const bool copied = its.tied_to >= 0 && its.tied_to < layers.first && !its.frozen;
    if (!copied && !has(layer, Pass::update)) continue;
    writer_.wait_for(transfer);
    compute(layer, Pass::update, stage);
  }
}

void StepWriter::end_body(const StageContext& stage) {
  if (writer_.waiting()) stand_still(stage);
}

void StepWriter::stand_still(const StageContext& stage) {
  Operation wait;
  wait.work = Delay{};
  wait.rank_class = stage.rank_class;
  wait.lane = stage.compute_lane;
  writer_.append(wait, "wait", -1);
  last_compute_ = writer_.last();
}

Kernel flat_update(const Workload& workload, std::int64_t elements, std::int64_t samples, Bytes footprint) {
  Kernel kernel{{}, Pass::update, samples, footprint, workload.precision, workload.optimizer};
  kernel.shape.kind = LayerKind::dense;
  kernel.shape.output.channels = elements;
  kernel.shape.bias = false;
  return kernel;
}

void StepWriter::update_flat(std::int64_t elements, const StageContext& stage) {
  if (elements <= 0) return;
  Operation& operation = writer_.append(computation_, operation_name(Pass::update), -1);
  operation.rank_class = stage.rank_class;
  operation.lane = stage.compute_lane;
  const Kernel& like = std::get<Kernel>(computation_.work);
  operation.work = flat_update(model_.workload(), elements, like.batch, like.footprint);
  last_compute_ = writer_.last();
}

}  // namespace forerun
