#include "kernels/trainer/activations.hpp"

#include <algorithm>
#include <cstddef>

#include "kernels/cpu/layer_arrays.hpp"
#include "workloads/formulas.hpp"

namespace forerun {

namespace {

bool hands_on_its_gradient(const LayerShape& shape) { return shape.kind == LayerKind::add || is_view(shape); }

/// Elements of each of the layer's inputs, of one sample.
std::vector<std::int64_t> input_elements(const LayerShape& shape) {
  std::vector<std::int64_t> elements{shape.input.elements()};
  for (const std::int64_t further : cpu::further_inputs(shape)) elements.push_back(further);
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

Activations::Activations(const Workload& workload, std::int64_t batch) : values_(workload.layers.size()) {
  lay_outputs(workload, batch);
  const std::vector<char> has_backward = have_backward_data(workload);
  std::vector<std::vector<Left>> left(values_.size());  // by layer, one a reader
  for (int layer = static_cast<int>(values_.size()) - 1; layer >= 0; --layer) {
    choose_gradient(left[layer], values_[layer]);
    values_[layer].input_gradients.assign(inputs_[layer].size(), nullptr);
    if (has_backward[layer] != 0) pass_gradients(workload.layers[layer].shape, batch, layer, left);
  }
}

void Activations::lay_outputs(const Workload& workload, std::int64_t batch) {
  for (std::size_t i = 0; i < values_.size(); ++i) {
    const Layer& layer = workload.layers[i];
    Values& values = values_[i];
    inputs_.push_back(layer.inputs);
    values.elements = batch * layer.shape.output.elements();
    if (is_view(layer.shape)) {
      const int looked_at = layer.inputs.front();
      if (looked_at < 0) continue;
      values.output = values_[looked_at].output;
      values_[looked_at].views.push_back(static_cast<int>(i));
      continue;
    }
    values.own = AlignedArray<float>(static_cast<std::size_t>(values.elements));
    values.output = values.own.data();
  }
}

// Of several gradients one that is the reader's own takes up the others; where all are other layers' arrays they stay as they are.
void Activations::choose_gradient(const std::vector<Left>& left, Values& values) {
  if (left.empty()) return;
  if (left.size() == 1) {
    values.gradient = left.front().gradient;
    return;
  }
  const auto own = std::ranges::find(left, false, &Left::shared) - left.begin();
  values.copies_first = own == std::ssize(left);
  if (values.copies_first) values.sum = AlignedArray<float>(static_cast<std::size_t>(values.elements));
  values.gradient = values.copies_first ? values.sum.data() : left[own].gradient;
  for (std::ptrdiff_t i = 0; i < std::ssize(left); ++i)
    if (i != own) values.further.push_back(left[i].gradient);
}

void Activations::pass_gradients(const LayerShape& shape, std::int64_t batch, int layer, std::vector<std::vector<Left>>& left) {
  Values& values = values_[layer];
  const bool shares = hands_on_its_gradient(shape);
  const std::vector<std::int64_t> elements = input_elements(shape);
  for (std::size_t i = 0; i < inputs_[layer].size(); ++i) {
    float*& gradient = values.input_gradients[i];
    if (shares) {
      gradient = values.gradient;
    } else {
      values.passed.emplace_back(static_cast<std::size_t>(batch * elements[i]));
      gradient = values.passed.back().data();
    }
    if (inputs_[layer][i] >= 0) left[inputs_[layer][i]].push_back({gradient, shares});
  }
}

void Activations::connect(std::vector<cpu::LayerBuffers>& buffers) const {
  for (std::size_t i = 0; i < values_.size(); ++i) {
    const Values& values = values_[i];
    cpu::LayerBuffers& layer = buffers[i];
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
  if (values.copies_first) std::copy_n(*first++, values.elements, values.gradient);
  for (; first != end; ++first)
    for (std::int64_t i = 0; i < values.elements; ++i) values.gradient[i] += (*first)[i];
}

}  // namespace forerun
