#include <algorithm>

#include "workloads/onnx/fold.hpp"
#include "workloads/onnx/operators.hpp"

namespace forerun::onnx {
namespace {

/// The matrices that a product multiplies: `batch` times rows x inner and inner x columns.
struct Product {
  Dims batch;
  std::int64_t rows = 1, inner = 1, columns = 1;
};

Product product_of(const Operation& op) {
  const Dims& a = op.input(0).dims;
  const Dims& b = op.input(1).dims;
  if (a.empty() || b.empty()) op.refuse("its inputs are no matrices");
  Product p;
  p.inner = a.back();
  p.rows = a.size() > 1 ? a[a.size() - 2] : 1;
  p.columns = b.size() > 1 ? b.back() : 1;
  if ((b.size() > 1 ? b[b.size() - 2] : b.back()) != p.inner) op.refuse("its inputs do not fit: " + text_of(a) + " and " + text_of(b));
  const auto before = [](const Dims& dims) { return Dims(dims.begin(), dims.end() - std::min<std::ptrdiff_t>(2, std::ssize(dims))); };
  const Dims both[] = {before(a), before(b)};
  p.batch = broadcast(op, both);
  return p;
}

/// A dense layer: `weights` are `matrices` of inputs x outputs.
Step dense(const Operation& op, std::size_t data, std::size_t weights, std::int64_t inputs, std::int64_t outputs, std::int64_t matrices) {
  LayerShape shape{.kind = LayerKind::dense};
  const std::int64_t elements = op.output().elements();
  const std::int64_t positions = outputs > 0 ? elements / outputs : 0;
  shape.input = {.channels = inputs, .width = positions};
  shape.output = {.channels = outputs, .width = positions};
  shape.experts = matrices;
  shape.bias = false;
  return {.shape = shape, .inputs = {op.id(data)}, .weights = {op.id(weights)}};
}

}  // namespace

void require_weight(const Network&, const Operation& op, std::size_t input, std::int64_t elements) {
  const Value& value = op.input(input);
  if (value.role == Role::activation) op.refuse("its weights are calculated from others", "initialisers, or views of them");
  if (value.role != Role::weight) op.refuse("its weights are no initialiser");
  if (value.elements() != elements || value.distinct != elements)
    op.refuse("its weights " + text_of(value.dims) + " are not " + std::to_string(elements) + " elements");
}

void infer_matmul(Operation& op) {
  if (op.inputs() != 2) op.refuse("it has not two inputs");
  const Product p = product_of(op);
  Dims dims = p.batch;
  if (op.input(0).rank() > 1) dims.push_back(p.rows);
  if (op.input(1).rank() > 1) dims.push_back(p.columns);
  Value value = op.result(std::move(dims));
  value.channel_axis = -1;
  op.set(0, std::move(value));
}

/// With a weight a dense layer, of two activations a product, and after a softmax of scores an attention.
void make_matmul(const Network& net, const Operation& op, Steps& steps) {
  if (make_spelled_attention(net, op, steps)) return;
  const Product p = product_of(op);
  const Value& a = op.input(0);
  const Value& b = op.input(1);
  if (b.role == Role::weight) {
    const std::int64_t matrices = b.elements() / std::max<std::int64_t>(p.inner * p.columns, 1);
    require_weight(net, op, 1, b.elements());
    return steps.push_back(dense(op, 0, 1, p.inner, p.columns, matrices));
  }
  if (a.role == Role::weight) {
    const std::int64_t matrices = a.elements() / std::max<std::int64_t>(p.inner * p.rows, 1);
    require_weight(net, op, 0, a.elements());
    return steps.push_back(dense(op, 1, 0, p.inner, p.rows, matrices));
  }
  LayerShape shape{.kind = LayerKind::product};
  shape.rows = p.inner;
  shape.output = {.channels = p.columns, .width = p.rows, .depth = product(p.batch)};
  shape.input = {.channels = p.inner, .width = p.rows, .depth = product(p.batch)};
  Step step{.shape = shape};
  for (const std::size_t i : {0, 1})
    if (op.input(i).role == Role::activation) step.inputs.push_back(op.id(i));
  steps.push_back(std::move(step));
}

void infer_gemm(Operation& op) {
  const Value& a = op.input(0);
  const Value& b = op.input(1);
  if (a.rank() != 2 || b.rank() != 2) op.refuse("its inputs are no matrices: " + text_of(a.dims) + " and " + text_of(b.dims));
  const bool turns_a = op.integer("transA", 0) != 0;
  const bool turns_b = op.integer("transB", 0) != 0;
  if (a.dims[turns_a ? 0 : 1] != b.dims[turns_b ? 1 : 0])
    op.refuse("its inputs do not fit: " + text_of(a.dims) + " and " + text_of(b.dims));
  Value value = op.result({a.dims[turns_a ? 1 : 0], b.dims[turns_b ? 0 : 1]}, {0, 1});
  value.channel_axis = -1;
  op.set(0, std::move(value));
}

void make_gemm(const Network& net, const Operation& op, Steps& steps) {
  const Value& b = op.input(1);
  const bool turned = op.integer("transB", 0) != 0;
  const std::int64_t inputs = b.dims[turned ? 1 : 0];
  const std::int64_t outputs = b.dims[turned ? 0 : 1];
  require_weight(net, op, 1, b.elements());
  steps.push_back(dense(op, 0, 1, inputs, outputs, 1));
  if (!op.has(2) || op.input(2).role == Role::constant || op.input(2).role == Role::auxiliary) return;
  if (op.input(2).role == Role::weight && op.input(2).distinct == outputs) {
    steps.front().shape.bias = true;
    steps.front().weights.push_back(op.id(2));
    return;
  }
  LayerShape sum = same_shape(LayerKind::add, op.output());
  sum.operands = 2;
  steps.push_back({.shape = sum, .inputs = {~0, op.id(2)}});
}

void infer_lstm(Operation& op) {
  const Value& x = op.input(0);
  const Value& recurrent = op.input(2);
  if (x.rank() != 3 || recurrent.rank() != 3 || op.input(1).rank() != 3) op.refuse("its inputs have not three dimensions");
  const bool batch_first = op.integer("layout", 0) != 0;
  const std::int64_t steps = x.dims[batch_first ? 1 : 0];
  const std::int64_t batch = x.dims[batch_first ? 0 : 1];
  const std::int64_t directions = recurrent.dims[0];
  const std::int64_t hidden = recurrent.dims[2];
  if (directions < 1 || directions > 2) op.refuse("it has " + std::to_string(directions) + " directions", "1 or 2");
  Value y = op.result(batch_first ? Dims{batch, steps, directions, hidden} : Dims{steps, directions, batch, hidden}, {0});
  y.role = Role::activation;
  y.channel_axis = -1;
  Value last = y;
  last.dims = batch_first ? Dims{batch, directions, hidden} : Dims{directions, batch, hidden};
  if (y.elements() < 0) op.refuse("its output is too large", "at most 2^53 elements");
  last.distinct = last.elements();
  op.set(1, last);
  op.set(2, std::move(last));
  op.set(0, std::move(y));
}

void make_lstm(const Network& net, const Operation& op, Steps& steps) {
  const Value& x = op.input(0);
  const std::int64_t directions = op.input(2).dims[0];
  const std::int64_t hidden = op.input(2).dims[2];
  const std::int64_t inputs = x.dims[2];
  if (product({8, directions, hidden, hidden}) < 0 || product({8, directions, hidden, inputs}) < 0) op.refuse("it is too large");
  LayerShape shape{.kind = LayerKind::lstm};
  shape.input = {.channels = inputs, .width = inputs > 0 ? x.elements() / inputs : 0};
  shape.output = {.channels = hidden, .width = shape.input.width};
  shape.bias = op.has(3) && op.input(3).role == Role::weight;
  require_weight(net, op, 1, 4 * directions * hidden * inputs);
  require_weight(net, op, 2, 4 * directions * hidden * hidden);
  std::vector<int> weights = {op.id(1), op.id(2)};
  if (shape.bias) {
    require_weight(net, op, 3, 8 * directions * hidden);
    weights.push_back(op.id(3));
  }
  steps.push_back({.shape = shape, .inputs = {op.id(0)}, .weights = weights});
  if (directions == 1) return;
  // Both directions read the whole sequence; their outputs stand beside one another.
  steps.push_back({.shape = shape, .inputs = {op.id(0)}});
  LayerShape both = shape;
  both.kind = LayerKind::concat;
  both.input = shape.output;
  both.output.channels = 2 * hidden;
  both.operands = 2;
  steps.push_back({.shape = both, .inputs = {~0, ~1}});
}

namespace {

/// Heads x positions x channels of an input of Attention, which has them apart or not.
struct Heads {
  std::int64_t heads = 1, positions = 1, channels = 1;
};

Heads heads_of(const Operation& op, std::size_t input, const char* attribute) {
  const Dims& dims = op.input(input).dims;
  if (dims.size() == 4) return {dims[1], dims[2], dims[3]};
  const std::int64_t heads = op.integer(attribute, 0);
  if (dims.size() != 3 || heads < 1 || dims[2] % heads != 0) op.refuse("its input " + text_of(dims) + " does not divide into heads");
  return {heads, dims[1], dims[2] / heads};
}

}  // namespace

void infer_attention(Operation& op) {
  const Heads query = heads_of(op, 0, "q_num_heads");
  const Heads key = heads_of(op, 1, "kv_num_heads");
  const Heads value = heads_of(op, 2, "kv_num_heads");
  if (op.has(4) || op.has(5)) op.refuse("with keys of the past is for generation, not for training");
  if (key.heads < 1 || query.heads % key.heads != 0 || key.heads != value.heads || key.channels != query.channels ||
      key.positions != value.positions)
    op.refuse("its queries, keys and values do not fit");
  Dims dims = op.input(0).dims;
  if (product({query.heads, value.channels}) < 0) op.refuse("its output is too large");
  dims.back() = dims.size() == 4 ? value.channels : query.heads * value.channels;
  Value result = op.result(std::move(dims), {0, 1, 2});
  result.channel_axis = -1;
  op.set(0, std::move(result));
}

void make_attention(const Network&, const Operation& op, Steps& steps) {
  const Heads query = heads_of(op, 0, "q_num_heads");
  const Heads key = heads_of(op, 1, "kv_num_heads");
  const Heads value = heads_of(op, 2, "kv_num_heads");
  LayerShape shape{.kind = LayerKind::attention};
  if (product({query.heads, query.channels}) < 0) op.refuse("its input is too large");
  shape.input = {.channels = query.heads * query.channels, .width = query.positions};
  shape.output = {.channels = query.heads * value.channels, .width = query.positions};
  shape.attention = {.heads = query.heads,
                     .key_heads = key.heads,
                     .key_channels = query.channels,
                     .value_channels = value.channels,
                     .keys = key.positions};
  steps.push_back({.shape = shape, .inputs = {op.id(0), op.id(1), op.id(2)}});
}

}  // namespace forerun::onnx
