#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <set>

#include "kernels/trainer/data.hpp"
#include "kernels/trainer/random.hpp"

namespace forerun {

namespace {

constexpr TensorShape kShape{3, 8, 8};

double product(std::span<const float> a, std::span<const float> b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += static_cast<double>(a[i]) * b[i];
  return sum / static_cast<double>(a.size());
}

}  // namespace

TEST_CASE("shards of a batch are the batch that one process makes") {
  const Batch whole = make_batch(kShape, 5, 7, 100, 8);
  const Batch half = make_batch(kShape, 5, 7, 104, 4);
  const auto elements = static_cast<std::size_t>(4 * kShape.elements());
  CHECK(std::ranges::equal(whole.samples.span().subspan(elements), half.samples.span()));
  CHECK(std::ranges::equal(whole.labels.span().subspan(4), half.labels.span()));
}

TEST_CASE("another seed makes other samples") {
  const Batch one = make_batch(kShape, 5, 7, 0, 4);
  const Batch other = make_batch(kShape, 5, 8, 0, 4);
  CHECK_FALSE(std::ranges::equal(one.samples.span(), other.samples.span()));
}

TEST_CASE("samples have mean 0, variance 1, and labels of every class") {
  const Batch batch = make_batch({1, 16, 16}, 10, 3, 0, 2000);
  double sum = 0;
  for (const float value : batch.samples.span()) sum += value;
  const double mean = sum / static_cast<double>(batch.samples.size());
  CHECK(std::abs(mean) < 0.1);  // the patterns of ten classes have 160 cells in all
  CHECK(product(batch.samples.span(), batch.samples.span()) == Approx(1).margin(0.15));
  const std::set<std::int32_t> classes(batch.labels.span().begin(), batch.labels.span().end());
  CHECK(classes.size() == 10);
  CHECK(*classes.begin() == 0);
  CHECK(*classes.rbegin() == 9);
}

TEST_CASE("samples of one class share half their variance, those of two classes none") {
  const TensorShape shape{32, 16, 16};
  const Batch batch = make_batch(shape, 2, 11, 0, 16);
  const auto sample = [&](std::size_t i) {
    return batch.samples.span().subspan(i * static_cast<std::size_t>(shape.elements()), static_cast<std::size_t>(shape.elements()));
  };
  for (std::size_t i = 1; i < 16; ++i) {
    const bool same = batch.labels.span()[i] == batch.labels.span()[0];
    CHECK(product(sample(0), sample(i)) == Approx(same ? 0.5 : 0).margin(0.13));
  }
}

TEST_CASE("normal numbers have the deviation that was asked for, and depend on key and index alone") {
  std::vector<float> values(100001);
  fill_normal(stream_key(1, 2), 0.5F, values);
  CHECK(product(values, values) == Approx(0.25).epsilon(0.02));
  std::vector<float> first(11);
  fill_normal(stream_key(1, 2), 0.5F, first);
  CHECK(std::equal(first.begin(), first.end(), values.begin()));
  std::vector<float> other(11);
  fill_normal(stream_key(1, 3), 0.5F, other);
  CHECK(first != other);
}

}  // namespace forerun
