#include "kernels/trainer/activations.hpp"

#include <algorithm>
#include <cstddef>

#include "kernels/layer_arrays.hpp"
#include "workloads/formulas.hpp"

namespace forerun {

namespace {

bool hands_on_its_gradient(const LayerShape& shape) { return shape.kind == LayerKind::add || is_view(shape); }

/// Elements of each of the layer's inputs, of one sample.
std::vector<std::int64_t> input_elements(const LayerShape& shape) {
  std::vector<std::int64_t> elements{shape.input.elements()};
  for (const std::int64_t further : further_inputs(shape)) elements.push_back(further);
  return elements;
}

std::vector<char> have_backward_data(const Workload& workload) {
  std::vector<char> have;
  const std::vector<Passes> all = passes(workload);
  for (std::size_t i = 0; i < all.size(); ++i)
    have.push_back(is_view(workload.layers[i].shape) || std::ranges::find(all[i], Pass::backward_data) != all[i].end() ? 1 : 0);
  return have;
}

}  // namespace

int source_of(const Workload& workload, int input) {
  while (input >= 0 && is_view(workload.layers[input].shape)) input = workload.layers[input].inputs.front();
  return input;
}

std::vector<int> crossing(const Workload& workload, int cut) {
  std::vector<int> layers;
  for (std::size_t i = cut; i < workload.layers.size(); ++i)
    for (const int input : workload.layers[i].inputs) {
      const int source = source_of(workload, input);
      if (source >= 0 && source < cut) layers.push_back(source);
    }
  std::ranges::sort(layers);
  layers.erase(std::ranges::unique(layers).begin(), layers.end());
  return layers;
}

Activations::Activations(const Workload& workload, const StageChunk& chunk, std::int64_t batch, Device& device)
    : device_(device),
      precision_(workload.precision),
      before_(crossing(workload, chunk.first)),
      behind_(crossing(workload, chunk.last)),
      inputs_(workload.layers.size()),
      values_(workload.layers.size()) {
  lay_outputs(workload, chunk, batch);
  const std::vector<char> has_backward = have_backward_data(workload);
  std::vector<std::vector<LeftGradient>> left(values_.size());  // by layer, one a reader
  for (const int layer : behind_) {
    returned_.push_back(room_for(values_[layer].elements));
    left[layer].push_back({returned_.back().data()});
  }
  for (int layer = chunk.last - 1; layer >= chunk.first; --layer) {
    choose_gradient(left[layer], values_[layer]);
    values_[layer].input_gradients.assign(inputs_[layer].size(), nullptr);
    if (has_backward[layer] != 0) pass_gradients(workload.layers[layer].shape, batch, layer, left);
  }
  for (const int layer : before_) {
    if (left[layer].empty()) {  // nobody trains what is before: zeros go there
      values_[layer].sum = room_for(values_[layer].elements);
      left[layer].push_back({values_[layer].sum.data()});
    }
    choose_gradient(left[layer], values_[layer]);
  }
}

void Activations::lay_output(const Workload& workload, int layer, std::int64_t batch) {
  Values& values = values_[layer];
  values.elements = batch * workload.layers[layer].shape.output.elements();
  values.own = room_for(values.elements);
  values.output = values.own.data();
}

void Activations::lay_outputs(const Workload& workload, const StageChunk& chunk, std::int64_t batch) {
  for (const int layer : before_) lay_output(workload, layer, batch);
  for (int i = chunk.first; i < chunk.last; ++i) {
    const Layer& layer = workload.layers[i];
    for (const int input : layer.inputs) inputs_[i].push_back(input >= chunk.first ? input : source_of(workload, input));
    if (!is_view(layer.shape)) {
      lay_output(workload, i, batch);
      continue;
    }
    Values& values = values_[i];
    values.elements = batch * layer.shape.output.elements();
    const int looked_at = inputs_[i].front();
    if (looked_at < 0) continue;
    values.output = values_[looked_at].output;
    values_[looked_at].views.push_back(i);
  }
}

// Of several gradients one that is the reader's own takes up the others; where all are other layers' arrays they stay as they are.
void Activations::choose_gradient(const std::vector<LeftGradient>& left, Values& values) const {
  if (left.empty()) return;
  if (left.size() == 1) {
    values.gradient = left.front().gradient;
    return;
  }
  const auto own = std::ranges::find(left, false, &LeftGradient::shared) - left.begin();
  values.copies_first = own == std::ssize(left);
  if (values.copies_first) values.sum = room_for(values.elements);
  values.gradient = values.copies_first ? values.sum.data() : left[own].gradient;
  for (std::ptrdiff_t i = 0; i < std::ssize(left); ++i)
    if (i != own) values.further.push_back(left[i].gradient);
}

void Activations::pass_gradients(const LayerShape& shape, std::int64_t batch, int layer, std::vector<std::vector<LeftGradient>>& left) {
  Values& values = values_[layer];
  const bool shares = hands_on_its_gradient(shape);
  if (shares && values.gradient == nullptr) return;  // a view that only chunks behind read, as what it looks at
  const std::vector<std::int64_t> elements = input_elements(shape);
  for (std::size_t i = 0; i < inputs_[layer].size(); ++i) {
    float*& gradient = values.input_gradients[i];
    if (shares) {
      gradient = values.gradient;
    } else {
      values.passed.push_back(room_for(batch * elements[i]));
      gradient = values.passed.back().data();
    }
    if (inputs_[layer][i] >= 0) left[inputs_[layer][i]].push_back({gradient, shares});
  }
}

void Activations::connect(std::vector<LayerBuffers>& buffers) const {
  for (std::size_t i = 0; i < values_.size(); ++i) {
    const Values& values = values_[i];
    LayerBuffers& layer = buffers[i];
    layer.output = values.output;
    layer.output_gradient = values.gradient;
    for (std::size_t k = 0; k < inputs_[i].size(); ++k) {
      const float* input = inputs_[i][k] >= 0 ? values_[inputs_[i][k]].output : nullptr;
      if (k == 0) {
        layer.input = input;
        layer.input_gradient = values.input_gradients[k];
      } else {
        layer.further_inputs.push_back(input);
        layer.further_input_gradients.push_back(values.input_gradients[k]);
      }
    }
  }
}

void Activations::gather_gradient(int layer) {
  Values& values = values_[layer];
  for (const int view : values.views) gather_gradient(view);
  if (values.further.empty()) return;
  const auto* first = values.further.data();
  const auto* end = first + values.further.size();
  if (values.copies_first) device_.copy(*first++, floats_of(precision_, values.elements) * sizeof(float), values.gradient);
  for (; first != end; ++first) device_.add(precision_, *first, values.elements, values.gradient);
}

std::vector<std::span<float>> Activations::arriving() {
  std::vector<std::span<float>> outputs;
  for (const int layer : before_) outputs.push_back(values_[layer].own.span());
  return outputs;
}

std::vector<std::span<float>> Activations::leaving() {
  std::vector<std::span<float>> outputs;
  for (const int layer : behind_) outputs.push_back(values_[layer].own.span());
  return outputs;
}

std::vector<std::span<float>> Activations::gradients_arriving() {
  std::vector<std::span<float>> gradients;
  for (DeviceArray<float>& gradient : returned_) gradients.push_back(gradient.span());
  return gradients;
}

std::vector<std::span<float>> Activations::gradients_leaving() {
  std::vector<std::span<float>> gradients;
  for (const int layer : before_) {
    gather_gradient(layer);
    gradients.emplace_back(values_[layer].gradient, floats_of(precision_, values_[layer].elements));
  }
  return gradients;
}

}  // namespace forerun
