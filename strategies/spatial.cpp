#include "strategies/spatial.hpp"

#include <algorithm>

#include "io/format.hpp"
#include "workloads/formulas.hpp"

namespace forerun {
namespace {

/// Rows or columns of the neighbours before and after.
struct Reach {
  std::int64_t before = 0;
  std::int64_t after = 0;
};

/// One dimension of a window.
struct Window {
  std::int64_t size = 1;
  std::int64_t stride = 1;
  std::int64_t padding = 0;

  [[nodiscard]] Reach gathering() const { return {padding, std::max<std::int64_t>(0, size - stride - padding)}; }
  [[nodiscard]] Reach spreading() const {
    return {std::max<std::int64_t>(0, size - 1 - padding) / stride, (padding + stride - 1) / stride};
  }
};

bool slides(LayerKind kind) {
  switch (kind) {
    case LayerKind::conv2d:
    case LayerKind::conv3d:
    case LayerKind::transposed_conv2d:
    case LayerKind::max_pool:
    case LayerKind::average_pool: return true;
    default: return false;
  }
}

bool works_on_elements(LayerKind kind) {
  switch (kind) {
    case LayerKind::relu:
    case LayerKind::gelu:
    case LayerKind::silu:
    case LayerKind::sigmoid:
    case LayerKind::tanh:
    case LayerKind::dropout:
    case LayerKind::batch_norm:
    case LayerKind::add:
    case LayerKind::multiply:
    case LayerKind::concat: return true;
    default: return false;
  }
}

constexpr std::int64_t share(std::int64_t extent, std::int64_t parts) { return (extent + parts - 1) / parts; }

class SpatialSplitter {
 public:
  SpatialSplitter(LocalModel& model, const SpatialGrid& grid)
      : model_(model),
        layers_(model.part->layers),
        grid_(grid),
        element_(bytes_per_element(model.part->precision)),
        passes_(passes(*model.part)),
        holdings_(layers_.size()) {}

  std::string run() {
    for (std::size_t i = 0; i < layers_.size() && reason_.empty(); ++i) {
      if (can_split(i))
        place(i);
      else
        gather(i);
    }
    if (!reason_.empty()) return reason_;
    if (std::ranges::none_of(holdings_, [](const Holding& holding) { return holding.part; }))
      return named() + model_.part->name + " has no convolution that reads its samples";
    if (!reads_whole_samples_) divide(model_.part->input);
    return "";
  }

 private:
  struct Holding {
    bool part = false;      ///< the output lies over the grid
    bool gathered = false;  ///< somebody has gathered it
    Bytes whole;            ///< of one sample
  };

  [[nodiscard]] std::string named() const { return forerun::format("spatial={}x{}: ", grid_.height, grid_.width); }

  [[nodiscard]] bool can_split(std::size_t i) const {
    const Layer& layer = layers_[i];
    const LayerShape& shape = layer.shape;
    const bool of_positions = slides(shape.kind) && shape.output.height * shape.output.width > 1;
    if (!of_positions && !works_on_elements(shape.kind)) return false;
    return std::ranges::all_of(layer.inputs, [&](int input) { return input == kData ? of_positions : holdings_[input].part; });
  }

  void divide(TensorShape& tensor) const {
    tensor.height = share(tensor.height, grid_.height);
    tensor.width = share(tensor.width, grid_.width);
  }

  [[nodiscard]] bool backward_data(std::size_t i) const { return std::ranges::count(passes_[i], Pass::backward_data) > 0; }

  void place(std::size_t i) {
    LayerShape& shape = layers_[i].shape;
    for (const TensorShape* tensor : {&shape.input, &shape.output})
      if (tensor->height < grid_.height || tensor->width < grid_.width) {
        reason_ = named() +
                  forerun::format("{} of {} has only {} x {} positions", layers_[i].name, model_.part->name, tensor->height, tensor->width);
        return;
      }
    holdings_[i] = {true, false, Bytes(element_ * static_cast<double>(shape.output.elements()))};
    if (slides(shape.kind)) exchange_halos(i);
    divide(shape.input);
    divide(shape.output);
  }

  void exchange_halos(std::size_t i) {
    const LayerShape& shape = layers_[i].shape;
    const Window rows{shape.window.height, shape.stride.height, shape.padding.height};
    const Window columns{shape.window.width, shape.stride.width, shape.padding.width};
    const bool spreads = shape.kind == LayerKind::transposed_conv2d;
    const auto x = [&](const Window& window) { return spreads ? window.spreading() : window.gathering(); };
    const auto dy = [&](const Window& window) { return spreads ? window.gathering() : window.spreading(); };
    halo(i, Moment::before_forward, shape.input, x(rows), x(columns));
    if (backward_data(i)) halo(i, Moment::before_backward, shape.output, dy(rows), dy(columns));
  }

  /// Of a whole tensor, whose ranks lack these rows and columns of it.
  void halo(std::size_t i, Moment moment, const TensorShape& whole, Reach rows, Reach columns) {
    if (grid_.height == 1) rows = {};
    if (grid_.width == 1) columns = {};
    if (std::max(rows.before, rows.after) > whole.height / grid_.height ||
        std::max(columns.before, columns.after) > whole.width / grid_.width) {
      reason_ = named() + forerun::format("the window of {} of {} reaches beyond its neighbours in {} x {} positions", layers_[i].name,
                                          model_.part->name, whole.height, whole.width);
      return;
    }
    TensorShape part = whole;
    divide(part);
    const std::int64_t row = part.channels * part.depth * part.width;
    const std::int64_t column = part.channels * part.depth * (part.height + rows.before + rows.after);
    shift(i, moment, Toward::down, rows.before * row);
    shift(i, moment, Toward::up, rows.after * row);
    shift(i, moment, Toward::right, columns.before * column);
    shift(i, moment, Toward::left, columns.after * column);
  }

  void shift(std::size_t i, Moment moment, Toward toward, std::int64_t elements) {
    if (elements == 0) return;
    model_.exchange(i, moment, Collective::Operation::shift, Bytes(element_ * static_cast<double>(elements)), toward);
  }

  /// The first reader gathers for all; in the backward pass it is the last, so that it scatters the sum of all gradients.
  void gather(std::size_t i) {
    for (const int input : layers_[i].inputs) {
      if (input == kData) {
        reads_whole_samples_ = true;
        continue;
      }
      Holding& holding = holdings_[input];
      if (!holding.part || holding.gathered) continue;
      holding.gathered = true;
      model_.exchange(i, Moment::before_forward, Collective::Operation::all_gather, holding.whole);
      model_.gathered.activations += holding.whole;
      if (passes_[input].count > 1) model_.exchange(i, Moment::after_backward_data, Collective::Operation::reduce_scatter, holding.whole);
    }
  }

  LocalModel& model_;
  std::vector<Layer>& layers_;
  const SpatialGrid& grid_;
  double element_;
  std::vector<Passes> passes_;
  std::vector<Holding> holdings_;
  bool reads_whole_samples_ = false;
  std::string reason_;
};

}  // namespace

std::string split_over_spatial(LocalModel& model, const SpatialGrid& grid) {
  if (grid.parts() == 1) return "";
  return SpatialSplitter(model, grid).run();
}

}  // namespace forerun
