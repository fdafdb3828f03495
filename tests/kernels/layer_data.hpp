#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include "kernels/cpu/operator.hpp"

/// A layer's arrays with random contents, for the tests of operators.
namespace forerun {

/// One layer on an input, with what its description derives: `outputs` are units or channels.
LayerShape layer(LayerKind kind, TensorShape input, std::int64_t outputs = 1, int window = 1, int stride = 1, int padding = 0);

/// An attention of `queries` positions.
LayerShape attention(std::int64_t queries, const Attention& heads);
/// A table of which each of `positions` picks a row.
LayerShape embedding(std::int64_t rows, std::int64_t channels, std::int64_t positions);

std::vector<float> random_values(std::mt19937& random, std::int64_t count);

struct LayerData {
  LayerData(const LayerShape& shape, std::int64_t batch, std::mt19937& random);
  LayerBuffers buffers();

  /// Overwrites what the pass writes with values that are not numbers, so that what it leaves out shows.
  void poison(const LayerShape& shape, Pass pass);

  std::vector<float> input, output, output_gradient, input_gradient, weights, weight_gradient, velocity, second_moment, statistics, running;
  std::vector<std::vector<float>> further_inputs, further_input_gradients;
  std::vector<std::int32_t> indices, labels, picked;
  std::vector<std::uint8_t> mask;
  std::uint64_t key = 0;
  std::int64_t step = 1, first_sample = 0;
  float loss = 0;
};

/// Runs one pass of a library on the data.
void run(const LayerShape& shape, Pass pass, std::int64_t batch, cpu::Library library, LayerData& data,
         const OperatorOptions& options = {});

/// The largest difference over the largest expected value; infinite where either is not a number.
double relative_difference(const std::vector<float>& actual, const std::vector<float>& expected);

double dot(const std::vector<float>& a, const std::vector<float>& b);

}  // namespace forerun
