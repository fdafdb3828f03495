#pragma once

#include <string_view>

#include "workloads/onnx/network.hpp"

/// The operators that networks which are trained use. Each infers the shapes of its outputs; one that calculates an activation says
/// which layers it is.
namespace forerun::onnx {

struct Operator {
  std::string_view name;
  void (*infer)(Operation& op);
  void (*make)(const Network& net, const Operation& op, Steps& steps) = nullptr;
};

/// Null for one that is not known.
const Operator* find_operator(std::string_view name);

// views.cpp, cuts.cpp: the same elements in another shape, some of them, or copies.
void infer_identity(Operation& op);
void infer_cast(Operation& op);
void infer_reshape(Operation& op);
void infer_flatten(Operation& op);
void infer_squeeze(Operation& op);
void infer_unsqueeze(Operation& op);
void infer_transpose(Operation& op);
void infer_expand(Operation& op);
void infer_block_view(Operation& op);
void infer_slice(Operation& op);
void infer_split(Operation& op);
void infer_split_to_sequence(Operation& op);
void infer_sequence_at(Operation& op);
Value without_axes(const Operation& op, const Value& of, const std::vector<std::size_t>& axes);
/// One position of an axis, which goes.
Value position(const Operation& op, const Value& of, std::size_t axis, std::int64_t at);
/// Mixes what was done to a weight into the number that tells its parts apart.
std::uint64_t mixed(std::uint64_t part, std::int64_t more);

// arithmetic.cpp, indices.cpp: element by element, and shape arithmetic.
void infer_unary(Operation& op);
void infer_binary(Operation& op);
void infer_variadic(Operation& op);
void infer_comparison(Operation& op);
void infer_where(Operation& op);
void infer_shape(Operation& op);
void infer_size(Operation& op);
void infer_constant(Operation& op);
void infer_constant_of_shape(Operation& op);
void infer_range(Operation& op);
void infer_reduction(Operation& op);
void infer_index_of(Operation& op);
void infer_index_arithmetic(Operation& op);
void infer_gather(Operation& op);
void infer_gather_nd(Operation& op);
void infer_gather_elements(Operation& op);

// elementwise.cpp
void infer_dropout(Operation& op);
void infer_concat(Operation& op);
void make_unary(const Network& net, const Operation& op, Steps& steps);
void make_softmax(const Network& net, const Operation& op, Steps& steps);
void make_dropout(const Network& net, const Operation& op, Steps& steps);
void make_sum(const Network& net, const Operation& op, Steps& steps);
void make_multiplication(const Network& net, const Operation& op, Steps& steps);
void make_power(const Network& net, const Operation& op, Steps& steps);
void make_concat(const Network& net, const Operation& op, Steps& steps);
void make_copy(const Network& net, const Operation& op, Steps& steps);
void make_gather(const Network& net, const Operation& op, Steps& steps);
void make_reduction(const Network& net, const Operation& op, Steps& steps);

// windows.cpp
void infer_conv(Operation& op);
void infer_conv_transpose(Operation& op);
void infer_pool(Operation& op);
void infer_global_pool(Operation& op);
void infer_pad(Operation& op);
void infer_resize(Operation& op);
void infer_tile(Operation& op);
void make_conv(const Network& net, const Operation& op, Steps& steps);
void make_pool(const Network& net, const Operation& op, Steps& steps);

// products.cpp
void infer_matmul(Operation& op);
void infer_gemm(Operation& op);
void infer_lstm(Operation& op);
void infer_attention(Operation& op);
void make_matmul(const Network& net, const Operation& op, Steps& steps);
void make_gemm(const Network& net, const Operation& op, Steps& steps);
void make_lstm(const Network& net, const Operation& op, Steps& steps);
void make_attention(const Network& net, const Operation& op, Steps& steps);

// norms.cpp
void infer_batch_norm(Operation& op);
void infer_norm(Operation& op);
void make_norm(const Network& net, const Operation& op, Steps& steps);

// patterns.cpp: what exporters take apart. True where the node is the last of one.
/// x / 2 (1 + erf(x / sqrt 2)), its approximation by tanh, and x sigmoid(x).
bool make_gated(const Network& net, const Operation& op, Steps& steps);
/// (x - mean) / sqrt(variance + e) w + b, and x / sqrt(mean of squares + e) w.
bool make_spelled_norm(const Network& net, const Operation& op, Steps& steps);
/// x cos + rotated x sin.
bool make_rotary(const Network& net, const Operation& op, Steps& steps);
/// The sum of a product with weights and its bias.
bool make_biased(const Network& net, const Operation& op, Steps& steps);
/// softmax(Q K^T) V, with a scale, masks and dropout.
bool make_spelled_attention(const Network& net, const Operation& op, Steps& steps);

/// A layer whose output has the shape of the node's, and the input too.
LayerShape same_shape(LayerKind kind, const Value& output);
/// BadInput where the tensor is no weight, or not of so many elements.
void require_weight(const Network& net, const Operation& op, std::size_t input, std::int64_t elements);

}  // namespace forerun::onnx
