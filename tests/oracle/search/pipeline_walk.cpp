#include "oracle/search/pipeline_walk.hpp"

#include <catch2/catch.hpp>
#include <map>
#include <random>

#include "oracle/evaluate.hpp"
#include "tests/oracle/unrolled.hpp"
#include "tests/support/pipeline_plan.hpp"

using namespace forerun;
using oracle::PipelineEnds;
using oracle::PipelineTimes;
using oracle::PipelineWalk;
using test::PipelineOptions;
using test::PipelinePlan;

namespace {

/// Bodies draw their durations one by one; a stage's sends both ways take the same time, and are slow in some pipelines.
class Durations {
 public:
  explicit Durations(std::mt19937_64& random) : random_(random), send_(pick() < 0.3 ? 2.0 : 0.1), even_(pick() < 0.3) {}

  double operator()(int stage, std::string_view kind) {
    if (kind != "send") return even_ ? 1.0 : 0.2 + pick();
    return sends_.try_emplace(stage, send_ * pick()).first->second;
  }
  double send(int stage) { return (*this)(stage, "send"); }

 private:
  double pick() { return std::uniform_real_distribution<double>(0, 1)(random_); }

  std::mt19937_64& random_;
  double send_;
  bool even_;
  std::map<int, double> sends_;
};

PipelineTimes times_of(const PipelinePlan& written, const ScheduleShape& shape, Durations& durations) {
  const auto& pipeline = std::get<Pipeline>(written.plan.step.body.front());
  const auto length = [&](const std::vector<Node>& body) {
    return body.empty() ? 0.0 : written.costs[std::get<int>(body.front())].duration().value();
  };
  PipelineTimes times;
  times.shape = shape;
  for (const Chunk& chunk : pipeline.chunks) times.chunks.push_back({length(chunk.forward), length(chunk.backward), length(chunk.weight)});
  for (int s = 0; s < shape.stages; ++s) {
    times.send_forward_s.push_back(durations.send(s));
    times.send_backward_s.push_back(durations.send(s));
  }
  return times;
}

double end_of(const PipelineEnds& ends) { return *std::ranges::max_element(ends.stage_end_s); }

}  // namespace

TEST_CASE("a pipeline's walk ends when a plain unrolled evaluation of its plan does, whatever the schedule") {
  const unsigned seed = 4711;
  std::mt19937_64 random(seed);
  const auto draw = [&](int least, int most) { return std::uniform_int_distribution<int>(least, most)(random); };
  std::map<Schedule, int> seen;
  PipelineWalk walk;
  for (int i = 0; i < 600; ++i) {
    PipelineOptions options;
    options.shape.schedule = std::array{Schedule::gpipe, Schedule::one_f_one_b, Schedule::interleaved, Schedule::zero_bubble_h1}[i % 4];
    options.shape.stages = draw(i % 4 == 2 ? 3 : 2, 8);
    options.shape.interleave = i % 4 == 2 ? draw(2, 4) : 1;
    options.shape.micro_batches = i % 4 == 2 ? draw(1, 12) * options.shape.stages : draw(1, 60);
    options.buffer_depth = options.shape.stages * options.shape.interleave;
    options.split_backward = i % 4 == 3;
    Durations durations(random);
    const PipelinePlan written(options, [&](int stage, std::string_view kind) { return durations(stage, kind); });
    std::vector<double> costs;
    for (const OperationCost& cost : written.costs) costs.push_back(cost.duration().value());
    const double expected = test::Unrolled(written.plan, costs, 1).total();
    INFO("seed " << seed << ", plan " << i << ": " << to_string(options.shape.schedule) << ", stages " << options.shape.stages
                 << ", interleave " << options.shape.interleave << ", micro-batches " << options.shape.micro_batches);
    REQUIRE(end_of(walk.run(times_of(written, options.shape, durations))) == Approx(expected).epsilon(1e-12));
    ++seen[options.shape.schedule];
  }
  CHECK(seen.size() == 4);
}

TEST_CASE("rounds of 1F1B that only shift are skipped without a trace") {
  PipelineTimes times;
  times.shape = {Schedule::one_f_one_b, 4, 100'000, 1};
  times.chunks = {{1, 2, 0}, {1.5, 2, 0}, {1, 3, 0}, {1, 2, 0}};
  times.send_forward_s = times.send_backward_s = {0.25, 0.25, 0.25, 0.25};
  PipelineWalk walk;
  const double many = walk.run(times).stage_end_s.front();
  times.shape.micro_batches = 50'000;
  const double half = walk.run(times).stage_end_s.front();
  // The third stage is the slowest: each further micro-batch takes its forward and backward body.
  CHECK(many - half == Approx(50'000 * 4.0).epsilon(1e-12));
}

TEST_CASE("rounds of zero-bubble H1 are skipped once the last stage, too, takes up weight bodies") {
  constexpr int kStages = 20;
  PipelineTimes times;
  times.shape = {Schedule::zero_bubble_h1, kStages, 10'000, 1};
  times.chunks.assign(kStages, {1, 1, 0});
  times.chunks.back().weight_s = 3;
  times.send_forward_s = times.send_backward_s = std::vector<double>(kStages, 0.0);
  PipelineWalk walk;
  const double many = walk.run(times).stage_end_s.front();
  times.shape.micro_batches = 5'000;
  const double half = walk.run(times).stage_end_s.front();
  CHECK(many - half == Approx(5'000 * 5.0).epsilon(1e-12));
}

TEST_CASE("rounds of an interleaved schedule that only shift are skipped without a trace") {
  PipelineTimes times;
  times.shape = {Schedule::interleaved, 3, 30'000, 2};
  times.chunks = {{1, 2, 0}, {1.5, 2, 0}, {1, 3, 0}, {1, 2, 0}, {1, 2.5, 0}, {1.25, 2, 0}};
  times.send_forward_s = times.send_backward_s = {0.25, 0.25, 0.25};
  PipelineWalk walk;
  const double many = walk.run(times).stage_end_s.front();
  times.shape.micro_batches = 15'000;
  const double half = walk.run(times).stage_end_s.front();
  // The third stage is the slowest: each further micro-batch takes the bodies of its two chunks.
  CHECK(many - half == Approx(15'000 * 7.25).epsilon(1e-12));
}

TEST_CASE("a stage's first body starts once its first micro-batch has come through all stages before") {
  PipelineTimes times;
  times.shape = {Schedule::one_f_one_b, 3, 6, 1};
  times.chunks = {{1, 1, 0}, {2, 1, 0}, {3, 1, 0}};
  times.send_forward_s = {0.5, 0.25, 0};
  times.send_backward_s = {0, 0, 0};
  PipelineWalk walk;
  CHECK(walk.run(times).first_start_s == std::vector<double>{0, 1.5, 3.75});
}
