#include <algorithm>
#include <vector>

#include "kernels/cpu/layers.hpp"
#include "kernels/cpu/matrix.hpp"
#include "kernels/cpu/patches.hpp"
#include "workloads/formulas.hpp"

namespace forerun::cpu {

namespace {

// The patches of a chunk of output rows stay in a second-level cache between being gathered and multiplied, but a chunk has
// enough pixels to repay the packing of the weights, which the product repeats for each.
constexpr std::int64_t kChunkElements = 128 * 1024;
constexpr std::int64_t kChunkPixels = 128;

/// Convolution as patches times weights, chunk by chunk and group by group.
class Conv2d : public Operator {
 protected:
  explicit Conv2d(const Kernel& kernel)
      : shape_(kernel.shape),
        batch_(kernel.batch),
        outputs_(shape_.output.channels),
        group_outputs_(outputs_ / shape_.groups),
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

  /// Calls visit(group, its first output channel) for each group.
  template <class Visit>
  void for_each_group(Visit visit) {
    for (std::int64_t group = 0; group < shape_.groups; ++group) visit(group, group * group_outputs_);
  }

  LayerShape shape_;
  std::int64_t batch_;
  Eigen::Index outputs_;
  Eigen::Index group_outputs_;
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
    for_each_chunk([&](std::int64_t row, std::int64_t rows, std::int64_t pixel, std::int64_t pixels) {
      Matrix y(b.output + pixel * outputs_, pixels, outputs_);
      for_each_group([&](std::int64_t group, Eigen::Index first) {
        gather_patches(shape_, group, b.input, row, rows, patches_.data());
        y.middleCols(first, group_outputs_).noalias() =
            ConstMatrix(patches_.data(), pixels, patch_) * weights.middleRows(first, group_outputs_).transpose();
      });
      if (shape_.bias) y.rowwise() += ConstRowVector(b.weights + outputs_ * patch_, outputs_);
    });
  }
};

class BackwardWeights final : public Conv2d {
 public:
  explicit BackwardWeights(const Kernel& kernel) : Conv2d(kernel) {}
  void run(const LayerBuffers& b) override {
    Matrix weight_gradient(b.weight_gradient, outputs_, patch_);
    std::fill_n(b.weight_gradient, parameters(shape_), 0.0F);
    for_each_chunk([&](std::int64_t row, std::int64_t rows, std::int64_t pixel, std::int64_t pixels) {
      const ConstMatrix dy(b.output_gradient + pixel * outputs_, pixels, outputs_);
      for_each_group([&](std::int64_t group, Eigen::Index first) {
        gather_patches(shape_, group, b.input, row, rows, patches_.data());
        weight_gradient.middleRows(first, group_outputs_).noalias() +=
            dy.middleCols(first, group_outputs_).transpose() * ConstMatrix(patches_.data(), pixels, patch_);
      });
      if (shape_.bias) RowVector(b.weight_gradient + outputs_ * patch_, outputs_) += dy.colwise().sum();
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
      for_each_group([&](std::int64_t group, Eigen::Index first) {
        Matrix(patches_.data(), pixels, patch_).noalias() =
            dy.middleCols(first, group_outputs_) * weights.middleRows(first, group_outputs_);
        scatter_patches(shape_, group, patches_.data(), row, rows, b.input_gradient);
      });
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
