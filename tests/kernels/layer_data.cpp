#include "layer_data.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "workloads/formulas.hpp"
#include "workloads/shapes.hpp"

namespace forerun {

LayerShape layer(LayerKind kind, TensorShape input, std::int64_t outputs, int window, int stride, int padding) {
  const bool flattens = kind == LayerKind::dense || kind == LayerKind::softmax_cross_entropy;
  return infer_shape(flattens ? flattened(input) : input,
                     {.kind = kind, .outputs = outputs, .window = window, .stride = stride, .padding = padding});
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
      indices(output.size()),
      labels(static_cast<std::size_t>(batch * shape.input.positions())) {
  std::uniform_int_distribution<std::int32_t> any_class(0, static_cast<std::int32_t>(shape.input.channels) - 1);
  for (std::int32_t& label : labels) label = any_class(random);
}

cpu::LayerBuffers LayerData::buffers() {
  return {input.data(),           output.data(),   output_gradient.data(), input_gradient.data(), weights.data(),
          weight_gradient.data(), velocity.data(), indices.data(),         labels.data(),         &loss};
}

void LayerData::poison(const LayerShape& shape, Pass pass) {
  constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
  if (pass == Pass::forward) std::fill(output.begin(), output.end(), kNaN);
  if (pass == Pass::forward && shape.kind == LayerKind::softmax_cross_entropy) loss = kNaN;
  if (pass == Pass::backward_weights) std::fill(weight_gradient.begin(), weight_gradient.end(), kNaN);
  if (pass == Pass::backward_data) std::fill(input_gradient.begin(), input_gradient.end(), kNaN);
}

void run(const LayerShape& shape, Pass pass, std::int64_t batch, cpu::Library library, LayerData& data, cpu::UpdateRule rule) {
  cpu::make_operator({shape, pass, batch, {}}, library, rule)->run(data.buffers());
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
