#include <cuda_runtime_api.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <numeric>

#include "cuda_compare.hpp"
#include "device_data.hpp"
#include "kernels/cuda/embedding_order.hpp"
#include "kernels/reference/reference.hpp"

using namespace forerun;

TEST_CASE("embeddings on a GPU agree with the reference", "[gpu]") {
  compare_all({embedding(5, 33, 20), embedding(97, 8, 7), embedding(1, 1, 1), embedding(40, 1100, 3)}, {1, 4});
}

TEST_CASE("an embedding's gradient on a GPU agrees with the reference where rows are picked by many blocks of positions", "[gpu]") {
  compare_all({embedding(3, 16, 1300), embedding(1, 4, 700), embedding(1500, 12, 1030)}, {2});
}

TEST_CASE("an embedding on a GPU adds its gradient to that of a layer with the same weights", "[gpu]") {
  if (!has_device()) return;
  for (const Precision precision : {Precision::fp32, Precision::bf16})
    for (const std::int64_t rows : {2, 11, 300}) {
      const LayerShape shape = embedding(rows, 8, 90);
      std::mt19937 random(Catch::rngSeed());
      LayerData actual(shape, 2, random);
      if (precision == Precision::bf16) actual.output_gradient = rounded_to_bf16(actual.output_gradient);
      LayerData expected = actual;
      run_on_device({shape, Pass::backward_weights, 2, {}, precision}, actual, {.adds_gradient = true});
      run_reference({shape, Pass::backward_weights, 2, {}}, expected.buffers(), {.adds_gradient = true});
      CHECK(relative_difference(actual.weight_gradient, expected.weight_gradient) < 1e-5);
    }
}

TEST_CASE("an embedding in bf16 without rounded weights hands out what rounding leaves of the others", "[gpu]") {
  if (!has_device()) return;
  for (const std::int64_t channels : {7, 24}) {
    const LayerShape shape = embedding(13, channels, 9);
    std::mt19937 random(Catch::rngSeed());
    LayerData data(shape, 3, random);
    LayerData expected = data;
    const DeviceData device(data, Precision::bf16);
    LayerBuffers buffers = device.buffers();
    buffers.rounded_weights = nullptr;
    run_on_device({shape, Pass::forward, 3, {}, Precision::bf16}, buffers);
    device.download(data);
    run_reference({shape, Pass::forward, 3, {}}, expected.buffers());
    CHECK(data.output == rounded_to_bf16(expected.output));
  }
}

TEST_CASE("an embedding's gradient on a GPU has the same bits twice", "[gpu]") {
  if (!has_device()) return;
  const LayerShape shape = embedding(7, 5, 400);
  std::mt19937 random(Catch::rngSeed());
  LayerData once(shape, 3, random);
  LayerData twice = once;
  run_on_device({shape, Pass::backward_weights, 3, {}}, once);
  run_on_device({shape, Pass::backward_weights, 3, {}}, twice);
  CHECK(once.weight_gradient == twice.weight_gradient);
}

TEST_CASE("positions are sorted by their rows on a GPU, and those of one row keep their order", "[gpu]") {
  if (!has_device()) return;
  std::mt19937 random(Catch::rngSeed());
  for (const std::int64_t rows : {1, 7, 3000}) {
    const std::vector<std::int32_t> picked = LayerData(embedding(rows, 1, 2500), 1, random).picked;
    const auto bytes = [](const std::vector<std::int32_t>& values) { return values.size() * sizeof(std::int32_t); };
    const cuda::DeviceMemory on_device(bytes(picked)), scratch(cuda::row_order_bytes(2500, rows));
    cuda::check(cudaMemcpy(on_device.data(), picked.data(), bytes(picked), cudaMemcpyHostToDevice), "cudaMemcpy");
    cuda::check(cudaDeviceSynchronize(), "copies to the device");  // the streams of contexts do not wait for them
    const cuda::Context context;
    const cuda::RowOrder order =
        cuda::order_by_row(static_cast<const std::int32_t*>(on_device.data()), 2500, rows, scratch.data(), context.stream());
    context.finish();
    std::vector<std::int32_t> sorted(2500), expected(2500), ends(static_cast<std::size_t>(rows));
    cuda::check(cudaMemcpy(sorted.data(), order.position, bytes(sorted), cudaMemcpyDeviceToHost), "cudaMemcpy");
    cuda::check(cudaMemcpy(ends.data(), order.end, bytes(ends), cudaMemcpyDeviceToHost), "cudaMemcpy");
    std::iota(expected.begin(), expected.end(), 0);
    std::ranges::stable_sort(expected, {}, [&](std::int32_t position) { return picked[static_cast<std::size_t>(position)]; });
    CHECK(sorted == expected);
    for (std::size_t row = 0; row < ends.size(); ++row)
      CHECK(ends[row] == std::ranges::count_if(picked, [&](std::int32_t other) { return other <= static_cast<std::int32_t>(row); }));
  }
}
