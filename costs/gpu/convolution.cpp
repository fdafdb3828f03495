#include <algorithm>
#include <cstdint>

#include "costs/gpu/layers.hpp"
#include "costs/gpu/product.hpp"
#include "costs/gpu/streaming.hpp"
#include "workloads/formulas.hpp"

namespace forerun {
namespace {

double number(std::int64_t value) { return static_cast<double>(value); }

double ceiling_of(std::int64_t length, std::int64_t tile) { return number((length + tile - 1) / tile); }

/// Parts into which a convolution may split its depth: the gradient of the weights is spread over the whole device.
int convolution_splits(const GpuModel& gpu, Pass pass) { return pass == Pass::backward_weights ? gpu.multiprocessors : gpu.most_splits; }

double convolution_share(const GpuModel& gpu, const Kernel& kernel) {
  const ConvolutionShares& shares = gpu.convolution;
  const bool tensor = shares.tensor_forward > 0 && on_tensor_cores(gpu, kernel.precision);
  switch (kernel.pass) {
    case Pass::backward_data: return tensor ? shares.tensor_backward_data : shares.backward_data;
    case Pass::backward_weights: return tensor ? shares.tensor_backward_weights : shares.backward_weights;
    default: return tensor ? shares.tensor_forward : shares.forward;
  }
}

constexpr std::int64_t kWinogradTile = 3;  // between the fused 2 x 2 and the unfused 4 x 4 among which cuDNN chooses
constexpr auto kWinogradProducts = static_cast<double>((kWinogradTile + 2) * (kWinogradTile + 2));

double winograd_tiles(const Kernel& kernel, const TensorShape& made) {
  return number(kernel.batch) * ceiling_of(made.height, kWinogradTile) * ceiling_of(made.width, kWinogradTile);
}

/// Whether a convolution can be Winograd's: its transformed operands and result lie in scratch memory.
bool winograd_serves(const GpuModel& gpu, const Kernel& kernel) {
  const LayerShape& shape = kernel.shape;
  if (kernel.precision != Precision::fp32 || shape.kind != LayerKind::conv2d || shape.groups != 1 || shape.window != Extent(3) ||
      shape.stride != Extent(1))
    return false;
  const double in = number(shape.input.channels), out = number(shape.output.channels);
  const Bytes scratch(bytes_per_element(kernel.precision) * kWinogradProducts *
                      (winograd_tiles(kernel, shape.output) * (in + out) + in * out));
  return scratch <= gpu.convolution_workspace;
}

/// Arithmetic of Winograd's convolution F(m x m, 3 x 3): (m + 2)^2 products of tiles of m x m results, as deep as there are channels
///                                                                            [Lavin & Gray 2016, sec. 4.1, equation 12]
/// Neglects the transforms of operands and result, their arithmetic and what they move to and from scratch memory: the share of Winograd's
/// products, set over whole convolutions, carries what they take at the median; few channels take more.
Seconds winograd_arithmetic(const GpuModel& gpu, const Kernel& kernel) {
  const TensorShape& in = kernel.shape.input;
  const TensorShape& out = kernel.shape.output;
  const TensorShape& made = kernel.pass == Pass::backward_data ? in : out;
  const double tiles = winograd_tiles(kernel, made);
  Product product{.count = kWinogradProducts};
  if (kernel.pass == Pass::backward_weights)
    product.rows = number(in.channels), product.columns = number(out.channels), product.depth = tiles;
  else
    product.rows = tiles, product.columns = number(made.channels), product.depth = number((&made == &in ? out : in).channels);
  return product_arithmetic(gpu, kernel.precision, product, convolution_splits(gpu, kernel.pass)) / gpu.convolution.winograd;
}

/// A convolution that is `product` where its windows are written out as a matrix.
Seconds convolution_product(const GpuModel& gpu, const Kernel& kernel, const Product& product) {
  const double aligned = alignment_share(gpu, kernel.precision, number(kernel.shape.input.channels), number(kernel.shape.output.channels));
  Seconds arithmetic =
      product_arithmetic(gpu, kernel.precision, product, convolution_splits(gpu, kernel.pass)) / (convolution_share(gpu, kernel) * aligned);
  if (winograd_serves(gpu, kernel)) arithmetic = std::min(arithmetic, winograd_arithmetic(gpu, kernel));
  return gpu.kernel_fixed + std::max(arithmetic, bytes_moved(kernel) / streaming_bandwidth(gpu));
}

}  // namespace

Seconds gpu_convolution_time(const GpuModel& gpu, const Kernel& kernel) {
  const LayerShape& shape = kernel.shape;
  const bool transposed = shape.kind == LayerKind::transposed_conv2d;
  const TensorShape& wide = transposed ? shape.output : shape.input;  // what the window slides over
  const TensorShape& narrow = transposed ? shape.input : shape.output;
  const double groups = number(shape.groups);
  if (shape.groups > 1 && shape.groups == shape.input.channels) return streaming_time(gpu, kernel);
  const double batch = number(kernel.batch);
  const double window = number(shape.window.volume());
  const double wide_channels = number(wide.channels) / groups;
  const double narrow_channels = number(narrow.channels) / groups;
  const double narrow_rows = batch * number(narrow.positions());
  if (kernel.pass == Pass::backward_weights) {
    const Product product{.rows = wide_channels * window, .columns = narrow_channels, .depth = narrow_rows, .count = groups};
    Seconds time = convolution_product(gpu, kernel, product);
    if (shape.bias) time += moving_time(gpu, Bytes(bytes_per_element(kernel.precision) * batch * number(shape.output.elements())));
    return time;
  }
  if ((kernel.pass == Pass::forward) != transposed) {
    const Product product{.rows = narrow_rows, .columns = narrow_channels, .depth = wide_channels * window, .count = groups};
    return convolution_product(gpu, kernel, product);
  }
  const Product product{.rows = batch * number(wide.positions()),
                        .columns = wide_channels,
                        .depth = narrow_rows / (batch * number(wide.positions())) * narrow_channels * window,
                        .count = groups};
  return convolution_product(gpu, kernel, product);
}

}  // namespace forerun
