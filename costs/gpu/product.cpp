#include "costs/gpu/product.hpp"

#include <algorithm>
#include <cstdint>
#include <string>

#include "core/error.hpp"
#include "workloads/formulas.hpp"

namespace forerun {
namespace {

/// Smallest whole number at or above the quotient of two whole numbers. std::ceil is a call where the target has no instruction for it.
double ceiling(double value) {
  const auto whole = static_cast<double>(static_cast<std::int64_t>(value));
  return whole < value ? whole + 1 : whole;
}

/// Elements that one multiprocessor calculates, times the depth that each takes.
double tile_work(const GpuModel& gpu, const Product& p, double tile_rows, double tile_columns, double per_multiprocessor, int most_splits) {
  constexpr double kRounding = 1e-9;
  const double tiles = ceiling(p.rows / tile_rows) * ceiling(p.columns / tile_columns) * p.count;
  const auto waves = [&](double blocks) { return ceiling(blocks * per_multiprocessor - kRounding); };
  double work = waves(tiles) * (p.depth + gpu.depth_offset);
  if (2 * tiles <= gpu.multiprocessors && most_splits > 1) {
    const auto free = static_cast<double>(static_cast<std::int64_t>(gpu.multiprocessors / tiles));
    const double splits = std::min(static_cast<double>(most_splits), free);
    work = std::min(work, waves(tiles * splits) * (p.depth / splits + gpu.depth_offset));
  }
  return work * tile_rows * tile_columns;
}

}  // namespace

double product_efficiency(const GpuModel& gpu, const Product& product, int most_splits) {
  const double deep = product.depth / (product.depth + gpu.depth_offset);
  const double per_multiprocessor = 1.0 / gpu.multiprocessors;
  const double useful = product.rows * product.columns * product.count * product.depth * per_multiprocessor;
  double best = 0;
  for (const GpuTile& tile : gpu.tiles) {
    if (tile.rows == 0 || tile.share * deep <= best) break;
    double work = tile_work(gpu, product, tile.rows, tile.columns, per_multiprocessor, most_splits);
    if (tile.rows != tile.columns) work = std::min(work, tile_work(gpu, product, tile.columns, tile.rows, per_multiprocessor, most_splits));
    best = std::max(best, tile.share * useful / work);
  }
  return best;
}

Seconds product_arithmetic(const GpuModel& gpu, Precision precision, const Product& product, int most_splits) {
  const double sustained = gpu.sustained_share * (on_tensor_cores(gpu, precision) ? gpu.sustained_share_tensor : 1);
  const FlopsPerSecond rate = gpu.product_share[precision] * sustained * gpu.peak[precision];
  if (rate <= FlopsPerSecond(0))
    throw MissingCapability("the device has no rate of matrix products in " + std::string(to_string(precision)));
  return Flops(2 * product.rows * product.columns * product.depth * product.count) / (product_efficiency(gpu, product, most_splits) * rate);
}

Seconds product_time(const GpuModel& gpu, Precision precision, const Product& product, ProductRole role) {
  const double share = role == ProductRole::weight_gradient ? gpu.weight_gradient_share : 1;
  const double operands = product.depth * (product.rows + product.columns);
  const Bytes bytes(product.count * (operand_bytes(precision) * operands + bytes_per_element(precision) * product.rows * product.columns));
  return gpu.kernel_fixed +
         std::max(product_arithmetic(gpu, precision, product, gpu.most_splits) / share, bytes / streaming_bandwidth(gpu));
}

double alignment_share(const GpuModel& gpu, Precision precision, double inputs, double outputs) {
  if (precision == Precision::fp32 || precision == Precision::fp64) return 1;
  const auto each = static_cast<std::int64_t>(16 / operand_bytes(precision));
  const bool aligned = static_cast<std::int64_t>(inputs) % each == 0 && static_cast<std::int64_t>(outputs) % each == 0;
  return aligned ? 1 : gpu.unaligned_share;
}

}  // namespace forerun
