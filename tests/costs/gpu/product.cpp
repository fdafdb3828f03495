#include "costs/gpu/product.hpp"

#include <catch2/catch.hpp>

#include "core/error.hpp"
#include "tests/costs/gpu/support.hpp"

using namespace forerun;
using forerun::test::gpu;

namespace {

/// One tile, no fixed times, no memory limit, nothing lost over the depth.
GpuModel ideal() {
  GpuModel model;
  model.multiprocessors = 100;
  model.peak[Precision::fp16] = FlopsPerSecond(1e14);
  model.product_share[Precision::fp16] = 1;
  model.bandwidth = BytesPerSecond(1e18);
  model.tiles[0] = {128, 128, 1};
  model.most_splits = 1;
  return model;
}

double time(const GpuModel& model, const Product& product) { return product_time(model, Precision::fp16, product).value(); }

}  // namespace

TEST_CASE("a product that fills every multiprocessor takes its arithmetic over the rate") {
  const Product full{.rows = 1280, .columns = 1280, .depth = 4096};
  CHECK(product_efficiency(ideal(), full, 1) == Approx(1));
  CHECK(time(ideal(), full) == Approx(2.0 * 1280 * 1280 * 4096 / 1e14));
}

TEST_CASE("one tile more than the multiprocessors costs a whole second wave") {
  const Product full{.rows = 1280, .columns = 1280, .depth = 4096};
  Product over = full;
  over.rows += 1;
  CHECK(time(ideal(), over) == Approx(2 * time(ideal(), full)));
  over.rows = 2 * full.rows;
  CHECK(time(ideal(), over) == Approx(2 * time(ideal(), full)));
}

TEST_CASE("a tile that is half empty takes as long as a full one") {
  const Product full{.rows = 1280, .columns = 1280, .depth = 4096};
  Product part = full;
  part.columns = 1280 - 64;
  CHECK(time(ideal(), part) == Approx(time(ideal(), full)));
}

TEST_CASE("a depth costs its offset beside itself") {
  GpuModel model = ideal();
  model.depth_offset = 100;
  const Product shallow{.rows = 1280, .columns = 1280, .depth = 100};
  CHECK(product_efficiency(model, shallow, 1) == Approx(0.5));
  Product deep = shallow;
  deep.depth = 900;
  CHECK(product_efficiency(model, deep, 1) == Approx(0.9));
}

TEST_CASE("splitting the depth over idle multiprocessors shortens a product of one tile, and each part pays the offset") {
  GpuModel model = ideal();
  const Product one{.rows = 128, .columns = 128, .depth = 8000};
  CHECK(product_efficiency(model, one, 8) == Approx(8 * product_efficiency(model, one, 1)));
  CHECK(product_efficiency(model, one, 1000) == Approx(1));
  model.depth_offset = 1000;
  CHECK(product_efficiency(model, one, 8) == Approx(8.0 / 100 * 1000 / 2000));
  CHECK(product_efficiency(model, one, 1) == Approx(1.0 / 100 * 8000 / 9000));
}

TEST_CASE("the best of the tiles counts, either way round, and products side by side fill the waves of one another") {
  GpuModel model = ideal();
  model.tiles[1] = {64, 64, 0.5};
  const Product narrow{.rows = 64, .columns = 6400, .depth = 4096};
  CHECK(product_efficiency(model, narrow, 1) == Approx(0.5));
  model.tiles[1] = {256, 64, 0.75};
  const Product wide{.rows = 6400, .columns = 64, .depth = 4096, .count = 4};
  CHECK(product_efficiency(model, wide, 1) == Approx(0.75));
  const Product tall{.rows = 64, .columns = 6400, .depth = 4096, .count = 4};
  CHECK(product_efficiency(model, tall, 1) == Approx(product_efficiency(model, wide, 1)));
  const Product alone{.rows = 128, .columns = 128, .depth = 4096};
  Product many = alone;
  many.count = 100;
  CHECK(time(ideal(), many) == Approx(time(ideal(), alone)));
}

TEST_CASE("rows and columns may change places") {
  const GpuModel model = gpu("a100-80gb");
  for (const double rows : {64.0, 1000.0, 4096.0})
    for (const double columns : {50.0, 2048.0, 50257.0}) {
      const Product one{.rows = rows, .columns = columns, .depth = 777};
      const Product other{.rows = columns, .columns = rows, .depth = 777};
      CHECK(time(model, one) == Approx(time(model, other)));
    }
}

TEST_CASE("a product never takes less time for more rows, columns or depth, less bandwidth or a lower rate") {
  for (const char* name : forerun::test::kPublished) {
    const GpuModel model = gpu(name);
    GpuModel slow = model;
    for (FlopsPerSecond& peak : slow.peak.items) peak *= 0.5;
    GpuModel narrow = model;
    narrow.bandwidth *= 0.5;
    const auto fp32 = [](const GpuModel& on, const Product& product) { return product_time(on, Precision::fp32, product); };
    for (double rows = 32; rows < 20000; rows *= 1.7)
      for (double depth = 32; depth < 20000; depth *= 2.3) {
        const Product product{.rows = rows, .columns = 3000, .depth = depth};
        Product longer = product;
        longer.rows *= 1.05;
        Product deeper = product;
        deeper.depth *= 1.05;
        CHECK(fp32(model, longer) >= fp32(model, product) * 0.999999);
        CHECK(fp32(model, deeper) >= fp32(model, product));
        CHECK(fp32(slow, product) >= fp32(model, product));
        CHECK(fp32(narrow, product) >= fp32(model, product));
        CHECK(product_efficiency(model, product, model.most_splits) <= 1);
      }
  }
}

TEST_CASE("a product of few rows takes what its weights take to be read") {
  GpuModel model = ideal();
  model.peak[Precision::fp16] = FlopsPerSecond(1e18);
  model.bandwidth = BytesPerSecond(1e12);
  model.streaming_share = 0.5;
  model.kernel_fixed = Seconds(3e-6);
  const Product vector{.rows = 1, .columns = 1000, .depth = 1000};
  CHECK(time(model, vector) == Approx(3e-6 + 2 * (1000 * 1001 + 1000) / 5e11));
}

TEST_CASE("weight gradients run at their own share of the rate, and long runs at theirs") {
  GpuModel model = ideal();
  model.weight_gradient_share = 0.5;
  const Product full{.rows = 1280, .columns = 1280, .depth = 4096};
  CHECK(product_time(model, Precision::fp16, full, ProductRole::weight_gradient).value() == Approx(2 * time(model, full)));
  model.sustained_share = 0.25;
  CHECK(time(model, full) == Approx(4 * time(ideal(), full)));
}

TEST_CASE("what tensor cores lose in a long run they lose beside what all products do, and fp32 does not lose it") {
  GpuModel model = gpu("t4");
  GpuModel burst = model;
  burst.sustained_share_tensor = 1;
  model.sustained_share_tensor = 0.5;
  const Product full{.rows = 4096, .columns = 4096, .depth = 4096};
  const auto arithmetic = [&](const GpuModel& of, Precision precision) { return product_arithmetic(of, precision, full, 1).value(); };
  CHECK(arithmetic(model, Precision::fp16) == Approx(2 * arithmetic(burst, Precision::fp16)));
  CHECK(arithmetic(model, Precision::fp32) == arithmetic(burst, Precision::fp32));
  model.sustained_share = 0.5;
  CHECK(arithmetic(model, Precision::fp16) == Approx(4 * arithmetic(burst, Precision::fp16)));
}

TEST_CASE("tensor cores want rows of whole 16 bytes, other arithmetic does not") {
  const GpuModel model = gpu("a100-80gb");
  CHECK(alignment_share(model, Precision::fp16, 1024, 50257) == model.unaligned_share);
  CHECK(alignment_share(model, Precision::fp16, 50257, 1024) == model.unaligned_share);
  CHECK(alignment_share(model, Precision::fp16, 1024, 25128) == 1);
  CHECK(alignment_share(model, Precision::tf32, 1024, 50260) == 1);
  CHECK(alignment_share(model, Precision::fp8, 1024, 25128) == model.unaligned_share);
  CHECK(alignment_share(model, Precision::fp32, 1, 3) == 1);
}

TEST_CASE("a device without a rate in a precision has no products in it") {
  CHECK_THROWS_AS(product_time(ideal(), Precision::fp8, {}), MissingCapability);
}
