#include "costs/kernel_fit.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <vector>

#include "costs/kernel_time.hpp"
#include "tests/support/kernels.hpp"
#include "workloads/formulas.hpp"

using namespace forerun;
using forerun::test::dense;
using forerun::test::relu;

namespace {

KernelSample sample(const Kernel& kernel, double seconds) { return {kernel, Seconds(seconds), Seconds(seconds), Seconds(seconds)}; }

// 2 us + flop / 50 Gflop/s + bytes / 20 GB/s
double roofline(const Kernel& kernel) { return 2e-6 + flops(kernel).value() / 50e9 + bytes_moved(kernel).value() / 20e9; }

// The rate halves for narrow outputs: something that the base cannot say.
double with_narrow_outputs(const Kernel& kernel) {
  const double narrow = 1 + 1 / (1 + static_cast<double>(kernel.shape.output.elements()) / 32);
  return 2e-6 + narrow * flops(kernel).value() / 50e9;
}

std::vector<KernelSample> grid(double (*time)(const Kernel&)) {
  std::vector<KernelSample> samples;
  for (const int batch : {8, 40, 200, 1000})
    for (const int inputs : {16, 128, 1024})
      for (const int outputs : {10, 64, 400, 2048}) {
        const Kernel kernel = dense(batch, inputs, outputs);
        samples.push_back(sample(kernel, time(kernel)));
      }
  return samples;
}

}  // namespace

TEST_CASE("samples of a known law give back its terms") {
  const auto samples = grid(roofline);
  const KernelTimeModel model = fit_kernel(samples);
  CHECK(model.overhead.value() == Approx(2e-6).epsilon(1e-6));
  CHECK(model.rate.value() == Approx(50e9).epsilon(1e-6));
  CHECK(model.bandwidth.value() == Approx(20e9).epsilon(1e-6));
  CHECK(model.leave_one_out_error < 1e-9);
}

TEST_CASE("between samples of a known law the model says what the law says") {
  const KernelTimeModel model = fit_kernel(grid(roofline));
  const Kernel unseen = dense(77, 300, 100);
  CHECK(kernel_time(model, unseen).value() == Approx(roofline(unseen)).epsilon(1e-6));
}

TEST_CASE("the residual learns what the base cannot say") {
  const auto samples = grid(with_narrow_outputs);
  const KernelTimeModel model = fit_kernel(samples);
  for (const Kernel& unseen : {dense(77, 300, 100), dense(150, 500, 20), dense(600, 60, 1000)})
    CHECK(kernel_time(model, unseen).value() == Approx(with_narrow_outputs(unseen)).epsilon(0.03));
  CHECK(std::abs(base_time(model, dense(150, 500, 20)).value() / with_narrow_outputs(dense(150, 500, 20)) - 1) > 0.05);
}

TEST_CASE("far from every sample the model falls back to the base") {
  const KernelTimeModel model = fit_kernel(grid(with_narrow_outputs));
  const Kernel far = dense(std::int64_t{1} << 40, 1 << 20, 1 << 20);
  CHECK(kernel_time(model, far).value() == Approx(base_time(model, far).value()).epsilon(0.1));
}

TEST_CASE("no term of the base is negative") {
  std::vector<KernelSample> samples;
  for (const int n : {1000, 10000, 100000, 1000000}) {
    const Kernel kernel = relu(1, n);
    samples.push_back(sample(kernel, 1e-9 * n - 5e-7 + 1e-6));
  }
  samples.push_back(sample(relu(1, 10), 1e-8));
  const KernelTimeModel model = fit_kernel(samples);
  CHECK(model.overhead >= Seconds(0));
  CHECK(model.rate > FlopsPerSecond(0));
  CHECK(model.bandwidth > BytesPerSecond(0));
}

TEST_CASE("one sample is enough for a model that gives it back") {
  const Kernel kernel = dense(10, 10, 10);
  const KernelTimeModel model = fit_kernel(std::vector{sample(kernel, 3e-6)});
  CHECK(kernel_time(model, kernel).value() == Approx(3e-6).epsilon(1e-6));
}

TEST_CASE("noise is smoothed, not followed") {
  auto samples = grid(roofline);
  for (std::size_t i = 0; i < samples.size(); ++i) samples[i].median *= (i * i * 7 + i * 3) % 11 % 2 == 0 ? 1.1 : 1 / 1.1;
  const KernelTimeModel model = fit_kernel(samples);
  double worst = 0;
  for (const auto& s : grid(roofline)) worst = std::max(worst, std::abs(kernel_time(model, s.kernel) / s.median - 1));
  CHECK(worst < 0.08);
  CHECK(model.leave_one_out_error > 0.03);
}

TEST_CASE("a calibration gets one model a kind and pass, and one for the updates by each optimizer") {
  Calibration calibration;
  calibration.kernels = {sample(dense(8, 8, 8), 1e-6), sample(relu(8, 8), 1e-6), sample(dense(8, 8, 8, Pass::backward_data), 1e-6),
                         sample(dense(8, 8, 8, Pass::update), 1e-6), sample(test::conv(8, 8, 8, 8, 3, Pass::update), 1e-6)};
  fit(calibration);
  CHECK(calibration.kernel_models.size() == 4);
  calibration.kernels.push_back(sample(dense(8, 8, 8, Pass::update), 2e-6));
  calibration.kernels.back().kernel.optimizer = Optimizer::adamw;
  fit(calibration);
  CHECK(calibration.kernel_models.size() == 5);
  CHECK(calibration.kernel_models.back().optimizer == Optimizer::adamw);
}

TEST_CASE("all-reduce samples become one table a number of ranks, by size") {
  Calibration calibration;
  const auto add = [&](const char* operation, int ranks, double bytes, double seconds) {
    calibration.collectives.push_back({operation, ranks, Bytes(bytes), Seconds(seconds), Seconds(seconds), Seconds(seconds)});
  };
  add("all-reduce", 4, 100, 4e-6);
  add("all-reduce", 2, 1000, 3e-6);
  add("all-reduce", 2, 100, 2e-6);
  add("ping-pong", 2, 100, 1e-6);
  fit(calibration);
  REQUIRE(calibration.all_reduce_models.size() == 2);
  CHECK(calibration.all_reduce_models[0].ranks == 2);
  CHECK(calibration.all_reduce_models[0].log_bytes == std::vector<double>{std::log(100.0), std::log(1000.0)});
  CHECK(calibration.all_reduce_models[0].log_seconds == std::vector<double>{std::log(2e-6), std::log(3e-6)});
}
