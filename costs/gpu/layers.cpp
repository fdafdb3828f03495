#include "costs/gpu/layers.hpp"

#include <algorithm>

#include "costs/gpu/product.hpp"
#include "costs/gpu/streaming.hpp"
#include "workloads/formulas.hpp"

namespace forerun {
namespace {

double number(std::int64_t value) { return static_cast<double>(value); }

double fp8_casts(const Kernel& kernel, double elements) { return kernel.precision == Precision::fp8 ? 4 * elements : 0; }

}  // namespace

Seconds gpu_dense_time(const GpuModel& gpu, const Kernel& kernel) {
  const LayerShape& shape = kernel.shape;
  const double tokens = number(kernel.batch * shape.output.positions());
  const double experts = number(shape.experts);
  const double in = number(shape.input.channels);
  const double out = number(shape.output.channels);
  const double each = bytes_per_element(kernel.precision);
  const Product forward{.rows = std::max(tokens / experts, 1.0), .columns = out, .depth = in, .count = experts};
  const double aligned = alignment_share(gpu, kernel.precision, in, out);
  switch (kernel.pass) {
    case Pass::forward:
      return product_time(gpu, kernel.precision, forward) / aligned + Bytes(fp8_casts(kernel, tokens * in)) / streaming_bandwidth(gpu);
    case Pass::backward_data: {
      const Product product{.rows = forward.rows, .columns = in, .depth = out, .count = experts};
      return product_time(gpu, kernel.precision, product) / aligned + Bytes(fp8_casts(kernel, tokens * out)) / streaming_bandwidth(gpu);
    }
    default: break;
  }
  const Product product{.rows = out, .columns = in, .depth = forward.rows, .count = experts};
  Seconds time = product_time(gpu, kernel.precision, product, ProductRole::weight_gradient) / aligned;
  if (shape.bias) time += moving_time(gpu, Bytes(each * tokens * out));
  if (is_mixed(kernel.precision)) time += moving_time(gpu, Bytes(gpu.gradient_bytes * number(parameters(shape))));
  return time;
}

Seconds gpu_lstm_time(const GpuModel& gpu, const Kernel& kernel) {
  const LayerShape& shape = kernel.shape;
  const double batch = number(kernel.batch);
  const double steps = number(shape.output.positions());
  const double in = number(shape.input.channels);
  const double out = number(shape.output.channels);
  const auto product = [&](double rows, double columns, double depth, ProductRole role = ProductRole::activation) {
    return product_time(gpu, kernel.precision, {.rows = rows, .columns = columns, .depth = depth}, role);
  };
  const Bytes step_gates((kernel.pass == Pass::forward ? 10 : 11) * bytes_per_element(kernel.precision) * batch * out);
  switch (kernel.pass) {
    case Pass::forward: return product(batch * steps, 4 * out, in) + steps * (product(batch, 4 * out, out) + moving_time(gpu, step_gates));
    case Pass::backward_data: return product(batch * steps, in, 4 * out);
    default:
      return steps * (product(batch, out, 4 * out) + moving_time(gpu, step_gates)) +
             product(4 * out, in, batch * steps, ProductRole::weight_gradient) +
             product(4 * out, out, batch * steps, ProductRole::weight_gradient);
  }
}

Seconds gpu_product_time(const GpuModel& gpu, const Kernel& kernel) {
  const LayerShape& shape = kernel.shape;
  const double count = number(kernel.batch);
  const bool pairs = shape.kind == LayerKind::interaction;
  const double rows = number(pairs ? shape.input.positions() : shape.output.positions());
  const double columns = pairs ? rows : number(shape.output.channels);
  const double depth = number(pairs ? shape.input.channels : shape.rows);
  const auto product = [&](double m, double n, double k) {
    return product_time(gpu, kernel.precision, {.rows = m, .columns = n, .depth = k, .count = count});
  };
  if (kernel.pass == Pass::forward) return product(rows, columns, depth);
  return product(rows, depth, columns) + product(depth, columns, rows);
}

}  // namespace forerun
