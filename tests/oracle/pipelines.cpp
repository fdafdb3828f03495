#include <catch2/catch.hpp>
#include <map>
#include <random>
#include <sstream>

#include "oracle/evaluate.hpp"
#include "oracle/pipeline_bodies.hpp"
#include "tests/oracle/unrolled.hpp"
#include "tests/support/pipeline_plan.hpp"

using namespace forerun;
using forerun::oracle::evaluate;
using forerun::test::PipelineOptions;
using forerun::test::PipelinePlan;
using forerun::test::Unrolled;

namespace {

/// Durations of a random plan: each stage and kind draws its own; sends are fast or slow as a whole.
class Draws {
 public:
  explicit Draws(std::mt19937_64& random) : random_(random), send_(pick() < 0.3 ? 3.0 : 0.2), even_(pick() < 0.2) {}

  double operator()(int, std::string_view kind) const {
    const double scale = kind == "send" ? send_ : kind == "tensor" ? 0.3 : 1.0;
    return scale * (even_ ? 1.0 : 0.1 + pick());
  }

 private:
  [[nodiscard]] double pick() const { return std::uniform_real_distribution<double>(0, 1)(random_); }

  std::mt19937_64& random_;
  double send_;
  bool even_;
};

double unrolled_total(const PipelinePlan& written, int steps) {
  std::vector<double> durations;
  for (const OperationCost& cost : written.costs) durations.push_back(cost.duration().value());
  return Unrolled(written.plan, durations, steps).total();
}

void require_near(const Parts& a, const Parts& b, double tolerance) {
  REQUIRE(a.compute.value() == Approx(b.compute.value()).margin(tolerance));
  REQUIRE(a.comm_exposed.value() == Approx(b.comm_exposed.value()).margin(tolerance));
  REQUIRE(a.bubble.value() == Approx(b.bubble.value()).margin(tolerance));
  REQUIRE(a.overhead.value() == Approx(b.overhead.value()).margin(tolerance));
}

double compute_of(const StepPlan& plan, const std::vector<OperationCost>& costs) {
  const TreeIndex tree = index_tree(plan);
  double sum = 0;
  for (std::size_t i = 0; i < plan.operations.size(); ++i) {
    const Operation& operation = plan.operations[i];
    if (operation.lane != 0 || operation.rank_class != plan.compute_class) continue;
    sum += times_in_step(tree, i) * costs[i].duration().value();
  }
  return sum;
}

}  // namespace

TEST_CASE("a random pipeline takes as long as every instance of it written out") {
  std::mt19937_64 random(20260101);
  std::map<std::string, int> counted;
  for (int trial = 0; trial < 1500; ++trial) {
    const PipelineOptions options = test::random_pipeline(random, 8, 40);
    PipelinePlan written(options, Draws(random));
    const int steps = 1 + static_cast<int>(random() % 3);
    written.plan.step.count = steps;
    written.plan.compute_class = static_cast<int>(random() % static_cast<unsigned>(options.shape.stages));
    INFO("trial " << trial << ": " << describe(options) << ", " << steps << " steps");
    REQUIRE(find_defect(written.plan) == "");
    const auto evaluation = evaluate(written.plan, written.costs);
    const double expected = unrolled_total(written, steps);
    REQUIRE(std::abs(evaluation.total.value() - expected) <= 1e-12 * expected);
    REQUIRE(evaluation.parts.total().value() == Approx(evaluation.step.value()).epsilon(1e-9));
    REQUIRE(evaluation.parts.compute.value() == Approx(compute_of(written.plan, written.costs)).epsilon(1e-9));
    ++counted[std::string(to_string(options.shape.schedule)) + " x " + std::to_string(options.shape.interleave)];
    ++counted[options.shape.micro_batches % options.shape.stages == 0 ? "micro-batches a multiple" : "micro-batches no multiple"];
    ++counted[options.bodies == PipelineOptions::Bodies::overlapping ? "overlapping bodies" : "bodies in one piece"];
    ++counted[options.split_backward ? "weights apart" : "weights together"];
  }
  std::ostringstream list;
  for (const auto& [kind, count] : counted) list << "\n  " << count << " " << kind;
  WARN("random pipelines equal to the unrolled:" << list.str());
}

TEST_CASE("rounds that repeat are skipped, and the pipeline takes as long as written out") {
  std::mt19937_64 random(5);
  int skipped = 0;
  for (int trial = 0; trial < 60; ++trial) {
    PipelineOptions options = test::random_pipeline(random, 6, 800);
    options.shape.micro_batches = 100 + static_cast<std::int64_t>(random() % 700);
    if (options.shape.interleave > 1) options.shape.micro_batches -= options.shape.micro_batches % options.shape.stages;
    if (options.bodies == PipelineOptions::Bodies::overlapping) options.bodies = PipelineOptions::Bodies::chains;
    PipelinePlan written(options, Draws(random));
    INFO("trial " << trial << ": " << describe(options));
    const auto evaluation = evaluate(written.plan, written.costs);
    const double expected = unrolled_total(written, 1);
    REQUIRE(std::abs(evaluation.total.value() - expected) <= 1e-12 * expected);
    auto layout = oracle::serial_layout(written.plan, written.costs, oracle::layouts(written.plan).front());
    REQUIRE(layout.has_value());
    walk_serial(layout->pipeline);
    if (layout->pipeline.skipped_s > 0) ++skipped;
  }
  // About half of them are 1F1B or zero-bubble H1.
  CHECK(skipped >= 20);
}

TEST_CASE("chains take as long, with the same parts, walked body by body and operation by operation") {
  std::mt19937_64 random(7);
  for (int trial = 0; trial < 300; ++trial) {
    PipelineOptions options = test::random_pipeline(random, 6, 60);
    if (options.bodies == PipelineOptions::Bodies::overlapping) options.bodies = PipelineOptions::Bodies::chains;
    std::mt19937_64 same = random;
    PipelinePlan chains(options, Draws(random));
    options.first_on_host = true;
    PipelinePlan operations(options, Draws(same));
    const int watched = static_cast<int>(random() % static_cast<unsigned>(options.shape.stages));
    const int steps = static_cast<int>(random() % 4);
    for (PipelinePlan* written : {&chains, &operations}) written->plan.compute_class = watched, written->plan.step.count = steps;
    INFO("trial " << trial << ": " << describe(options) << ", " << steps << " steps, stage " << watched);
    REQUIRE(find_defect(operations.plan) == "");
    const auto a = evaluate(chains.plan, chains.costs), b = evaluate(operations.plan, operations.costs);
    REQUIRE(a.step.value() == Approx(b.step.value()).epsilon(1e-12));
    require_near(a.parts, b.parts, 1e-9 * b.step.value());
  }
}

namespace {

/// A pipeline of equal stages without transfer times: forward F, backward B and, apart, weights W of a stage, all chunks together.
double step_of_equal_stages(const ScheduleShape& shape, double forward, double backward, double weight = 0) {
  PipelineOptions options{.shape = shape, .split_backward = weight > 0};
  options.buffer_depth = shape.stages;
  PipelinePlan written(options, [&](int, std::string_view kind) {
    const double whole = kind == "forward" ? forward : kind == "backward" ? backward : kind == "weight" ? weight : 0.0;
    return whole / shape.interleave;
  });
  written.plan.step.count = 1;
  return evaluate(written.plan, written.costs).total.value();
}

}  // namespace

TEST_CASE("equal stages without transfers take (m + p - 1)(F + B) under GPipe and 1F1B") {
  for (const Schedule schedule : {Schedule::gpipe, Schedule::one_f_one_b})
    for (const int p : {1, 2, 3, 4, 8, 16})
      for (const int m : {1, 2, 3, 7, 16, 100, 333}) {
        INFO(to_string(schedule) << ", " << p << " stages, " << m << " micro-batches");
        CHECK(step_of_equal_stages({schedule, p, m, 1}, 2, 3) == Approx((m + p - 1) * 5).epsilon(1e-12));
      }
}

TEST_CASE("v interleaved chunks of equal stages divide the bubble by v") {
  // Narayanan et al. 2021, section 2.2.2.
  for (const int p : {1, 2, 4, 8})
    for (const int v : {1, 2, 3, 4})
      for (const int groups : {1, 2, 5, 20}) {
        const int m = p * groups;
        INFO(p << " stages, " << v << " chunks, " << m << " micro-batches");
        CHECK(step_of_equal_stages({Schedule::interleaved, p, m, v}, 2, 4) == Approx((m + (p - 1.0) / v) * 6).epsilon(1e-12));
      }
}

TEST_CASE("zero-bubble H1 has a bubble of (p - 1)(F + B - 2W)") {
  // Qi et al. 2023, table 1: (p - 1)(F + B - W) where B is the gradients of data alone.
  for (const int p : {1, 2, 3, 4, 8})
    for (const int m : {8, 9, 16, 50, 200}) {
      INFO(p << " stages, " << m << " micro-batches");
      for (const auto& [forward, data, weight] : {std::array{1.0, 1.0, 1.0}, std::array{3.0, 4.0, 2.0}, std::array{2.0, 3.0, 2.0}})
        CHECK(step_of_equal_stages({Schedule::zero_bubble_h1, p, m, 1}, forward, data, weight) ==
              Approx(m * (forward + data + weight) + (p - 1) * (forward + data - weight)).epsilon(1e-12));
    }
}
