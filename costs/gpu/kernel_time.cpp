#include "costs/gpu/kernel_time.hpp"

#include <string>

#include "core/error.hpp"
#include "costs/gpu/attention.hpp"
#include "costs/gpu/layers.hpp"
#include "costs/gpu/product.hpp"
#include "costs/gpu/streaming.hpp"
#include "costs/kernel_time.hpp"
#include "workloads/formulas.hpp"

namespace forerun {
namespace {

bool has_pass(const LayerShape& shape, Pass pass) {
  switch (pass) {
    case Pass::forward: return true;
    case Pass::backward_data: return passes_gradient(shape.kind) || is_loss(shape.kind);
    default: return has_gradient(shape.kind);
  }
}

int attention_launches(const Kernel& kernel) {
  const Attention& a = kernel.shape.attention;
  const bool forward = kernel.pass == Pass::forward;
  if (a.method == AttentionMethod::flash) return forward ? 1 : 2;
  return (forward ? 2 : 4) + 1 + (a.dropout ? 1 : 0);
}

/// Launches of a softmax that is not fused, beyond those of the fused one.
double further_launches(const GpuModel& gpu, const Kernel& kernel) {
  const bool unfused = kernel.shape.kind == LayerKind::attention && kernel.shape.attention.method == AttentionMethod::unfused;
  return unfused && kernel.pass != Pass::update ? gpu.unfused_launches : 0;
}

int lstm_launches(const Kernel& kernel) {
  const auto steps = static_cast<int>(kernel.shape.output.positions());
  if (kernel.pass == Pass::backward_data) return 1;
  return 2 * steps + (kernel.pass == Pass::forward ? 1 : 2);
}

int dense_launches(const Kernel& kernel) {
  const auto products = static_cast<int>(kernel.shape.experts);
  if (kernel.pass != Pass::backward_weights) return products;
  return products + (kernel.shape.bias ? 1 : 0) + (is_mixed(kernel.precision) ? 1 : 0);
}

}  // namespace

Seconds gpu_kernel_time(const GpuModel& gpu, const Kernel& kernel) {
  const LayerShape& shape = kernel.shape;
  if (!(gpu.peak[kernel.precision] > FlopsPerSecond(0)))
    throw MissingCapability("the device does not calculate in " + std::string(to_string(kernel.precision)));
  if (shape.kind == LayerKind::nearest_center || shape.kind == LayerKind::least_squares)
    throw MissingCapability("no GPU runs " + std::string(to_string(shape.kind)) + " here: it is a layer of Spark's MLlib");
  if (is_view(shape) || !has_pass(shape, kernel.pass)) return Seconds(0);
  if (kernel.pass == Pass::update) return streaming_time(gpu, kernel) + parameter_tensors(shape) * gpu.tensor_update;
  switch (shape.kind) {
    case LayerKind::dense: return gpu_dense_time(gpu, kernel);
    case LayerKind::conv2d:
    case LayerKind::conv3d:
    case LayerKind::transposed_conv2d: return gpu_convolution_time(gpu, kernel);
    case LayerKind::lstm: return gpu_lstm_time(gpu, kernel);
    case LayerKind::attention: return gpu_attention_time(gpu, kernel);
    case LayerKind::product:
    case LayerKind::interaction: return gpu_product_time(gpu, kernel);
    default: return streaming_time(gpu, kernel);
  }
}

int gpu_launches(const Kernel& kernel) {
  const LayerShape& shape = kernel.shape;
  if (is_view(shape) || !has_pass(shape, kernel.pass) || kernel.pass == Pass::update) return 0;
  const bool forward = kernel.pass == Pass::forward;
  switch (shape.kind) {
    case LayerKind::dense: return dense_launches(kernel);
    case LayerKind::conv2d:
    case LayerKind::conv3d:
    case LayerKind::transposed_conv2d: return kernel.pass == Pass::backward_weights && shape.bias ? 2 : 1;
    case LayerKind::lstm: return lstm_launches(kernel);
    case LayerKind::attention: return attention_launches(kernel);
    case LayerKind::product:
    case LayerKind::interaction: return forward ? 1 : 2;
    case LayerKind::softmax_cross_entropy: return is_mixed(kernel.precision) ? (forward ? 4 : 2) : 1;
    default: return 1;
  }
}

Seconds host_issue_time(const GpuModel& gpu, const Kernel& kernel) {
  const int launches = gpu_launches(kernel);
  if (launches == 0) return Seconds(0);
  return (launches + further_launches(gpu, kernel)) * gpu.host_issue;
}

Seconds host_issue_time(const MeasuredGpu& gpu, const Kernel& kernel) {
  if (is_view(kernel.shape) && kernel.pass != Pass::update) return Seconds(0);
  for (const IssueTime& issue : gpu.issues)
    if (issue.precision == kernel.precision && same_kernel(kernel, issue.kind, issue.pass) &&
        (kernel.pass != Pass::update || issue.optimizer == kernel.optimizer))
      return issue.time;
  return gpu.issue;
}

Joules gpu_energy(const GpuModel& gpu, Seconds duration, Seconds busy) {
  return Joules(gpu.idle_watts * duration.value() + (gpu.peak_watts - gpu.idle_watts) * busy.value());
}

}  // namespace forerun
