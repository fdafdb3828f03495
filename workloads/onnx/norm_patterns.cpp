#include "workloads/onnx/operators.hpp"

namespace forerun::onnx {
namespace {

/// What a norm without its weights reads.
struct Normalised {
  int input = -1;
  bool centered = false;  ///< less its mean
};

std::optional<int> square_of(const Network& net, int tensor) {
  if (const auto power = net.maker(tensor, "Pow"); power && net.scalar(power->id(1)) == 2.0) return power->id(0);
  if (const auto product = net.maker(tensor, "Mul"); product && net.same(product->id(0), product->id(1))) return product->id(0);
  return std::nullopt;
}

/// What a mean over the last dimension reads. Of three dimensions it is also written as a pool of all positions.
std::optional<int> averaged(const Network& net, int tensor) {
  for (const std::string_view name : {"ReduceMean", "GlobalAveragePool"}) {
    const auto mean = net.maker(tensor, name);
    if (!mean) continue;
    const Value& from = mean->input(0);
    if (product({mean->output().elements(), from.last()}) == from.elements()) return mean->id(0);
  }
  return std::nullopt;
}

/// The x of mean(x^2) + e.
std::optional<int> under_root(const Network& net, int tensor) {
  const auto sum = net.maker(tensor, "Add");
  if (!sum) return std::nullopt;
  for (const std::size_t i : {0, 1}) {
    const auto squares = averaged(net, sum->id(i));
    if (squares && net.is_scalar(sum->id(1 - i))) return square_of(net, *squares);
  }
  return std::nullopt;
}

/// The x of 1 / sqrt(mean(x^2) + e).
std::optional<int> inverse_root(const Network& net, int tensor) {
  if (const auto power = net.maker(tensor, "Pow"); power && net.scalar(power->id(1)) == -0.5) return under_root(net, power->id(0));
  int root = -1;
  if (const auto inverse = net.maker(tensor, "Reciprocal")) root = inverse->id(0);
  if (const auto quotient = net.maker(tensor, "Div"); quotient && net.scalar(quotient->id(0)) == 1.0) root = quotient->id(1);
  if (root < 0) return std::nullopt;
  const auto found = net.maker(root, "Sqrt");
  return found ? under_root(net, found->id(0)) : std::nullopt;
}

std::optional<Normalised> normalised(const Network& net, int tensor) {
  std::optional<int> x;
  if (const auto product = net.maker(tensor, "Mul")) {
    for (const std::size_t i : {0, 1})
      if (const auto root = inverse_root(net, product->id(i)); root && net.same(*root, product->id(1 - i))) x = product->id(1 - i);
  } else if (const auto quotient = net.maker(tensor, "Div")) {
    const auto root = net.maker(quotient->id(1), "Sqrt");
    if (const auto under = root ? under_root(net, root->id(0)) : std::nullopt; under && net.same(*under, quotient->id(0)))
      x = quotient->id(0);
  }
  if (!x) return std::nullopt;
  if (const auto difference = net.maker(*x, "Sub")) {
    const auto mean = averaged(net, difference->id(1));
    if (mean && net.same(*mean, difference->id(0))) return Normalised{difference->id(0), true};
  }
  return Normalised{*x, false};
}

/// Norm and weight of a product of both.
struct Scaled {
  Normalised norm;
  int weight = -1;
};

std::optional<Scaled> scaled(const Network& net, const Operation& product, std::int64_t channels) {
  for (const std::size_t i : {0, 1}) {
    const Value& weight = product.input(1 - i);
    if (weight.role != Role::weight || weight.distinct != channels || weight.elements() != channels) continue;
    if (const auto norm = normalised(net, product.id(i))) return Scaled{*norm, product.id(1 - i)};
  }
  return std::nullopt;
}

/// The weight of w / sqrt(variance of x + e).
std::optional<int> scale_of(const Network& net, int tensor, int x) {
  const auto product = net.maker(tensor, "Mul");
  if (!product) return std::nullopt;
  for (const std::size_t i : {0, 1}) {
    const auto centered = inverse_root(net, product->id(i));
    const auto difference = centered ? net.maker(*centered, "Sub") : std::nullopt;
    if (difference && net.same(difference->id(0), x) && product->input(1 - i).role == Role::weight) return product->id(1 - i);
  }
  return std::nullopt;
}

/// Weight and bias of x s + (b - mean s), s = w / sqrt(variance + e), as TensorFlow has it.
struct Spread {
  int input = -1, weight = -1, bias = -1;
};

std::optional<Spread> spread(const Network& net, const Operation& sum) {
  for (const std::size_t i : {0, 1}) {
    const auto product = net.maker(sum.id(i), "Mul");
    const auto shift = net.maker(sum.id(1 - i));
    if (!product || !shift || (shift->name() != "Add" && shift->name() != "Sub")) continue;
    for (const std::size_t k : {0, 1}) {
      const auto weight = scale_of(net, product->id(1 - k), product->id(k));
      if (!weight) continue;
      for (const std::size_t b : {0, 1})
        if (shift->input(b).role == Role::weight && net.maker(shift->id(1 - b), "Mul"))
          return Spread{product->id(k), *weight, shift->id(b)};
    }
  }
  return std::nullopt;
}

}  // namespace

bool make_spelled_norm(const Network& net, const Operation& op, Steps& steps) {
  const std::int64_t channels = op.output().last();
  const auto push = [&](const Scaled& found, int bias) {
    LayerShape shape = same_shape(found.norm.centered ? LayerKind::layer_norm : LayerKind::rms_norm, op.output());
    shape.input = {.channels = channels, .width = op.output().elements() / std::max<std::int64_t>(channels, 1)};
    shape.output = shape.input;
    shape.bias = bias >= 0;
    steps.push_back({.shape = shape, .inputs = {found.norm.input}, .weights = {found.weight}});
    if (bias >= 0) steps.back().weights.push_back(bias);
    return true;
  };
  if (op.name() == "Mul") {
    const auto found = scaled(net, op, channels);
    return found && push(*found, -1);
  }
  if (op.name() != "Add") return false;
  const auto are_channels = [&](int tensor) { return net.value(tensor).distinct == channels && net.value(tensor).elements() == channels; };
  if (const auto found = spread(net, op); found && are_channels(found->weight) && are_channels(found->bias))
    return push({{found->input, true}, found->weight}, found->bias);
  for (const std::size_t i : {0, 1}) {
    const Value& bias = op.input(1 - i);
    const auto product = net.maker(op.id(i), "Mul");
    if (!product || bias.role != Role::weight || bias.distinct != channels || bias.elements() != channels) continue;
    if (const auto found = scaled(net, *product, channels); found && found->norm.centered) return push(*found, op.id(1 - i));
  }
  return false;
}

}  // namespace forerun::onnx
