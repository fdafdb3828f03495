#pragma once

#include <cmath>
#include <cstdint>
#include <initializer_list>
#include <vector>

#include "core/calibration.hpp"
#include "costs/kernel_fit.hpp"
#include "workloads/formulas.hpp"

/// A machine that exists on paper only: tests that need a calibration, but none of this machine, take it.
namespace forerun::support {

/// What a kernel takes on the synthetic machine, exactly:
///   (2 + pass) us + flop / 20 Gflop/s + bytes / 8 GB/s,   pass = 0 .. 3 in the order of the enumeration.
inline Seconds synthetic_kernel_time(const Kernel& kernel) {
  const Seconds overhead(1e-6 * (2 + static_cast<int>(kernel.pass)));
  return overhead + flops(kernel) / FlopsPerSecond(20e9) + bytes_moved(kernel) / BytesPerSecond(8e9);
}

/// What an all-reduce over two of its ranks takes at the measured sizes: 4 us + bytes / 2 GB/s.
inline Seconds synthetic_all_reduce_time(Bytes bytes) { return Seconds(4e-6) + bytes / BytesPerSecond(2e9); }

/// Layers of each kind, small to large.
inline std::vector<LayerShape> synthetic_shapes() {
  std::vector<LayerShape> shapes;
  for (const std::int64_t inputs : {16, 128, 1024})
    for (const std::int64_t outputs : {10, 256}) shapes.push_back({LayerKind::dense, {inputs, 1, 1}, {outputs, 1, 1}});
  for (const std::int64_t channels : {3, 32})
    for (const std::int64_t edge : {8, 32}) {
      shapes.push_back({LayerKind::conv2d, {channels, edge, edge}, {64, edge, edge}, 3, 1, 1});
      shapes.push_back({LayerKind::max_pool, {channels, edge, edge}, {channels, edge / 2, edge / 2}, 2, 2, 0});
      shapes.push_back({LayerKind::relu, {channels, edge, edge}, {channels, edge, edge}});
    }
  for (const std::int64_t classes : {10, 1000}) shapes.push_back({LayerKind::softmax_cross_entropy, {classes, 1, 1}, {classes, 1, 1}});
  return shapes;
}

/// Every kernel of every shape at a few batches, and all-reduces over two ranks, all without spread, and the models fitted to them.
/// `busy_factor` is what each model slows down by while a second core is busy.
inline Calibration synthetic_calibration(double busy_factor = 1) {
  Calibration calibration;
  calibration.name = "synthetic";
  calibration.device = "paper core";
  calibration.host = "paper-host";
  calibration.cpu = "Paper CPU";
  calibration.compiler = "none";
  calibration.date = "2026-01-02T03:04:05Z";
  calibration.mode = "quick";
  for (const LayerShape& shape : synthetic_shapes())
    for (const std::int64_t batch : {1, 16, 128})
      for (const Pass pass : passes(shape.kind, LayerPosition::later)) {
        const Kernel kernel{shape, pass, batch, Bytes(kMiB)};
        const Seconds time = synthetic_kernel_time(kernel);
        calibration.kernels.push_back({kernel, time, time, time});
      }
  for (double bytes = 1024; bytes <= 64 * kMiB; bytes *= 4) {
    const Seconds time = synthetic_all_reduce_time(Bytes(bytes));
    calibration.collectives.push_back({"all-reduce", 2, Bytes(bytes), time, time, time});
  }
  fit(calibration);
  for (const KernelTimeModel& model : calibration.kernel_models)
    calibration.busy.push_back({model.kind, model.pass, 2, busy_factor, Bytes(kMiB)});
  return calibration;
}

}  // namespace forerun::support
