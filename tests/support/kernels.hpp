#pragma once

#include "core/calibration.hpp"

namespace forerun::test {

inline Kernel dense(std::int64_t batch, std::int64_t inputs, std::int64_t outputs, Pass pass = Pass::forward) {
  Kernel kernel;
  kernel.shape = {LayerKind::dense, {inputs, 1, 1}, {outputs, 1, 1}, 1, 1, 0};
  kernel.pass = pass;
  kernel.batch = batch;
  kernel.footprint = Bytes(1 << 20);
  return kernel;
}

inline Kernel relu(std::int64_t batch, std::int64_t features, Pass pass = Pass::forward) {
  Kernel kernel = dense(batch, features, features, pass);
  kernel.shape.kind = LayerKind::relu;
  return kernel;
}

inline Kernel conv(std::int64_t batch, std::int64_t in, std::int64_t out, std::int64_t edge, int window, Pass pass = Pass::forward) {
  Kernel kernel;
  kernel.shape = {LayerKind::conv2d, {in, edge, edge}, {out, edge, edge}, window, 1, window / 2};
  kernel.pass = pass;
  kernel.batch = batch;
  kernel.footprint = Bytes(1 << 20);
  return kernel;
}

}  // namespace forerun::test
