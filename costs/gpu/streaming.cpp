#include "costs/gpu/streaming.hpp"

#include <algorithm>

#include "workloads/formulas.hpp"

namespace forerun {
namespace {

double elements(const Kernel& kernel, const TensorShape& tensor) {
  return static_cast<double>(kernel.batch) * static_cast<double>(tensor.elements());
}

}  // namespace

Bytes streaming_bytes(const GpuModel& gpu, const Kernel& kernel) {
  const LayerShape& shape = kernel.shape;
  const Bytes moved = bytes_moved(kernel);
  const double each = bytes_per_element(kernel.precision);
  if (kernel.pass == Pass::update)
    return moved + Bytes(is_mixed(kernel.precision) ? gpu.mixed_update_bytes * updated_parameters(shape, kernel.batch) : 0);
  switch (shape.kind) {
    case LayerKind::batch_norm: return kernel.pass == Pass::forward ? moved + Bytes(each * elements(kernel, shape.input)) : moved;
    case LayerKind::dropout:
      if (kernel.pass != Pass::forward) return moved;
      return moved - Bytes(2 * each * gpu.dropout_fusion * elements(kernel, shape.input));
    case LayerKind::concat: return kernel.pass == Pass::forward ? moved : Bytes(2 * each * elements(kernel, shape.output));
    case LayerKind::softmax_cross_entropy:
      if (!is_mixed(kernel.precision)) return moved;
      return Bytes((kernel.pass == Pass::forward ? gpu.loss_forward_bytes : gpu.loss_backward_bytes) * elements(kernel, shape.input));
    default: return moved;
  }
}

Seconds streaming_time(const GpuModel& gpu, const Kernel& kernel) {
  const Bytes bytes = streaming_bytes(gpu, kernel);
  if (bytes <= Bytes(0)) return Seconds(0);
  const Seconds fixed = kernel.pass == Pass::update ? Seconds(0) : gpu.kernel_fixed;
  return fixed + std::max(bytes / (gpu.streaming_share * gpu.bandwidth), flops(kernel) / gpu.vector_peak);
}

}  // namespace forerun
