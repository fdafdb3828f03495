#include "strategies/spatial.hpp"

#include <algorithm>
#include <utility>

#include "io/format.hpp"
#include "strategies/image_parts.hpp"
#include "workloads/formulas.hpp"

namespace forerun {
namespace {

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
    const TensorShape &x = shape.input, &y = shape.output;
    const Window rows = rows_of(shape), columns = columns_of(shape);
    const int down = grid_.height, across = grid_.width;
    if (shape.kind == LayerKind::transposed_conv2d) {  // its windows are of x, and look at y
      halo(i, Moment::before_forward, x, reach_of_rows(rows, y.height, x.height, down), reach_of_rows(columns, y.width, x.width, across));
      if (backward_data(i))
        halo(i, Moment::before_backward, y, reach_of_windows(rows, y.height, x.height, down),
             reach_of_windows(columns, y.width, x.width, across));
      return;
    }
    const Reach above = reach_of_windows(rows, x.height, y.height, down), beside = reach_of_windows(columns, x.width, y.width, across);
    halo(i, Moment::before_forward, x, above, beside);
    if (!backward_data(i)) return;
    if (shape.kind == LayerKind::max_pool)
      give_back(i, x, above, beside);
    else
      halo(i, Moment::before_backward, y, reach_of_rows(rows, x.height, y.height, down), reach_of_rows(columns, x.width, y.width, across));
  }

  /// Of a whole tensor, whose ranks lack these rows and columns of it.
  void halo(std::size_t i, Moment moment, const TensorShape& whole, Reach rows, Reach columns) {
    if (std::max(rows.before, rows.after) > whole.height / grid_.height ||
        std::max(columns.before, columns.after) > whole.width / grid_.width) {
      reason_ = named() + forerun::format("the window of {} of {} reaches beyond its neighbours in {} x {} positions", layers_[i].name,
                                          model_.part->name, whole.height, whole.width);
      return;
    }
    const auto [row, column] = line_elements(whole, rows);
    shift(i, moment, Toward::down, rows.before * row);
    shift(i, moment, Toward::up, rows.after * row);
    shift(i, moment, Toward::right, columns.before * column);
    shift(i, moment, Toward::left, columns.after * column);
  }

  /// Which element of a window was its maximum only the rank knows that has the window: it leaves gradients of rows that it has received,
  /// and they go back to be added where they belong.
  void give_back(std::size_t i, const TensorShape& whole, Reach rows, Reach columns) {
    const auto [row, column] = line_elements(whole, rows);
    shift(i, Moment::after_backward_data, Toward::left, columns.before * column);
    shift(i, Moment::after_backward_data, Toward::right, columns.after * column);
    shift(i, Moment::after_backward_data, Toward::up, rows.before * row);
    shift(i, Moment::after_backward_data, Toward::down, rows.after * row);
  }

  /// Elements of a row of the largest part, and of a column of it with the rows that it receives.
  [[nodiscard]] std::pair<std::int64_t, std::int64_t> line_elements(const TensorShape& whole, Reach rows) const {
    TensorShape part = whole;
    divide(part);
    return {part.channels * part.depth * part.width, part.channels * part.depth * (part.height + rows.before + rows.after)};
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
