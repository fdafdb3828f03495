#include <algorithm>
#include <vector>

#include "kernels/cpu/layers.hpp"
#include "kernels/cpu/matrix.hpp"
#include "kernels/cpu/patches.hpp"

namespace forerun::cpu {

namespace {

// The patches of a chunk of output rows stay in a second-level cache between being gathered and multiplied, but a chunk has
// enough pixels to repay the packing of the weights, which the product repeats for each.
constexpr std::int64_t kChunkElements = 128 * 1024;
constexpr std::int64_t kChunkPixels = 128;

/// Convolution as patches times weights, chunk by chunk.
class Conv2d : public Operator {
 protected:
  explicit Conv2d(const Kernel& kernel)
      : shape_(kernel.shape),
        batch_(kernel.batch),
        outputs_(shape_.output.channels),
        patch_(patch_elements(shape_)),
        rows_(kernel.batch * shape_.output.height),
        chunk_rows_(std::clamp<std::int64_t>(std::max(kChunkElements / patch_, kChunkPixels) / shape_.output.width, 1, rows_)),
        patches_(static_cast<std::size_t>(chunk_rows_ * shape_.output.width * patch_)) {}

  /// Calls visit(first output row, output rows, first pixel, pixels) for each chunk.
  template <class Visit>
  void for_each_chunk(Visit visit) {
    for (std::int64_t row = 0; row < rows_; row += chunk_rows_) {
      const std::int64_t count = std::min(chunk_rows_, rows_ - row);
      visit(row, count, row * shape_.output.width, count * shape_.output.width);
    }
  }

  LayerShape shape_;
  std::int64_t batch_;
  Eigen::Index outputs_;
  Eigen::Index patch_;
  std::int64_t rows_;
  std::int64_t chunk_rows_;
  std::vector<float> patches_;
};

class Forward final : public Conv2d {
 public:
  explicit Forward(const Kernel& kernel) : Conv2d(kernel) {}
  void run(const LayerBuffers& b) override {
    const ConstMatrix weights(b.weights, outputs_, patch_);
    const ConstRowVector bias(b.weights + outputs_ * patch_, outputs_);
    for_each_chunk([&](std::int64_t row, std::int64_t rows, std::int64_t pixel, std::int64_t pixels) {
      gather_patches(shape_, b.input, row, rows, patches_.data());
      Matrix y(b.output + pixel * outputs_, pixels, outputs_);
      y.noalias() = ConstMatrix(patches_.data(), pixels, patch_) * weights.transpose();
      y.rowwise() += bias;
    });
  }
};

class BackwardWeights final : public Conv2d {
 public:
  explicit BackwardWeights(const Kernel& kernel) : Conv2d(kernel) {}
  void run(const LayerBuffers& b) override {
    Matrix weight_gradient(b.weight_gradient, outputs_, patch_);
    RowVector bias_gradient(b.weight_gradient + outputs_ * patch_, outputs_);
    weight_gradient.setZero();
    bias_gradient.setZero();
    for_each_chunk([&](std::int64_t row, std::int64_t rows, std::int64_t pixel, std::int64_t pixels) {
      gather_patches(shape_, b.input, row, rows, patches_.data());
      const ConstMatrix dy(b.output_gradient + pixel * outputs_, pixels, outputs_);
      weight_gradient.noalias() += dy.transpose() * ConstMatrix(patches_.data(), pixels, patch_);
      bias_gradient += dy.colwise().sum();
    });
  }
};

class BackwardData final : public Conv2d {
 public:
  explicit BackwardData(const Kernel& kernel) : Conv2d(kernel) {}
  void run(const LayerBuffers& b) override {
    const ConstMatrix weights(b.weights, outputs_, patch_);
    std::fill_n(b.input_gradient, batch_ * shape_.input.elements(), 0.0F);
    for_each_chunk([&](std::int64_t row, std::int64_t rows, std::int64_t pixel, std::int64_t pixels) {
      const ConstMatrix dy(b.output_gradient + pixel * outputs_, pixels, outputs_);
      Matrix(patches_.data(), pixels, patch_).noalias() = dy * weights;
      scatter_patches(shape_, patches_.data(), row, rows, b.input_gradient);
    });
  }
};

}  // namespace

std::unique_ptr<Operator> conv2d(const Kernel& kernel) {
  if (kernel.pass == Pass::forward) return std::make_unique<Forward>(kernel);
  if (kernel.pass == Pass::backward_weights) return std::make_unique<BackwardWeights>(kernel);
  return std::make_unique<BackwardData>(kernel);
}

}  // namespace forerun::cpu
