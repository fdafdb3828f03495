#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/workload.hpp"
#include "io/text.hpp"
#include "workloads/shapes.hpp"

namespace forerun {

/// What a convolution or a pool leaves open. `outputs` are the channels of a convolution.
struct WindowOptions {
  std::int64_t outputs = 0;
  Extent window;
  Extent stride;
  Padding padding;
  Padding uneven;  ///< as LayerDescription
  Extent dilation;
  std::int64_t groups = 1;
  bool bias = true;
  bool round_up = false;
};

enum class Bias { none, present };
enum class Dropout { none, present };
constexpr Dropout dropout_if(bool present) { return present ? Dropout::present : Dropout::none; }

/// Writes a network layer by layer. Every call appends one layer that reads earlier ones (by their index, or kData) and returns its
/// index; its shape follows from theirs. Names are made unique within the network: `block-3.query`.
/// BadInput at `where`: shapes that do not fit together, what infer_shape() refuses, more than 2^53 parameters.
class GraphBuilder {
 public:
  GraphBuilder(std::string name, const TensorShape& input, Text where);

  /// Where layers that follow stand, for messages.
  void at(Text where) { where_ = std::move(where); }

  /// Layers that follow belong to the next repetition of a block, and their names start with `prefix`, a hyphen and its number from 1.
  void begin_block(std::string_view prefix);
  void end_block();

  /// On the channels of each position.
  int dense(std::string_view name, int from, std::int64_t outputs, Bias bias = Bias::present);
  /// The same with the weights of an earlier embedding, but biases of its own.
  int tied_dense(std::string_view name, int from, int embedding, Bias bias = Bias::none);
  /// Sends each position to the `chosen` experts that `scores` names: so many times the positions.
  int dispatch(std::string_view name, int from, int scores, std::int64_t chosen);
  /// A dense layer of which each position meets the weights of one of the `experts`.
  int expert_dense(std::string_view name, int from, std::int64_t outputs, std::int64_t experts, Bias bias = Bias::none);
  /// Sum of each position's `chosen` outputs of experts, weighted by `scores`.
  int combine(std::string_view name, int from, int scores, std::int64_t chosen);
  int convolution(std::string_view name, LayerKind kind, int from, const WindowOptions& options);
  int pool(std::string_view name, LayerKind kind, int from, const WindowOptions& options);
  /// Averages all positions.
  int global_average_pool(std::string_view name, int from);
  /// Averages to `height` x `width`; where the input does not divide, windows overlap.
  int adaptive_average_pool(std::string_view name, int from, std::int64_t height, std::int64_t width);
  /// batch_norm, layer_norm or rms_norm.
  int norm(std::string_view name, LayerKind kind, int from, Bias bias = Bias::present);
  /// relu, gelu, silu, sigmoid, tanh, softmax, dropout, rotary.
  int elementwise(std::string_view name, LayerKind kind, int from);
  /// add or multiply of equal shapes.
  int join(std::string_view name, LayerKind kind, std::vector<int> from);
  /// Along the channels.
  int concat(std::string_view name, std::vector<int> from);
  /// The same elements in another shape, or some of them (slices), or several times (up-sampling).
  int reshape(std::string_view name, int from, const TensorShape& shape);
  int flatten(std::string_view name, int from);
  /// One row of `rows` x `channels` for each of `positions` indices. `from` is kData, or where positions come from.
  /// `sparse`: only rows that are picked have gradients.
  int embedding(std::string_view name, int from, std::int64_t rows, std::int64_t channels, std::int64_t positions, bool sparse = false);
  /// A row of `rows` for each of the sample's positions, by its number.
  int position_embedding(std::string_view name, std::int64_t rows, std::int64_t channels, std::int64_t positions);
  int lstm(std::string_view name, int from, std::int64_t outputs, Bias bias = Bias::present);
  /// The dot products of each two of the input's positions, n (n - 1) / 2 channels of n positions.
  int interaction(std::string_view name, int from);
  /// Scaled dot products of projected queries, keys and values; `attention.keys` is filled in from the keys.
  int attention(std::string_view name, int query, int key, int value, Attention attention);
  /// A layer of a shape of its own, for what has no call here.
  int layer(std::string_view name, const LayerShape& shape, std::vector<int> from);
  int loss(std::string_view name, LayerKind kind, int from);

  /// The layer takes the weights of an earlier one, of as many parameters but for biases.
  void tie(int layer, int to);
  void freeze(int layer) { workload_.layers[static_cast<std::size_t>(layer)].frozen = true; }

  [[nodiscard]] const Layer& layer_at(int layer) const { return workload_.layers.at(static_cast<std::size_t>(layer)); }
  /// The output of a layer; the sample for kData.
  [[nodiscard]] const TensorShape& shape_of(int layer) const;
  [[nodiscard]] int size() const { return static_cast<int>(workload_.layers.size()); }

  /// Fields that are no layers: batch, samples, tokens a sample.
  [[nodiscard]] Workload& workload() { return workload_; }
  [[nodiscard]] Workload take() &&;

 private:
  int append(std::string_view name, const LayerShape& shape, std::vector<int> from);
  int windowed(std::string_view name, LayerKind kind, int from, const WindowOptions& options);
  [[nodiscard]] Text place(std::string_view name) const;
  [[noreturn]] void refuse(std::string_view name, const std::string& what) const;

  Workload workload_;
  Text where_;
  std::string prefix_;
  int block_ = -1;
  int blocks_ = 0;
  std::map<std::string, int, std::less<>> block_counts_;  ///< of each prefix
  std::map<std::string, int, std::less<>> names_;         ///< how often each name was given
  std::int64_t parameters_ = 0;
};

}  // namespace forerun
