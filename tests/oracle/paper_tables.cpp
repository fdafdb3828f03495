#include <catch2/catch.hpp>
#include <numeric>

#include "oracle/predict.hpp"
#include "tests/support/convolutions.hpp"
#include "workloads/formulas.hpp"

// The equations of Kahira et al. (HPDC 2021), table III, an epoch, against the priced plan of bare convolutions on kernels that scale.
// Symbols as there: D samples, B batch, p ranks, |.| elements of one sample, delta bytes of an element.
using namespace forerun;
using namespace forerun::test;

namespace {

constexpr double kAlpha_s = 3e-6;
constexpr double kBeta = 1 / 2e9;  // s a byte
constexpr double kRate = 1e12;
constexpr double kDelta = 4;
constexpr std::int64_t kB = 64;

struct Table {
  Scenario scenario;
  double D = 0, B = kB;

  Table(Workload workload, int ranks) {
    scenario.workload = std::move(workload);
    scenario.workload.batch = kB;
    scenario.platform.name = "lab";
    scenario.platform.nodes = ranks;
    scenario.platform.inter_node = {BytesPerSecond(1 / kBeta), Seconds(kAlpha_s)};
    scenario.calibration = scaling_calibration(FlopsPerSecond(kRate));
    scenario.strategy.bucket = scenario.strategy.first_bucket = Bytes(1e15);
    scenario.run.epochs = 1;
    D = static_cast<double>(scenario.workload.samples);
  }

  [[nodiscard]] const std::vector<Layer>& layers() const { return scenario.workload.layers; }
  [[nodiscard]] std::size_t G() const { return layers().size(); }
  [[nodiscard]] double x(std::size_t l) const { return static_cast<double>(layers()[l].shape.input.elements()); }
  [[nodiscard]] double y(std::size_t l) const { return static_cast<double>(layers()[l].shape.output.elements()); }
  [[nodiscard]] double w(std::size_t l) const { return static_cast<double>(parameters(layers()[l].shape)); }
  [[nodiscard]] double all_w() const {
    return sum([&](std::size_t l) { return w(l); });
  }
  /// FW_l + BW_l of a sample.
  [[nodiscard]] double passes_s(std::size_t l) const {
    Flops all;
    const Passes list = passes(scenario.workload)[l];
    for (const Pass pass : list)
      if (pass != Pass::update) all += flops({layers()[l].shape, pass, 1, Bytes()});
    return all.value() / kRate;
  }
  /// WU_l of an iteration.
  [[nodiscard]] double update_s(std::size_t l) const { return flops({layers()[l].shape, Pass::update, 1, Bytes()}).value() / kRate; }

  template <class Term>
  [[nodiscard]] double sum(Term&& term, std::size_t first = 0, std::size_t last = 1000) const {
    double all = 0;
    for (std::size_t l = first; l < std::min(last, G()); ++l) all += term(l);
    return all;
  }
  [[nodiscard]] double compute(double share_of_passes, double share_of_updates) const {
    return D * share_of_passes * sum([&](std::size_t l) { return passes_s(l); }) +
           D / B * share_of_updates * sum([&](std::size_t l) { return update_s(l); });
  }
  [[nodiscard]] double all_reduce(double p, double elements) const {
    return 2 * D / B * (p - 1) * (kAlpha_s + elements / p * kDelta * kBeta);
  }
};

/// What the plan makes of it, an epoch.
struct Epoch {
  double compute_s = 0, communication_s = 0;
  double activations = 0, weights = 0;  ///< bytes, with their gradients: 2 delta of each element
};
Epoch plan_of(const Table& table) {
  const Prediction prediction = oracle::predict(table.scenario);
  INFO(prediction.reason);
  REQUIRE(prediction.status == Status::ok);
  const double iterations = table.D / table.B;
  const auto& memory = prediction.memory_parts;
  return {iterations * prediction.parts->compute.value(), iterations * prediction.parts->comm_exposed.value(),
          2 * (memory.at("activations") + memory.at("activation_gradients")).value(),
          (memory.at("weights") + memory.at("gradients")).value()};
}

Workload row() { return convolutions({4, 8, 16, 8}, 16); }

}  // namespace

TEST_CASE("serial: T = D sum(FW + BW) + D / B sum WU, memory 2 delta sum(B (x + y) + w) [Kahira et al. 2021, table III]") {
  const Table t(row(), 1);
  const Epoch plan = plan_of(t);
  CHECK(plan.compute_s == Approx(t.compute(1, 1)));
  CHECK(plan.communication_s == 0);
  CHECK(plan.activations == Approx(2 * kDelta * t.B * t.sum([&](std::size_t l) { return t.x(l) + t.y(l); })));
  CHECK(plan.weights == Approx(2 * kDelta * t.all_w()));
}

TEST_CASE("data: passes / p, 2 D/B (p - 1)(alpha + w/p delta beta), activations / p [table III]") {
  Table t(row(), 4);
  t.scenario.strategy.data = 4;
  const Epoch plan = plan_of(t);
  CHECK(plan.compute_s == Approx(t.compute(1.0 / 4, 1)));
  CHECK(plan.communication_s == Approx(t.all_reduce(4, t.all_w())));
  CHECK(plan.activations == Approx(2 * kDelta * t.B / 4 * t.sum([&](std::size_t l) { return t.x(l) + t.y(l); })));
  CHECK(plan.weights == Approx(2 * kDelta * t.all_w()));
}

TEST_CASE("spatial: as data, and two halos a layer and pass [table III]") {
  Table t(row(), 4);
  t.scenario.strategy.spatial = {4, 1};
  const Epoch plan = plan_of(t);
  CHECK(plan.compute_s == Approx(t.compute(1.0 / 4, 1)));
  // Of either side (K - 1) / 2 = 1 row of 16.
  const auto halo = [](double elements) { return elements / 16; };
  const auto both_sides = [&](double elements) { return 2 * (kAlpha_s + t.B * kDelta * kBeta * halo(elements)); };
  const double halos = t.sum([&](std::size_t l) { return both_sides(t.x(l)) + both_sides(t.y(l)); });
  // Nobody asks for the gradient of the samples: the paper's sum has one more halo.
  CHECK(plan.communication_s == Approx(t.all_reduce(4, t.all_w()) + t.D / t.B * (halos - both_sides(t.y(0)))));
  CHECK(plan.activations == Approx(2 * kDelta * t.B / 4 * t.sum([&](std::size_t l) { return t.x(l) + t.y(l); })));
  CHECK(plan.weights == Approx(2 * kDelta * t.all_w()));
}

TEST_CASE("filter: passes and updates / p, 3 D/B (p - 1) sum(alpha + B y/p delta beta), weights / p [table III]") {
  Table t(row(), 4);
  t.scenario.strategy.filter = 4;
  const Epoch plan = plan_of(t);
  CHECK(plan.compute_s == Approx(t.compute(1.0 / 4, 1.0 / 4)));
  const auto gather = [&](std::size_t l) { return t.D / t.B * 3 * (kAlpha_s + t.B * t.y(l) / 4 * kDelta * kBeta); };
  // The paper's sum ends before the last layer, whose output is gathered, too.
  CHECK(plan.communication_s == Approx(3 * t.sum(gather, 0, t.G() - 1) + gather(t.G() - 1)));
  CHECK(plan.activations == Approx(2 * kDelta * t.B * t.sum([&](std::size_t l) { return t.x(l) + t.y(l); })));
  CHECK(plan.weights == Approx(2 * kDelta * t.all_w() / 4));
}

TEST_CASE("channel: as filter from the second layer on, whose outputs are summed and gradients gathered [table III]") {
  Table t(convolutions({8, 8, 8, 8}, 16), 4);
  t.scenario.strategy.channel = 4;
  const Epoch plan = plan_of(t);
  const double first = t.D * t.passes_s(0) + t.D / t.B * t.update_s(0);
  const double later =
      t.D * t.sum([&](std::size_t l) { return t.passes_s(l); }, 1) + t.D / t.B * t.sum([&](std::size_t l) { return t.update_s(l); }, 1);
  CHECK(plan.compute_s == Approx(first + later / 4));
  // Layers alike: sums over the second to the last output and over the first to the last but one are the same.
  const auto once = [&](std::size_t l) { return t.D / t.B * 3 * (kAlpha_s + t.B * t.y(l) / 4 * kDelta * kBeta); };
  CHECK(plan.communication_s == Approx(3 * t.sum(once, 0, t.G() - 1)));
  CHECK(plan.activations == Approx(2 * kDelta * t.B * t.sum([&](std::size_t l) { return t.x(l) + t.y(l); })));
  CHECK(plan.weights == Approx(2 * kDelta * (t.w(0) + (t.all_w() - t.w(0)) / 4)));
}

TEST_CASE("channel: a layer's own output is summed forward and its own input gathered backward") {
  Table t(row(), 4);
  t.scenario.strategy.channel = 4;
  const auto message = [&](double elements) { return 3 * (kAlpha_s + t.B * elements / 4 * kDelta * kBeta); };
  const double once = t.sum([&](std::size_t l) { return 2 * message(t.y(l)) + message(t.x(l)); }, 1);
  CHECK(plan_of(t).communication_s == Approx(t.D / t.B * once));
}

TEST_CASE("data x filter: passes / p, gathers of B y/p over p2, gradients w/p2 over p1 [table III]") {
  Table t(row(), 8);
  t.scenario.strategy.data = 2;
  t.scenario.strategy.filter = 4;
  const Epoch plan = plan_of(t);
  CHECK(plan.compute_s == Approx(t.compute(1.0 / 8, 1.0 / 4)));
  const auto gather = [&](std::size_t l) { return t.D / t.B * 3 * (kAlpha_s + t.B * t.y(l) / 8 * kDelta * kBeta); };
  CHECK(plan.communication_s == Approx(3 * t.sum(gather, 0, t.G() - 1) + gather(t.G() - 1) + t.all_reduce(2, t.all_w() / 4)));
  CHECK(plan.activations == Approx(2 * kDelta * t.B / 2 * t.sum([&](std::size_t l) { return t.x(l) + t.y(l); })));
  CHECK(plan.weights == Approx(2 * kDelta * t.all_w() / 4));
}

TEST_CASE("data x channel: gradients of a channel's weights are summed over the data axis alone") {
  Table t(convolutions({8, 8, 8, 8}, 16), 8);
  t.scenario.strategy.data = 2;
  t.scenario.strategy.channel = 4;
  const auto once = [&](std::size_t l) { return t.D / t.B * 3 * (kAlpha_s + t.B * t.y(l) / 8 * kDelta * kBeta); };
  const double local_w = t.w(0) + (t.all_w() - t.w(0)) / 4;
  CHECK(plan_of(t).communication_s == Approx(3 * t.sum(once, 0, t.G() - 1) + t.all_reduce(2, local_w)));
}

TEST_CASE("data x spatial: split layers / p2, the others whole in each group, a gather and a scatter between [code of the paper]") {
  Workload workload = row();
  append(workload, "head", {LayerKind::dense, {8 * 16 * 16, 1, 1}, {10, 1, 1}});
  Table t(workload, 8);
  t.scenario.strategy.data = 2;
  t.scenario.strategy.spatial = {4, 1};
  const Epoch plan = plan_of(t);
  const std::size_t split = 3;
  const double passes = t.sum([&](std::size_t l) { return t.passes_s(l) / 4; }, 0, split) + t.passes_s(split);
  CHECK(plan.compute_s == Approx(t.D / 2 * passes + t.D / t.B * t.sum([&](std::size_t l) { return t.update_s(l); })));
  const double b = t.B / 2;
  const auto both_sides = [&](double elements) { return 2 * (kAlpha_s + b * kDelta * kBeta * elements / 16); };
  const double halos = t.sum([&](std::size_t l) { return both_sides(t.x(l)) + both_sides(t.y(l)); }, 0, split) - both_sides(t.y(0));
  const double gather_and_scatter = 2 * 3 * (kAlpha_s + b * t.y(split - 1) * kDelta * kBeta / 4);
  // The paper sums gradients in each node and then over nodes; here one ring holds all copies.
  CHECK(plan.communication_s == Approx(t.D / t.B * (halos + gather_and_scatter) + t.all_reduce(8, t.all_w())));
}

TEST_CASE("a grid shifts rows down and up, then columns with the corners right and left") {
  Table t(convolutions({4, 8}, 16), 4);
  t.scenario.strategy.spatial = {2, 2};
  const double row = kAlpha_s + t.B * kDelta * kBeta * 4 * 8;
  const double column = kAlpha_s + t.B * kDelta * kBeta * 4 * (8 + 2);
  CHECK(plan_of(t).communication_s == Approx(t.all_reduce(4, t.all_w()) + t.D / t.B * (2 * row + 2 * column)));
}

TEST_CASE("layers without filters stay whole: finer than the paper's 1 / p") {
  Workload workload = row();
  append(workload, "relu", {LayerKind::relu, {8, 16, 16}, {8, 16, 16}});
  Table t(workload, 4);
  t.scenario.strategy.filter = 4;
  const double convolved = t.sum([&](std::size_t l) { return t.D * t.passes_s(l) + t.D / t.B * t.update_s(l); }, 0, 3);
  CHECK(plan_of(t).compute_s == Approx(convolved / 4 + t.D * t.passes_s(3)));
}

TEST_CASE("a step takes as long as its samples are loaded, where that is longer") {
  Table t(row(), 4);
  t.scenario.strategy.spatial = {4, 1};
  t.scenario.run.epochs.reset();  // a run's first step waits for all of its samples
  const double alone = oracle::predict(t.scenario).step_time->value();
  t.scenario.platform.loader_rate = kB / (2 * alone);
  const Prediction slow = oracle::predict(t.scenario);
  CHECK(slow.step_time->value() == Approx(2 * alone));
  CHECK(slow.parts->input_exposed.value() == Approx(alone));
  t.scenario.platform.loader_rate = 2 * kB / alone;
  const Prediction fast = oracle::predict(t.scenario);
  CHECK(fast.step_time->value() == Approx(alone));
  CHECK(fast.parts->input_exposed.value() == 0);
}
