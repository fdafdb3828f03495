#include <catch2/catch.hpp>

#include "cuda_compare.hpp"
#include "device_data.hpp"
#include "kernels/cuda/columns.hpp"
#include "kernels/cuda/product.hpp"
#include "workloads/shapes.hpp"

using namespace forerun;

TEST_CASE("dense operators on a GPU agree with the reference", "[gpu]") {
  compare_all({layer(LayerKind::dense, {784, 1, 1}, 10), layer(LayerKind::dense, {37, 1, 1}, 129), layer(LayerKind::dense, {5, 3, 2}, 10),
               layer(LayerKind::dense, {1, 1, 1}, 1), layer(LayerKind::dense, {128, 1, 1}, 33), layer(LayerKind::dense, {64, 1, 1}, 48)},
              {1, 7, 64});
}

TEST_CASE("dense operators on a GPU agree with the reference on each token, and without biases", "[gpu]") {
  compare_all({infer_shape({.channels = 24, .width = 9}, {.outputs = 31}),
               infer_shape({.channels = 5, .height = 3, .width = 2}, {.outputs = 64, .bias = false}),
               infer_shape({.channels = 130}, {.outputs = 7, .bias = false})},
              {1, 6});
}

namespace {

std::vector<float> column_sums(const std::vector<float>& matrix, std::int64_t rows, std::int64_t columns) {
  std::vector<double> sums(static_cast<std::size_t>(columns));
  for (std::int64_t i = 0; i < rows * columns; ++i) sums[static_cast<std::size_t>(i % columns)] += matrix[static_cast<std::size_t>(i)];
  return {sums.begin(), sums.end()};
}

}  // namespace

TEST_CASE("columns of tall and of wide matrices are summed up, wherever they lie", "[gpu]") {
  if (!has_device()) return;
  std::mt19937 random(Catch::rngSeed());
  for (const auto& [rows, columns] : {std::pair{1, 1}, std::pair{5000, 3}, std::pair{9000, 1}, std::pair{700, 136}, std::pair{3, 4100}})
    for (const std::size_t behind : {0, 4}) {
      CAPTURE(rows, columns, behind);
      const std::vector<float> matrix = random_values(random, std::int64_t{rows} * columns);
      const cuda::ColumnSums sums(Precision::fp32, rows, columns);
      cuda::Context context;
      const Placed y = to_device(matrix, behind), to(static_cast<std::size_t>(columns) * sizeof(float), 0);
      sums.run(y.data(), static_cast<float*>(to.data()), context.scratch(sums.scratch_bytes()), context.stream());
      context.finish();
      CHECK(relative_difference(from_device(to), column_sums(matrix, rows, columns)) < 1e-5);
    }
}

TEST_CASE("a bias is added to each row of a matrix, wherever it lies", "[gpu]") {
  if (!has_device()) return;
  std::mt19937 random(Catch::rngSeed());
  for (const auto& [rows, columns] : {std::pair{1, 1}, std::pair{3000, 4}, std::pair{9, 35}, std::pair{70, 1032}})
    for (const std::size_t behind : {0, 4}) {
      CAPTURE(rows, columns, behind);
      const std::vector<float> matrix = random_values(random, std::int64_t{rows} * columns), bias = random_values(random, columns);
      std::vector<float> expected = matrix;
      for (std::size_t i = 0; i < expected.size(); ++i) expected[i] += bias[i % bias.size()];
      cuda::Context context;
      const Placed y = to_device(matrix, behind), shift = to_device(bias, 4);
      cuda::add_bias(Precision::fp32, y.data(), shift.data(), rows, columns, context.stream());
      context.finish();
      CHECK(from_device(y) == expected);
    }
}

TEST_CASE("a product takes arrays of any alignment, one after another", "[gpu]") {
  if (!has_device()) return;
  std::mt19937 random(Catch::rngSeed());
  const std::vector<float> a = random_values(random, 8 * 12), b = random_values(random, 12 * 4);
  std::vector<float> expected;
  for (int column = 0; column < 4; ++column)
    for (int row = 0; row < 8; ++row) {
      double sum = 0;
      for (int term = 0; term < 12; ++term) sum += static_cast<double>(a[term * 8 + row]) * b[column * 12 + term];
      expected.push_back(static_cast<float>(sum));
    }
  const auto context = std::make_shared<cuda::Context>();
  cuda::Product product(context, {.rows = 8, .columns = 4, .inner = 12});
  for (const std::size_t behind : {0, 4, 8, 4, 0}) {
    const Placed left = to_device(a, behind), right = to_device(b), to(expected.size() * sizeof(float), behind);
    CHECK_FALSE(product.run(left.data(), right.data(), to.data(), nullptr));
    context->finish();
    CHECK(relative_difference(from_device(to), expected) < 1e-5);
  }
}
