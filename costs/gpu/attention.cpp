#include "costs/gpu/attention.hpp"

#include <algorithm>
#include <cmath>

#include "costs/gpu/product.hpp"
#include "costs/gpu/streaming.hpp"
#include "workloads/formulas.hpp"

namespace forerun {
namespace {

constexpr double kFlashRows = 128;
constexpr std::int64_t kFusedMultiple = 4;

/// Bytes of one score that kernels beside the products move.
double score_bytes(const Attention& attention, Pass pass, double each, std::int64_t softmaxes) {
  const bool unfused = attention.method == AttentionMethod::unfused || softmaxes % kFusedMultiple != 0;
  const double dropout = attention.dropout ? 2 * each + 1 : 0;
  if (pass == Pass::forward) return (unfused ? 6 : 2) * each + dropout;
  return (unfused ? 5 : 3) * each + dropout;
}

int score_kernels(const Attention& attention, Pass pass, std::int64_t softmaxes) {
  const bool unfused = attention.method == AttentionMethod::unfused || softmaxes % kFusedMultiple != 0;
  return 1 + (unfused ? (pass == Pass::forward ? 2 : 1) : 0) + (attention.dropout ? 1 : 0);
}

Seconds written_time(const GpuModel& gpu, const Kernel& kernel) {
  const Attention& a = kernel.shape.attention;
  const Precision precision = kernel.precision == Precision::fp8 ? Precision::bf16 : kernel.precision;
  const double count = static_cast<double>(kernel.batch * a.heads);
  const auto queries = static_cast<double>(kernel.shape.output.positions());
  const auto keys = static_cast<double>(a.keys);
  const auto d = static_cast<double>(a.key_channels);
  const auto v = static_cast<double>(a.value_channels);
  const std::int64_t softmaxes = kernel.batch * a.heads;
  const Bytes bytes(score_bytes(a, kernel.pass, bytes_per_element(precision), softmaxes) * count * queries * keys);
  const Seconds scores = score_kernels(a, kernel.pass, softmaxes) * gpu.kernel_fixed + bytes / (gpu.score_share * streaming_bandwidth(gpu));
  const auto product = [&](double rows, double columns, double depth) {
    return product_time(gpu, precision, {.rows = rows, .columns = columns, .depth = depth, .count = count});
  };
  if (kernel.pass == Pass::forward) return product(queries, keys, d) + scores + product(queries, v, keys);
  return product(queries, keys, v) + product(keys, v, queries) + scores + product(queries, d, keys) + product(keys, d, queries);
}

/// Shares of the peak for a head of so many channels: linear between 64 and 128, in proportion below, where the exponentials bind.
double flash_share(const FlashShares& shares, double channels) {
  if (channels <= 64) return shares.channels_64 * channels / 64;
  const double along = std::min(channels / 64 - 1, 1.0);
  return shares.channels_64 + along * (shares.channels_128 - shares.channels_64);
}

Seconds flash_time(const GpuModel& gpu, const Kernel& kernel) {
  const Attention& a = kernel.shape.attention;
  const bool forward = kernel.pass == Pass::forward;
  const Precision precision = kernel.precision == Precision::fp8 ? Precision::bf16 : kernel.precision;
  const auto keys = static_cast<double>(a.keys);
  const double blocks = static_cast<double>(kernel.batch * a.heads) *
                        std::ceil(static_cast<double>(forward ? kernel.shape.output.positions() : a.keys) / kFlashRows);
  const double occupancy = blocks / (std::ceil(blocks / gpu.multiprocessors) * gpu.multiprocessors);
  const double share =
      flash_share(forward ? gpu.flash_forward : gpu.flash_backward, 0.5 * static_cast<double>(a.key_channels + a.value_channels)) * keys /
      (keys + gpu.flash_half_length) * occupancy;
  const Flops arithmetic = static_cast<double>(kernel.batch) * matrix_flops_per_sample(kernel.shape, kernel.pass);
  return (forward ? 1 : 2) * gpu.kernel_fixed +
         std::max(arithmetic / (share * gpu.peak[precision]), bytes_moved(kernel) / streaming_bandwidth(gpu));
}

}  // namespace

bool runs_flash(const GpuModel& gpu, const Attention& attention) {
  return attention.method == AttentionMethod::flash && gpu.flash_forward.channels_64 > 0;
}

Seconds gpu_attention_time(const GpuModel& gpu, const Kernel& kernel) {
  return runs_flash(gpu, kernel.shape.attention) ? flash_time(gpu, kernel) : written_time(gpu, kernel);
}

}  // namespace forerun
