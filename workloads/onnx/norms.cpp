#include <algorithm>

#include "workloads/onnx/operators.hpp"

namespace forerun::onnx {

void infer_batch_norm(Operation& op) {
  const Value& from = op.input(0);
  if (from.rank() < 2) op.refuse("its input has no channels");
  Value value = op.result(from.dims, {0});
  value.channel_axis = 1;
  value.role = Role::activation;
  for (std::size_t i = 1; i < op.node().outputs.size(); ++i) op.set(i, op.auxiliary({from.dims[1]}));
  op.set(0, std::move(value));
}

/// LayerNormalization, RMSNormalization, InstanceNormalization, GroupNormalization.
void infer_norm(Operation& op) {
  const Value& from = op.input(0);
  Value value = op.result(from.dims, {0});
  value.channel_axis = from.channel_axis;
  value.role = Role::activation;
  for (std::size_t i = 1; i < op.node().outputs.size(); ++i) op.set(i, op.auxiliary({}));
  op.set(0, std::move(value));
}

void make_norm(const Network& net, const Operation& op, Steps& steps) {
  const Value& out = op.output();
  const std::string& name = op.name();
  LayerShape shape{.kind = LayerKind::batch_norm};
  if (name == "LayerNormalization" || name == "RMSNormalization" || name == "SimplifiedLayerNormalization") {
    const std::size_t axis = op.axis(op.integer("axis", -1), out.rank());
    const std::int64_t channels = product({out.dims.begin() + static_cast<std::ptrdiff_t>(axis), out.dims.end()});
    shape.kind = name == "LayerNormalization" ? LayerKind::layer_norm : LayerKind::rms_norm;
    shape.input = {.channels = channels, .width = channels > 0 ? out.elements() / channels : 0};
  } else {
    if (out.rank() < 2) op.refuse("its input has no channels");
    Value picture = out;
    picture.channel_axis = 1;
    shape.input = shape_of(picture);
  }
  shape.output = shape.input;
  shape.bias = shape.kind != LayerKind::rms_norm && op.has(2);
  require_weight(net, op, 1, shape.input.channels);
  steps.push_back({.shape = shape, .inputs = {op.id(0)}, .weights = {op.id(1)}});
  if (!shape.bias) return;
  require_weight(net, op, 2, shape.input.channels);
  steps.back().weights.push_back(op.id(2));
}

}  // namespace forerun::onnx
