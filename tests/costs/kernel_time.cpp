#include "costs/kernel_time.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "core/error.hpp"
#include "costs/price.hpp"
#include "tests/support/kernels.hpp"
#include "tests/support/plan_builder.hpp"
#include "workloads/formulas.hpp"

using namespace forerun;
using forerun::test::base_model;
using forerun::test::conv;
using forerun::test::dense;
using forerun::test::relu;

TEST_CASE("the base is overhead, arithmetic and bytes") {
  const Kernel kernel = dense(10, 20, 30);
  const double expected = 1e-6 + (flops(kernel).value() + bytes_moved(kernel).value()) / 1e9;
  CHECK(kernel_time(base_model(), kernel).value() == Approx(expected));
}

TEST_CASE("an infinite rate takes no time") {
  KernelTimeModel model = base_model();
  model.rate = FlopsPerSecond(std::numeric_limits<double>::infinity());
  model.bandwidth = BytesPerSecond(std::numeric_limits<double>::infinity());
  CHECK(kernel_time(model, dense(10, 20, 30)).value() == Approx(1e-6));
}

TEST_CASE("the residual is a sum over samples of weight times correlation") {
  KernelTimeModel model = base_model();
  const KernelFeatures at = kernel_features(dense(10, 20, 30));
  model.inverse_scales.assign(4, 0.5);
  for (int f = 0; f < 4; ++f)
    for (const double distance : {0, 1}) model.features.push_back(static_cast<float>(at.values[f] * 0.5 + distance));
  model.weights = {0.3F, -0.6F};
  const double residual = 0.3 - 0.6 / (1 + 0.5 * 4);
  CHECK(kernel_time(model, dense(10, 20, 30)) / base_time(model, dense(10, 20, 30)) == Approx(std::exp(residual)));
}

TEST_CASE("a shape's features are what its cost depends on") {
  CHECK(kernel_features(dense(8, 16, 32)).count == 4);
  CHECK(kernel_features(dense(8, 16, 32)).values[1] == Approx(std::log(16)));
  CHECK(kernel_features(conv(8, 3, 64, 32, 5)).count == 8);
  CHECK(kernel_features(conv(8, 3, 64, 32, 5)).values[3] == Approx(std::log(1024)));
  CHECK(kernel_features(conv(8, 3, 64, 32, 5)).values[4] == Approx(std::log(5)));
  CHECK(kernel_features(dense(8, 16, 32, Pass::update)).count == 2);
  CHECK(kernel_features(dense(8, 16, 32, Pass::update)).values[0] == Approx(std::log(17 * 32)));
}

TEST_CASE("footprints inside a core's cache are alike, and so are those far beyond") {
  const auto footprint = [](double bytes) {
    Kernel kernel = relu(1, 100);
    kernel.footprint = Bytes(bytes);
    const KernelFeatures features = kernel_features(kernel);
    return features.values[features.count - 1];
  };
  CHECK(footprint(1000) == footprint(100000));
  CHECK(footprint(1e9) == footprint(1e10));
  CHECK(footprint(4 * kMiB) < footprint(8 * kMiB));
}

TEST_CASE("a grouped convolution's channels are those of a group, and its groups a feature") {
  Kernel grouped = conv(8, 96, 192, 14, 3);
  grouped.shape.groups = 32;
  const KernelFeatures features = kernel_features(grouped);
  CHECK(features.values[1] == Approx(std::log(3)));
  CHECK(features.values[2] == Approx(std::log(6)));
  CHECK(features.values[6] == Approx(std::log(32)));
  CHECK(kernel_features(conv(8, 96, 192, 14, 3)).values[6] == 0);
}

TEST_CASE("an attention's time depends on its queries and its keys apart, and on its dropout") {
  Kernel kernel;
  kernel.shape = {.kind = LayerKind::attention, .input = {.channels = 80, .width = 100}, .output = {.channels = 80, .width = 100}};
  kernel.shape.attention = {.heads = 5, .key_heads = 5, .key_channels = 16, .value_channels = 16, .keys = 300};
  kernel.batch = 2;
  const KernelFeatures plain = kernel_features(kernel);
  CHECK(plain.count == 6);
  CHECK(plain.values[0] == Approx(std::log(2 * 5)));
  CHECK(plain.values[1] == Approx(std::log(100)));
  CHECK(plain.values[2] == Approx(std::log(300)));
  CHECK(plain.values[3] == Approx(std::log(16)));
  kernel.shape.attention.dropout = true;
  CHECK(kernel_features(kernel).values[4] == plain.values[4] + 1);
}

TEST_CASE("norms and the loss go over rows, be they samples, pixels or tokens") {
  for (const LayerKind kind : {LayerKind::batch_norm, LayerKind::layer_norm, LayerKind::softmax_cross_entropy}) {
    Kernel many = relu(12, 40), tokens = relu(2, 40);
    many.shape.kind = tokens.shape.kind = kind;
    tokens.shape.input.width = tokens.shape.output.width = 6;
    CHECK(kernel_features(many).values == kernel_features(tokens).values);
  }
}

TEST_CASE("updates share a kernel whatever their layer, other passes do not") {
  CHECK(same_kernel(dense(1, 1, 1, Pass::update), LayerKind::conv2d, Pass::update));
  CHECK_FALSE(same_kernel(dense(1, 1, 1), LayerKind::conv2d, Pass::forward));
  CHECK_FALSE(same_kernel(dense(1, 1, 1), LayerKind::dense, Pass::backward_data));
}

TEST_CASE("pools of few channels and many places differ from those of many and few, where a calibration tells") {
  const auto pool = [](std::int64_t batch, std::int64_t channels, std::int64_t edge) {
    Kernel kernel = conv(batch, channels, channels, edge, 2);
    kernel.shape.kind = LayerKind::max_pool;
    return kernel;
  };
  const KernelFeatures few = kernel_features(pool(1, 16, 8)), many = kernel_features(pool(1, 64, 4));
  REQUIRE(few.count == 4);
  CHECK(few.values[0] == many.values[0]);
  CHECK(few.values[3] == Approx(std::log(16)));
  CHECK(many.values[3] == Approx(std::log(64)));
  KernelTimeModel model = base_model(LayerKind::max_pool);
  model.weights = {1};
  for (const std::size_t scales : {3, 4}) {
    model.inverse_scales.assign(scales, 1);
    model.features.assign(few.values.begin(), few.values.begin() + static_cast<std::ptrdiff_t>(scales));
    const bool told = kernel_time(model, pool(1, 64, 4)) / base_time(model, pool(1, 64, 4)) <
                      0.9 * (kernel_time(model, pool(1, 16, 8)) / base_time(model, pool(1, 16, 8)));
    CHECK(told == (scales == 4));
  }
}

TEST_CASE("each optimizer's updates have a model of their own") {
  Calibration calibration;
  calibration.kernel_models = {base_model(LayerKind::dense, Pass::update)};
  Kernel update = test::conv(1, 1, 1, 8, 3, Pass::update);
  CHECK(lacking_samples(calibration, update).empty());
  update.optimizer = Optimizer::adam;
  CHECK(lacking_samples(calibration, update) == "updates by adam");
  CHECK_THROWS_AS(find_model(calibration, update), MissingCapability);
  calibration.kernel_models.push_back(base_model(LayerKind::dense, Pass::update));
  calibration.kernel_models.back().optimizer = Optimizer::adam;
  calibration.kernel_models.back().overhead = Seconds(3e-6);
  CHECK(find_model(calibration, update).overhead == Seconds(3e-6));
}

TEST_CASE("convolutions in groups are priced where some of the samples have groups") {
  Kernel grouped = conv(8, 96, 192, 14, 3);
  grouped.shape.groups = 32;
  KernelTimeModel model = base_model(LayerKind::conv2d);
  model.inverse_scales.assign(8, 0.5);
  const auto features_of = [&](const Kernel& kernel) {
    model.features.clear();
    for (const double value : kernel_features(kernel).values) model.features.push_back(static_cast<float>(0.5 * value));
    model.weights = {0};
    Calibration calibration;
    calibration.kernel_models = {model};
    return calibration;
  };
  CHECK(lacking_samples(features_of(conv(8, 96, 192, 14, 3)), grouped) == "grouped conv2d forward");
  CHECK(lacking_samples(features_of(conv(8, 96, 192, 14, 3)), conv(1, 1, 1, 8, 3)).empty());
  CHECK(lacking_samples(features_of(grouped), grouped).empty());
}

TEST_CASE("a kernel without a model is a missing capability") {
  Calibration calibration;
  calibration.kernel_models = {base_model()};
  CHECK(find_model(calibration, dense(1, 1, 1)).overhead == Seconds(1e-6));
  CHECK_THROWS_AS(find_model(calibration, relu(1, 1)), MissingCapability);
}

TEST_CASE("a busy node slows a kernel by the nearest measured factor below") {
  Calibration calibration;
  calibration.busy = {{LayerKind::dense, Pass::forward, 2, 1.1}, {LayerKind::dense, Pass::forward, 4, 1.5}};
  CHECK(busy_factor(calibration, dense(1, 1, 1), 1) == 1);
  CHECK(busy_factor(calibration, dense(1, 1, 1), 2) == 1.1);
  CHECK(busy_factor(calibration, dense(1, 1, 1), 3) == 1.1);
  CHECK(busy_factor(calibration, dense(1, 1, 1), 8) == 1.5);
  CHECK(busy_factor(calibration, relu(1, 1), 8) == 1);
  calibration.busy[0].factor = 0.9;
  CHECK(busy_factor(calibration, dense(1, 1, 1), 2) == 1);
}

TEST_CASE("a busy node slows a kernel by the factor of its own working set, log-linear between those that were measured") {
  const Kernel kernel = dense(10, 200, 300);
  const Bytes here = bytes_moved(kernel);
  const auto factor_at = [&](Bytes small, Bytes large) {
    Calibration calibration;
    calibration.busy = {{LayerKind::dense, Pass::forward, 2, 1.21, large},
                        {LayerKind::relu, Pass::forward, 2, 9, here},
                        {LayerKind::dense, Pass::forward, 2, 1, small},
                        {LayerKind::dense, Pass::forward, 2, 5, 1000 * large}};
    return busy_factor(calibration, kernel, 2);
  };
  CHECK(factor_at(here / 4, here * 4) == Approx(1.1));
  CHECK(factor_at(here / 2, here * 8) == Approx(std::pow(1.21, 0.25)));
  CHECK(factor_at(here, here * 4) == 1);
  CHECK(factor_at(here / 4, here) == 1.21);
  CHECK(factor_at(here * 2, here * 4) == 1);
}

TEST_CASE("beyond the largest working set its factor stays, and one below 1 never speeds up its neighbours") {
  const Kernel kernel = dense(10, 200, 300);
  const Bytes here = bytes_moved(kernel);
  Calibration calibration;
  calibration.busy = {{LayerKind::dense, Pass::forward, 2, 0.5, here / 4}, {LayerKind::dense, Pass::forward, 2, 1.21, here / 2}};
  CHECK(busy_factor(calibration, kernel, 2) == 1.21);
  calibration.busy[1].working_set = here * 4;
  CHECK(busy_factor(calibration, kernel, 2) == Approx(1.1));
}

TEST_CASE("working sets that were measured beside fewer cores do not mix with those beside more") {
  const Kernel kernel = dense(10, 200, 300);
  const Bytes here = bytes_moved(kernel);
  Calibration calibration;
  calibration.busy = {{LayerKind::dense, Pass::forward, 2, 1.1, here},
                      {LayerKind::dense, Pass::forward, 4, 1.5, here * 4},
                      {LayerKind::dense, Pass::forward, 2, 1.2, here * 2}};
  CHECK(busy_factor(calibration, kernel, 3) == 1.1);
  CHECK(busy_factor(calibration, kernel, 4) == 1.5);
}

TEST_CASE("a compute operation costs its kernel's time, scaled and slowed by the busy ranks of its node") {
  auto calibration = std::make_shared<Calibration>();
  calibration->kernel_models = {base_model()};
  calibration->busy = {{LayerKind::dense, Pass::forward, 2, 1.25}};
  calibration->compute_scale = 2;
  test::PlanBuilder builder(4);
  builder.compute(0);
  builder.edit().operations[0].work = dense(10, 20, 30);
  builder.delay(0.5);
  Scenario scenario;
  scenario.calibration = calibration;
  scenario.platform.nodes = 2;
  scenario.platform.devices_per_node = 2;
  const auto costs = price(builder.plan(1), scenario);
  const Seconds alone = kernel_time(calibration->kernel_models[0], dense(10, 20, 30));
  CHECK(costs[0].duration() / alone == Approx(2 * 1.25));
  CHECK(costs[1].duration() == Seconds(0.5));
}
