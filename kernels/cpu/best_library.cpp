#include "kernels/cpu/best_library.hpp"

#include <algorithm>

#include "kernels/cpu/attention.hpp"
#include "workloads/formulas.hpp"

namespace forerun::cpu {

namespace {

// Below this, calling a primitive costs more than oneDNN's faster product saves.
constexpr double kSmallProduct_flop = 5e4;

// oneDNN's convolutions reorder the weights at each call. With so few pixels in the whole batch, that is most of their time. Where both
// take as long, so that a step's time does not jump with its batch: for 256 to 512 channels of 2 x 2 to 8 x 8 pixels.
constexpr std::int64_t kFewPixels = 48;

// oneDNN has no fast weight gradient for images of so few pixels, at any batch.
constexpr std::int64_t kTinyImage = 4;

Library best_convolution(const Kernel& kernel) {
  if (kernel.shape.groups > 1) return Library::onednn;  // a hundred times as fast where each channel is a group
  const std::int64_t pixels = kernel.shape.output.height * kernel.shape.output.width;
  const bool tiny_gradient = kernel.pass == Pass::backward_weights && pixels <= kTinyImage;
  return kernel.batch * pixels <= kFewPixels || tiny_gradient ? Library::eigen : Library::onednn;
}

/// By the size of the products of one head and block of queries.
Library best_attention(const Kernel& kernel) {
  const Attention& a = kernel.shape.attention;
  const double product_flop =
      2.0 * static_cast<double>(std::min(kAttentionBlock, kernel.shape.input.positions()) * a.keys * a.key_channels);
  return product_flop < kSmallProduct_flop ? Library::eigen : Library::onednn;
}

}  // namespace

Library best_library(const Kernel& kernel) {
  if (!offers(Library::onednn, kernel)) return Library::eigen;
  switch (kernel.shape.kind) {
    case LayerKind::dense: return flops(kernel).value() < kSmallProduct_flop ? Library::eigen : Library::onednn;
    case LayerKind::conv2d: return best_convolution(kernel);
    case LayerKind::attention: return best_attention(kernel);
    // Plain loops over NHWC take half of oneDNN's time for max-pool, mostly less for both passes of average-pool, and as much for relu
    // but for its cost of a call. Eigen's gelu takes 0.4 of oneDNN's time forward and 0.8 backward.
    // Norms are plain loops alone: over channels of 64 and more oneDNN's took 0.9 to 1.9 times as long forward, and its backward pass,
    // which calculates both gradients at once, 0.7 to 1.2 times as long as both of ours.
    default: return Library::eigen;
  }
}

Library library_of(const Kernel& kernel, Kernels kernels) {
  if (kernels == Kernels::eigen_only) return Library::eigen;
  Kernel chooser = kernel;
  if (kernel.shape.kind == LayerKind::max_pool) chooser.pass = Pass::forward;
  return best_library(chooser);
}

}  // namespace forerun::cpu
