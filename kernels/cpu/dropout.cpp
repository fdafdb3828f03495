#include "kernels/cpu/draws.hpp"
#include "kernels/cpu/layers.hpp"

namespace forerun::cpu {

namespace {

/// to = scale from where the mask is 1, else 0. The factor is chosen and not the product, so that the loop becomes vectors.
void keep(const std::uint8_t* __restrict mask, std::int64_t count, float scale, const float* __restrict from, float* __restrict to) {
  for (std::int64_t i = 0; i < count; ++i) to[i] = (mask[i] != 0 ? scale : 0.0F) * from[i];
}

class Forward final : public Operator {
 public:
  Forward(const Kernel& kernel, float share) : batch_(kernel.batch), elements_(kernel.shape.input.elements()), rate_(share) {}
  void run(const LayerBuffers& b) override {
    for (std::int64_t n = 0; n < batch_; ++n) {
      const std::uint64_t key = sample_key(b.key, b.step, b.first_sample + n);
      for_each_draws(key, 0, elements_, [&](std::int64_t offset, const std::uint16_t* draws, std::int64_t count) {
        const std::int64_t at = n * elements_ + offset;
        choose(draws, count, b.mask + at);
        keep(b.mask + at, count, rate_.scale, b.input + at, b.output + at);
      });
    }
  }

 private:
  void choose(const std::uint16_t* __restrict draws, std::int64_t count, std::uint8_t* __restrict mask) const {
    const auto threshold = static_cast<std::uint16_t>(rate_.threshold);
    for (std::int64_t i = 0; i < count; ++i) mask[i] = draws[i] >= threshold ? 1 : 0;
  }

  std::int64_t batch_;
  std::int64_t elements_;
  DropRate rate_;
};

class BackwardData final : public Operator {
 public:
  BackwardData(const Kernel& kernel, float share)
      : elements_(kernel.batch * kernel.shape.input.elements()), scale_(DropRate(share).scale) {}
  void run(const LayerBuffers& b) override { keep(b.mask, elements_, scale_, b.output_gradient, b.input_gradient); }

 private:
  std::int64_t elements_;
  float scale_;
};

}  // namespace

std::unique_ptr<Operator> dropout(const Kernel& kernel, float share) {
  if (kernel.pass == Pass::forward) return std::make_unique<Forward>(kernel, share);
  return std::make_unique<BackwardData>(kernel, share);
}

}  // namespace forerun::cpu
