#include "layer_data.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "kernels/layer_arrays.hpp"
#include "workloads/formulas.hpp"
#include "workloads/shapes.hpp"

namespace forerun {

LayerShape layer(LayerKind kind, TensorShape input, std::int64_t outputs, int window, int stride, int padding) {
  const bool flattens = kind == LayerKind::dense || kind == LayerKind::softmax_cross_entropy;
  return infer_shape(flattens ? flattened(input) : input,
                     {.kind = kind, .outputs = outputs, .window = window, .stride = stride, .padding = padding});
}

LayerShape attention(std::int64_t queries, const Attention& heads) {
  LayerShape shape{.kind = LayerKind::attention, .attention = heads};
  shape.input = {.channels = heads.heads * heads.key_channels, .width = queries};
  shape.output = {.channels = heads.heads * heads.value_channels, .width = queries};
  return shape;
}

LayerShape embedding(std::int64_t rows, std::int64_t channels, std::int64_t positions) {
  return {.kind = LayerKind::embedding,
          .input = {.width = positions},
          .output = {.channels = channels, .width = positions},
          .bias = false,
          .rows = rows};
}

std::vector<float> random_values(std::mt19937& random, std::int64_t count) {
  std::uniform_real_distribution<float> uniform(-1, 1);
  std::vector<float> values(static_cast<std::size_t>(count));
  for (float& value : values) value = uniform(random);
  return values;
}

LayerData::LayerData(const LayerShape& shape, std::int64_t batch, std::mt19937& random)
    : input(random_values(random, batch * shape.input.elements())),
      output(random_values(random, batch * shape.output.elements())),
      output_gradient(random_values(random, batch * shape.output.elements())),
      input_gradient(random_values(random, batch * shape.input.elements())),
      weights(random_values(random, parameters(shape))),
      weight_gradient(random_values(random, parameters(shape))),
      velocity(random_values(random, parameters(shape))),
      second_moment(random_values(random, parameters(shape))),
      statistics(static_cast<std::size_t>(statistics_elements(shape, batch))),
      running(random_values(random, running_elements(shape))),
      indices(output.size()),
      labels(static_cast<std::size_t>(batch * shape.input.positions())),
      picked(static_cast<std::size_t>(batch * shape.input.positions())),
      mask(output.size()),
      key(random()),
      step(1 + random() % 1000),
      first_sample(random() % 1000) {
  for (const std::int64_t elements : forerun::further_inputs(shape)) {
    further_inputs.push_back(random_values(random, batch * elements));
    further_input_gradients.push_back(random_values(random, batch * elements));
  }
  std::uniform_int_distribution<std::int32_t> any_class(0, static_cast<std::int32_t>(shape.input.channels) - 1);
  for (float& average : second_moment) average = std::abs(average);  // of squares
  for (std::int32_t& label : labels) label = any_class(random);
  std::uniform_int_distribution<std::int32_t> any_row(0, std::max(0, static_cast<std::int32_t>(shape.rows) - 1));
  for (std::int32_t& row : picked) row = any_row(random);
}

LayerBuffers LayerData::buffers() {
  LayerBuffers b;
  b.input = input.data(), b.output = output.data(), b.output_gradient = output_gradient.data(), b.input_gradient = input_gradient.data();
  b.weights = weights.data(), b.weight_gradient = weight_gradient.data(), b.velocity = velocity.data(),
  b.second_moment = second_moment.data();
  b.statistics = statistics.data(), b.running = running.data();
  for (const std::vector<float>& further : further_inputs) b.further_inputs.push_back(further.data());
  for (std::vector<float>& further : further_input_gradients) b.further_input_gradients.push_back(further.data());
  b.indices = indices.data(), b.labels = labels.data(), b.picked = picked.data(), b.mask = mask.data(), b.loss = &loss;
  b.key = key, b.step = step, b.first_sample = first_sample;
  return b;
}

void LayerData::poison(const LayerShape& shape, Pass pass) {
  constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
  if (pass == Pass::forward) std::fill(output.begin(), output.end(), kNaN);
  if (pass == Pass::forward) std::fill(statistics.begin(), statistics.end(), kNaN);
  if (pass == Pass::forward && shape.kind == LayerKind::softmax_cross_entropy) loss = kNaN;
  if (pass == Pass::backward_weights) std::fill(weight_gradient.begin(), weight_gradient.end(), kNaN);
  if (pass == Pass::forward && shape.kind == LayerKind::dropout) std::fill(mask.begin(), mask.end(), std::uint8_t{7});
  if (pass != Pass::backward_data) return;
  std::fill(input_gradient.begin(), input_gradient.end(), kNaN);
  for (std::vector<float>& further : further_input_gradients) std::fill(further.begin(), further.end(), kNaN);
}

void run(const LayerShape& shape, Pass pass, std::int64_t batch, cpu::Library library, LayerData& data, const OperatorOptions& options) {
  cpu::make_operator({shape, pass, batch, {}}, library, options)->run(data.buffers());
}

double relative_difference(const std::vector<float>& actual, const std::vector<float>& expected) {
  double largest = 0, difference = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    if (!std::isfinite(actual[i]) || !std::isfinite(expected[i])) return std::numeric_limits<double>::infinity();
    largest = std::max<double>(largest, std::abs(expected[i]));
    difference = std::max<double>(difference, std::abs(actual[i] - expected[i]));
  }
  return difference == 0 ? 0 : difference / largest;
}

double dot(const std::vector<float>& a, const std::vector<float>& b) { return std::inner_product(a.begin(), a.end(), b.begin(), 0.0); }

}  // namespace forerun
