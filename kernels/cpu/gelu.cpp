#include <numbers>
#include <unsupported/Eigen/SpecialFunctions>

#include "kernels/cpu/layers.hpp"
#include "kernels/cpu/matrix.hpp"
#include "kernels/cpu/threads.hpp"

namespace forerun::cpu {

namespace {

constexpr float kRootHalf = 1 / std::numbers::sqrt2_v<float>;
constexpr float kDensityAtZero = std::numbers::inv_sqrtpi_v<float> * kRootHalf;

class Forward final : public Operator {
 public:
  explicit Forward(const Kernel& kernel) : elements_(kernel.batch * kernel.shape.input.elements()) {}
  void run(const LayerBuffers& b) override {
    share_out(elements_, 2, [&](std::int64_t first, std::int64_t count) {
      const ConstArray x(b.input + first, count);
      Array(b.output + first, count) = 0.5F * x * (1.0F + (kRootHalf * x).erf());
    });
  }

 private:
  Eigen::Index elements_;
};

class BackwardData final : public Operator {
 public:
  explicit BackwardData(const Kernel& kernel) : elements_(kernel.batch * kernel.shape.input.elements()) {}
  void run(const LayerBuffers& b) override {
    share_out(elements_, 3, [&](std::int64_t first, std::int64_t count) {
      const ConstArray x(b.input + first, count), dy(b.output_gradient + first, count);
      Array(b.input_gradient + first, count) =
          dy * (0.5F * (1.0F + (kRootHalf * x).erf()) + kDensityAtZero * x * (-0.5F * x.square()).exp());
    });
  }

 private:
  Eigen::Index elements_;
};

}  // namespace

std::unique_ptr<Operator> gelu(const Kernel& kernel) {
  if (kernel.pass == Pass::forward) return std::make_unique<Forward>(kernel);
  return std::make_unique<BackwardData>(kernel);
}

}  // namespace forerun::cpu
