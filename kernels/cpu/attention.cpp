#include "kernels/cpu/attention.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "kernels/attention_mask.hpp"
#include "kernels/cpu/draws.hpp"
#include "kernels/cpu/layers.hpp"
#include "kernels/cpu/matrix.hpp"

namespace forerun::cpu {

namespace {

using Index = Eigen::Index;
using Rows = StridedMatrix;
using ConstRows = ConstStridedMatrix;

/// Scaled dot products block of queries by block of queries, as in flash attention [Dao et al. 2022], but with all keys of a block at
/// once, since a core's second-level cache holds what a GPU's shared memory does not. A causal block stops at its last query's key.
class AttentionBlocks : public Operator {
 protected:
  AttentionBlocks(const AttentionProducts& products, const Kernel& kernel, const OperatorOptions& options)
      : products_(products),
        a_(kernel.shape.attention),
        batch_(kernel.batch),
        queries_(kernel.shape.input.positions()),
        shared_by_(a_.heads / a_.key_heads),
        scale_(1 / std::sqrt(static_cast<float>(a_.key_channels))),
        causal_(options.mask == AttentionMask::causal),
        rate_(a_.dropout ? options.dropped_share : 0.0F),
        scores_(static_cast<std::size_t>(std::min(kAttentionBlock, queries_) * a_.keys)) {}

  /// Keys that a query sees, from the first on.
  [[nodiscard]] Index seen(Index query) const { return causal_ ? query + 1 + a_.keys - queries_ : a_.keys; }

  /// Calls visit(first query, queries, keys that the last of them sees) for each block.
  template <class Visit>
  void for_each_block(Visit visit) const {
    for (Index first = 0; first < queries_; first += kAttentionBlock) {
      const Index count = std::min(kAttentionBlock, queries_ - first);
      visit(first, count, seen(first + count - 1));
    }
  }

  /// Rows of one head in an array of positions x heads x channels.
  template <class View, class Float>
  View of_head(Float* array, Index position, Index rows, Index head, Index heads, Index channels) const {
    return View(array + (position * heads + head) * channels, rows, channels, Eigen::OuterStride<>(heads * channels));
  }
  ConstRows query(const LayerBuffers& b, Index sample, Index head, Index first, Index count) const {
    return of_head<ConstRows>(b.input, sample * queries_ + first, count, head, a_.heads, a_.key_channels);
  }
  ConstRows key(const LayerBuffers& b, Index sample, Index head, Index count) const {
    return of_head<ConstRows>(b.further_inputs[0], sample * a_.keys, count, head / shared_by_, a_.key_heads, a_.key_channels);
  }
  ConstRows value(const LayerBuffers& b, Index sample, Index head, Index count) const {
    return of_head<ConstRows>(b.further_inputs[1], sample * a_.keys, count, head / shared_by_, a_.key_heads, a_.value_channels);
  }
  static ConstRows read(const Rows& rows) { return {rows.data(), rows.rows(), rows.cols(), Eigen::OuterStride<>(rows.outerStride())}; }
  Rows block(std::vector<float>& memory, Index rows, Index keys) const {
    return {memory.data(), rows, keys, Eigen::OuterStride<>(a_.keys)};
  }

  /// Factors of a query's softmax: 0 where it is dropped. Each row of scores starts with a hash of its own.
  void draw_factors(const LayerBuffers& b, Index sample, Index head, Index query, Index count, float* __restrict factors) const {
    const Index row = ceil_div(a_.keys, kDrawsPerHash) * kDrawsPerHash;
    const std::uint64_t key = sample_key(b.key, b.step, b.first_sample + sample);
    for_each_draws(key, (head * queries_ + query) * row, count, [&](Index offset, const std::uint16_t* draws, Index piece) {
      const auto threshold = static_cast<std::uint16_t>(rate_.threshold);
      for (Index i = 0; i < piece; ++i) factors[offset + i] = draws[i] >= threshold ? rate_.scale : 0.0F;
    });
  }

  [[nodiscard]] bool drops() const { return rate_.threshold > 0; }

  AttentionProducts products_;
  Attention a_;
  Index batch_;
  Index queries_;
  Index shared_by_;  // heads that share keys and values
  float scale_;
  bool causal_;
  DropRate rate_;
  std::vector<float> scores_;
};

class Forward final : public AttentionBlocks {
 public:
  Forward(const AttentionProducts& products, const Kernel& kernel, const OperatorOptions& options)
      : AttentionBlocks(products, kernel, options), factors_(static_cast<std::size_t>(a_.keys)) {}

  void run(const LayerBuffers& b) override {
    for (Index n = 0; n < batch_; ++n)
      for (Index head = 0; head < a_.heads; ++head)
        for_each_block([&](Index first, Index count, Index last) {
          const Rows p = block(scores_, count, last);
          products_.times_transposed(query(b, n, head, first, count), key(b, n, head, last), p);
          for (Index r = 0; r < count; ++r) soften(b, n, head, first + r, last, scores_.data() + r * a_.keys);
          const Rows y = of_head<Rows>(b.output, n * queries_ + first, count, head, a_.heads, a_.value_channels);
          products_.times(read(p), value(b, n, head, last), y);
        });
  }

 private:
  /// Scores to softmax, zero for keys that the query does not see.
  void soften(const LayerBuffers& b, Index sample, Index head, Index query, Index last, float* row) {
    Array p(row, seen(query));
    const float largest = p.maxCoeff();
    p = (scale_ * (p - largest)).exp();
    const float sum = p.sum();
    b.statistics[(sample * a_.heads + head) * queries_ + query] = scale_ * largest + std::log(sum);
    if (drops()) {
      draw_factors(b, sample, head, query, p.size(), factors_.data());
      p *= ConstArray(factors_.data(), p.size()) * (1 / sum);
    } else {
      p *= 1 / sum;
    }
    std::fill(row + p.size(), row + last, 0.0F);
  }

  std::vector<float> factors_;
};

/// The softmax P is calculated again from the scores and the logarithms of their sums. With D the dropout's factors:
///   dV = (P D)^T dY;  dS = P ((dY V^T) D - rowsum(dY Y)) scale;  dQ = dS K;  dK = dS^T Q      [Dao et al. 2022, algorithm 4]
class BackwardData final : public AttentionBlocks {
 public:
  BackwardData(const AttentionProducts& products, const Kernel& kernel, const OperatorOptions& options)
      : AttentionBlocks(products, kernel, options), slopes_(scores_.size()), dropped_(drops() ? scores_.size() : 0) {}

  void run(const LayerBuffers& b) override {
    std::fill_n(b.further_input_gradients[0], batch_ * a_.keys * a_.key_heads * a_.key_channels, 0.0F);
    std::fill_n(b.further_input_gradients[1], batch_ * a_.keys * a_.key_heads * a_.value_channels, 0.0F);
    for (Index n = 0; n < batch_; ++n)
      for (Index head = 0; head < a_.heads; ++head)
        for_each_block([&](Index first, Index count, Index last) { run_block(b, n, head, first, count, last); });
  }

 private:
  void run_block(const LayerBuffers& b, Index n, Index head, Index first, Index count, Index last) {
    const Index values = a_.value_channels;
    const ConstRows q = query(b, n, head, first, count), k = key(b, n, head, last), v = value(b, n, head, last);
    const ConstRows y = of_head<ConstRows>(b.output, n * queries_ + first, count, head, a_.heads, values);
    const ConstRows dy = of_head<ConstRows>(b.output_gradient, n * queries_ + first, count, head, a_.heads, values);
    const Rows p = block(scores_, count, last), ds = block(slopes_, count, last);
    products_.times_transposed(q, k, p);
    products_.times_transposed(dy, v, ds);
    for (Index r = 0; r < count; ++r) turn_row(b, n, head, first + r, last, r, dy.row(r).dot(y.row(r)));
    const Rows dv = of_head<Rows>(b.further_input_gradients[1], n * a_.keys, last, head / shared_by_, a_.key_heads, values);
    products_.add_transposed_times(read(block(drops() ? dropped_ : scores_, count, last)), dy, dv);
    const Rows dk = of_head<Rows>(b.further_input_gradients[0], n * a_.keys, last, head / shared_by_, a_.key_heads, a_.key_channels);
    products_.add_transposed_times(read(ds), q, dk);
    const Rows dq = of_head<Rows>(b.input_gradient, n * queries_ + first, count, head, a_.heads, a_.key_channels);
    products_.times(read(ds), k, dq);
  }

  /// Turns a query's row of scores into its softmax, and that of the softmax's gradient into the scores'.
  void turn_row(const LayerBuffers& b, Index sample, Index head, Index query, Index last, Index r, float product) {
    const Index count = seen(query), at = r * a_.keys;
    Array p(scores_.data() + at, count), ds(slopes_.data() + at, count);
    p = (scale_ * p - b.statistics[(sample * a_.heads + head) * queries_ + query]).exp();
    if (drops()) {
      Array kept(dropped_.data() + at, count);
      draw_factors(b, sample, head, query, count, kept.data());
      ds *= kept;
      kept *= p;
      std::fill(dropped_.data() + at + count, dropped_.data() + at + last, 0.0F);
    }
    ds = scale_ * p * (ds - product);
    std::fill(scores_.data() + at + count, scores_.data() + at + last, 0.0F);
    std::fill(slopes_.data() + at + count, slopes_.data() + at + last, 0.0F);
  }

  std::vector<float> slopes_, dropped_;
};

constexpr AttentionProducts kEigenProducts = {
    .times_transposed = [](const ConstRows& a, const ConstRows& b, Rows c) { c.noalias() = a * b.transpose(); },
    .times = [](const ConstRows& a, const ConstRows& b, Rows c) { c.noalias() = a * b; },
    .add_transposed_times = [](const ConstRows& a, const ConstRows& b, Rows c) { c.noalias() += a.transpose() * b; }};

}  // namespace

std::unique_ptr<Operator> attention_by(const AttentionProducts& products, const Kernel& kernel, const OperatorOptions& options) {
  require_seen_keys(kernel, options.mask);
  if (kernel.pass == Pass::forward) return std::make_unique<Forward>(products, kernel, options);
  return std::make_unique<BackwardData>(products, kernel, options);
}

std::unique_ptr<Operator> attention(const Kernel& kernel, const OperatorOptions& options) {
  return attention_by(kEigenProducts, kernel, options);
}

}  // namespace forerun::cpu
