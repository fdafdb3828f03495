#include <algorithm>
#include <cmath>
#include <vector>

#include "kernels/cpu/layers.hpp"

namespace forerun::cpu {

namespace {

// Rows that stay in a first-level cache between the passes over them. Their sums fit single precision; those of all rows are double.
constexpr std::int64_t kChunkElements = 4096;

class BatchNorm : public Operator {
 protected:
  explicit BatchNorm(const Kernel& kernel)
      : rows_(kernel.batch * kernel.shape.input.positions()),
        channels_(kernel.shape.input.channels),
        chunk_(std::max<std::int64_t>(8, kChunkElements / channels_)),
        bias_(kernel.shape.bias) {}

  /// Calls visit(first row, rows) for each chunk.
  template <class Visit>
  void for_each_chunk(Visit visit) {
    for (std::int64_t row = 0; row < rows_; row += chunk_) visit(row, std::min(chunk_, rows_ - row));
  }

  [[nodiscard]] std::vector<float> channels() const { return std::vector<float>(static_cast<std::size_t>(channels_)); }
  [[nodiscard]] std::vector<double> totals() const { return std::vector<double>(static_cast<std::size_t>(channels_)); }

  std::int64_t rows_;  // pixels of all samples
  std::int64_t channels_;
  std::int64_t chunk_;
  bool bias_;
};

/// Means and squared deviations chunk by chunk, put together by Chan, Golub & LeVeque 1983, eq. 2.1: x is read from memory twice in all.
class Forward final : public BatchNorm {
 public:
  explicit Forward(const Kernel& kernel)
      : BatchNorm(kernel), mean_(totals()), squares_(totals()), chunk_mean_(channels()), chunk_squares_(channels()), factor_(channels()) {}

  void run(const LayerBuffers& b) override {
    find_moments(b.input);
    const auto n = static_cast<double>(rows_);
    for (std::int64_t c = 0; c < channels_; ++c) {
      const double variance = squares_[c] / n;
      b.statistics[c] = static_cast<float>(mean_[c]);
      b.statistics[channels_ + c] = static_cast<float>(1 / std::sqrt(variance + kNormEpsilon));
      factor_[c] = b.weights[c] * b.statistics[channels_ + c];
      if (b.running == nullptr) continue;
      const double unbiased = rows_ > 1 ? squares_[c] / (n - 1) : variance;
      b.running[c] += kRunningShare * static_cast<float>(mean_[c] - b.running[c]);
      b.running[channels_ + c] += kRunningShare * static_cast<float>(unbiased - b.running[channels_ + c]);
    }
    normalise(b);
  }

 private:
  void find_moments(const float* input) {
    std::fill(mean_.begin(), mean_.end(), 0.0);
    std::fill(squares_.begin(), squares_.end(), 0.0);
    for_each_chunk([&](std::int64_t first, std::int64_t count) {
      find_chunk_moments(input + first * channels_, count, chunk_mean_.data(), chunk_squares_.data());
      const double of_all = static_cast<double>(count) / static_cast<double>(first + count);
      for (std::int64_t c = 0; c < channels_; ++c) {
        const double apart = chunk_mean_[c] - mean_[c];
        mean_[c] += apart * of_all;
        squares_[c] += chunk_squares_[c] + apart * apart * static_cast<double>(first) * of_all;
      }
    });
  }

  void find_chunk_moments(const float* __restrict x, std::int64_t count, float* __restrict mean, float* __restrict squares) const {
    std::fill_n(mean, channels_, 0.0F);
    std::fill_n(squares, channels_, 0.0F);
    for (std::int64_t r = 0; r < count; ++r)
      for (std::int64_t c = 0; c < channels_; ++c) mean[c] += x[r * channels_ + c];
    const float share = 1.0F / static_cast<float>(count);
    for (std::int64_t c = 0; c < channels_; ++c) mean[c] *= share;
    for (std::int64_t r = 0; r < count; ++r)
      for (std::int64_t c = 0; c < channels_; ++c) {
        const float apart = x[r * channels_ + c] - mean[c];
        squares[c] += apart * apart;
      }
  }

  void normalise(const LayerBuffers& b) const {
    const float* __restrict mean = b.statistics;
    const float* __restrict factor = factor_.data();
    const float* __restrict shift = b.weights + channels_;
    for (std::int64_t r = 0; r < rows_; ++r) {
      const float* __restrict x = b.input + r * channels_;
      float* __restrict y = b.output + r * channels_;
      if (bias_)
        for (std::int64_t c = 0; c < channels_; ++c) y[c] = (x[c] - mean[c]) * factor[c] + shift[c];
      else
        for (std::int64_t c = 0; c < channels_; ++c) y[c] = (x[c] - mean[c]) * factor[c];
    }
  }

  std::vector<double> mean_, squares_;
  std::vector<float> chunk_mean_, chunk_squares_, factor_;
};

/// The sums that both backward passes need, of dy and of dy times the normalised input. Neither leaves them to the other: a frozen layer
/// has one pass only, and ranks may have summed the weight gradient up before the other runs.
class Backward : public BatchNorm {
 protected:
  explicit Backward(const Kernel& kernel)
      : BatchNorm(kernel), shift_(totals()), scale_(totals()), chunk_shift_(channels()), chunk_scale_(channels()) {}

  void find_sums(const LayerBuffers& b) {
    std::fill(shift_.begin(), shift_.end(), 0.0);
    std::fill(scale_.begin(), scale_.end(), 0.0);
    for_each_chunk([&](std::int64_t first, std::int64_t count) {
      find_chunk_sums(b.input + first * channels_, b.output_gradient + first * channels_, b.statistics, count, chunk_shift_.data(),
                      chunk_scale_.data());
      for (std::int64_t c = 0; c < channels_; ++c) {
        shift_[c] += chunk_shift_[c];
        scale_[c] += chunk_scale_[c];
      }
    });
    for (std::int64_t c = 0; c < channels_; ++c) scale_[c] *= b.statistics[channels_ + c];
  }

  std::vector<double> shift_, scale_;

 private:
  void find_chunk_sums(const float* __restrict x, const float* __restrict dy, const float* __restrict mean, std::int64_t count,
                       float* __restrict shift, float* __restrict scale) const {
    std::fill_n(shift, channels_, 0.0F);
    std::fill_n(scale, channels_, 0.0F);
    for (std::int64_t r = 0; r < count; ++r)
      for (std::int64_t c = 0; c < channels_; ++c) {
        shift[c] += dy[r * channels_ + c];
        scale[c] += dy[r * channels_ + c] * (x[r * channels_ + c] - mean[c]);
      }
  }

  std::vector<float> chunk_shift_, chunk_scale_;
};

class BackwardWeights final : public Backward {
 public:
  explicit BackwardWeights(const Kernel& kernel) : Backward(kernel) {}
  void run(const LayerBuffers& b) override {
    find_sums(b);
    for (std::int64_t c = 0; c < channels_; ++c) b.weight_gradient[c] = static_cast<float>(scale_[c]);
    if (!bias_) return;
    for (std::int64_t c = 0; c < channels_; ++c) b.weight_gradient[channels_ + c] = static_cast<float>(shift_[c]);
  }
};

class BackwardData final : public Backward {
 public:
  explicit BackwardData(const Kernel& kernel) : Backward(kernel), factor_(channels()), slope_(channels()), offset_(channels()) {}
  void run(const LayerBuffers& b) override {
    find_sums(b);
    const auto n = static_cast<double>(rows_);
    for (std::int64_t c = 0; c < channels_; ++c) {
      factor_[c] = b.weights[c] * b.statistics[channels_ + c];
      slope_[c] = static_cast<float>(scale_[c] / n) * b.statistics[channels_ + c];
      offset_[c] = static_cast<float>(shift_[c] / n);
    }
    const float* __restrict factor = factor_.data(), * __restrict slope = slope_.data(), * __restrict offset = offset_.data();
    const float* __restrict mean = b.statistics;
    for (std::int64_t r = 0; r < rows_; ++r) {
      const float* __restrict x = b.input + r * channels_, * __restrict dy = b.output_gradient + r * channels_;
      float* __restrict dx = b.input_gradient + r * channels_;
      for (std::int64_t c = 0; c < channels_; ++c) dx[c] = factor[c] * (dy[c] - offset[c] - (x[c] - mean[c]) * slope[c]);
    }
  }

 private:
  std::vector<float> factor_, slope_, offset_;
};

}  // namespace

std::unique_ptr<Operator> batch_norm(const Kernel& kernel) {
  if (kernel.pass == Pass::forward) return std::make_unique<Forward>(kernel);
  if (kernel.pass == Pass::backward_weights) return std::make_unique<BackwardWeights>(kernel);
  return std::make_unique<BackwardData>(kernel);
}

}  // namespace forerun::cpu
