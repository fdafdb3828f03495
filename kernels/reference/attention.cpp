#include <cmath>
#include <vector>

#include "kernels/dropout_draws.hpp"
#include "kernels/reference/layers.hpp"

namespace forerun {

namespace {

/// One query of one head: where its arrays start, what it sees of the keys, and its softmax.
class Query {
 public:
  Query(const Kernel& kernel, const OperatorOptions& options, const LayerBuffers& b, std::int64_t sample, std::int64_t head,
        std::int64_t position)
      : a(kernel.shape.attention), b_(b), sample_(sample), key_head_(head * a.key_heads / a.heads) {
    const std::int64_t queries = kernel.shape.input.positions();
    row = (sample * queries + position) * a.heads + head;
    at = (sample * a.heads + head) * queries + position;
    const std::int64_t seen = options.mask == AttentionMask::causal ? position + 1 + a.keys - queries : a.keys;
    double sum = 0;
    for (std::int64_t k = 0; k < seen; ++k) softmax.push_back(std::exp(score(k)));
    for (const double p : softmax) sum += p;
    for (double& p : softmax) p /= sum;
    logarithm = std::log(sum);
    const DropRate rate(a.dropout ? options.dropped_share : 0.0F);
    const std::uint64_t key_of_sample = sample_key(b.key, b.step, b.first_sample + sample);
    const std::int64_t first_draw = (head * queries + position) * ((a.keys + 3) / 4 * 4);
    for (std::int64_t k = 0; k < seen; ++k) factor.push_back(draw(key_of_sample, first_draw + k) >= rate.threshold ? rate.scale : 0.0);
  }

  [[nodiscard]] std::int64_t key(std::int64_t k) const { return ((sample_ * a.keys + k) * a.key_heads + key_head_) * a.key_channels; }
  [[nodiscard]] std::int64_t value(std::int64_t k) const { return ((sample_ * a.keys + k) * a.key_heads + key_head_) * a.value_channels; }
  [[nodiscard]] double scale() const { return 1 / std::sqrt(static_cast<double>(a.key_channels)); }

  Attention a;
  std::int64_t row = 0;  ///< of queries and outputs, in heads
  std::int64_t at = 0;   ///< in the statistics
  double logarithm = 0;  ///< of the sum of its scores' exponentials
  std::vector<double> softmax, factor;

 private:
  [[nodiscard]] double score(std::int64_t k) const {
    double sum = 0;
    for (std::int64_t c = 0; c < a.key_channels; ++c)
      sum += static_cast<double>(b_.input[row * a.key_channels + c]) * b_.further_inputs[0][key(k) + c];
    return sum * scale();
  }

  const LayerBuffers& b_;
  std::int64_t sample_;
  std::int64_t key_head_;
};

void forward(const Query& q, const LayerBuffers& b) {
  for (std::int64_t c = 0; c < q.a.value_channels; ++c) {
    double y = 0;
    for (std::size_t k = 0; k < q.softmax.size(); ++k) y += q.softmax[k] * q.factor[k] * b.further_inputs[1][q.value(k) + c];
    b.output[q.row * q.a.value_channels + c] = static_cast<float>(y);
  }
  b.statistics[q.at] = static_cast<float>(q.logarithm);
}

struct Gradients {
  std::vector<double> query, key, value;
};

void backward(const Query& q, const LayerBuffers& b, Gradients& to) {
  const float* dy = b.output_gradient + q.row * q.a.value_channels;
  std::vector<double> slope(q.softmax.size());  // of the loss by the softmax
  double mean = 0;
  for (std::size_t k = 0; k < slope.size(); ++k) {
    for (std::int64_t c = 0; c < q.a.value_channels; ++c) {
      slope[k] += static_cast<double>(dy[c]) * b.further_inputs[1][q.value(k) + c] * q.factor[k];
      to.value[q.value(k) + c] += q.softmax[k] * q.factor[k] * dy[c];
    }
    mean += q.softmax[k] * slope[k];
  }
  for (std::size_t k = 0; k < slope.size(); ++k)
    for (std::int64_t c = 0; c < q.a.key_channels; ++c) {
      const double ds = q.softmax[k] * (slope[k] - mean) * q.scale();
      to.query[q.row * q.a.key_channels + c] += ds * b.further_inputs[0][q.key(k) + c];
      to.key[q.key(k) + c] += ds * b.input[q.row * q.a.key_channels + c];
    }
}

void store(const std::vector<double>& sums, float* to) {
  for (std::size_t i = 0; i < sums.size(); ++i) to[i] = static_cast<float>(sums[i]);
}

}  // namespace

void reference_attention(const Kernel& kernel, const LayerBuffers& b, const OperatorOptions& options) {
  const Attention& a = kernel.shape.attention;
  const std::int64_t keys = kernel.batch * a.keys * a.key_heads;
  Gradients gradients{std::vector<double>(kernel.batch * kernel.shape.input.elements()), std::vector<double>(keys * a.key_channels),
                      std::vector<double>(keys * a.value_channels)};
  for (std::int64_t n = 0; n < kernel.batch; ++n)
    for (std::int64_t head = 0; head < a.heads; ++head)
      for (std::int64_t t = 0; t < kernel.shape.input.positions(); ++t) {
        const Query query(kernel, options, b, n, head, t);
        kernel.pass == Pass::forward ? forward(query, b) : backward(query, b, gradients);
      }
  if (kernel.pass == Pass::forward) return;
  store(gradients.query, b.input_gradient);
  store(gradients.key, b.further_input_gradients[0]);
  store(gradients.value, b.further_input_gradients[1]);
}

}  // namespace forerun
