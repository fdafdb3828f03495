#pragma once

#include <initializer_list>
#include <limits>
#include <memory>
#include <string>

#include "core/scenario.hpp"

namespace forerun::test {

/// Bare convolutions of 3 x 3 in a row, stride 1, as many positions out as in; `channels` of the samples, then of each output.
inline Workload convolutions(std::initializer_list<std::int64_t> channels, std::int64_t edge) {
  Workload workload;
  workload.name = "row";
  workload.input = {*channels.begin(), edge, edge};
  workload.samples = 4096;
  workload.optimizer = Optimizer::sgd_momentum;
  TensorShape x = workload.input;
  for (auto c = channels.begin() + 1; c != channels.end(); ++c) {
    const TensorShape y{*c, edge, edge};
    Layer& layer = workload.layers.emplace_back();
    layer.name = "conv" + std::to_string(workload.layers.size());
    layer.shape = {LayerKind::conv2d, x, y, 3, 1, 1};
    layer.shape.bias = false;
    layer.inputs = {static_cast<int>(workload.layers.size()) - 2};
    x = y;
  }
  return workload;
}

/// Appends a layer that reads the last one.
inline void append(Workload& workload, std::string name, LayerShape shape) {
  Layer& layer = workload.layers.emplace_back();
  layer.name = std::move(name);
  layer.shape = shape;
  layer.shape.bias = false;
  layer.inputs = {static_cast<int>(workload.layers.size()) - 2};
}

/// Kernels that take their arithmetic at `rate` and nothing else: work that is divided by p takes 1 / p of the time.
inline std::shared_ptr<const Calibration> scaling_calibration(FlopsPerSecond rate) {
  auto calibration = std::make_shared<Calibration>();
  calibration->name = "scaling";
  for (const LayerKind kind : {LayerKind::conv2d, LayerKind::dense, LayerKind::relu})
    for (const Pass pass : {Pass::forward, Pass::backward_weights, Pass::backward_data, Pass::update}) {
      KernelTimeModel& model = calibration->kernel_models.emplace_back();
      model.kind = kind, model.pass = pass, model.rate = rate;
      model.bandwidth = BytesPerSecond(std::numeric_limits<double>::infinity());
    }
  return calibration;
}

}  // namespace forerun::test
