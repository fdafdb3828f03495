#include "strategies/buckets.hpp"

#include <catch2/catch.hpp>

#include "strategies/data_parallel.hpp"
#include "workloads/load.hpp"

using namespace forerun;

namespace {

Workload load(const char* name) { return load_workload({name, "test", 0, 0, ""}, {}); }

Strategy limits(double first_mib, double others_mib) {
  Strategy strategy;
  strategy.first_bucket = Bytes(first_mib * kMiB);
  strategy.bucket = Bytes(others_mib * kMiB);
  return strategy;
}

std::vector<Bucket> buckets_of(const Workload& workload, const Strategy& strategy) {
  LocalModel model;
  model.whole = &workload;
  return gradient_buckets(shared_gradients(model, {0, static_cast<int>(workload.layers.size())}), strategy);
}

}  // namespace

TEST_CASE("one large bucket carries every gradient") {
  const auto buckets = buckets_of(load("mlp"), limits(25, 25));
  REQUIRE(buckets.size() == 1);
  CHECK(buckets[0].bytes == Bytes(4.0 * (784 * 128 + 128 + 128 * 10 + 10)));
  CHECK(buckets[0].first_layer == 0);
}

TEST_CASE("a bucket closes once it holds its limit, in the order of the backward pass") {
  const auto buckets = buckets_of(load("vgg11-cifar10"), limits(1, 25));
  // Head and last convolution; then convolutions 7 to 3; then the two first.
  REQUIRE(buckets.size() == 3);
  CHECK(buckets[0].bytes == Bytes(4.0 * (5130 + 2359808)));
  CHECK(buckets[1].bytes == Bytes(4.0 * (2 * 2359808 + 1180160 + 590080 + 295168)));
  CHECK(buckets[2].bytes == Bytes(4.0 * (73856 + 1792)));
  CHECK(buckets[0].last_layer > buckets[0].first_layer);
  CHECK(buckets[2].first_layer == 0);
}

TEST_CASE("only the first bucket has the first limit") {
  const auto small_first = buckets_of(load("vgg11-cifar10"), limits(1, 1000));
  CHECK(small_first.size() == 2);
  const auto all_small = buckets_of(load("vgg11-cifar10"), limits(1e-6, 1e-6));
  CHECK(all_small.size() == 9);
}
