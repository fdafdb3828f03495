// Why: the search prices pipelines of every depth, so one evaluation has to cost microseconds and must not grow with micro-batches.
// Evaluates one step of a pipeline whose bodies are one operation each, sends a tenth of a forward body, stages within 20 % of one
// another: small is 8 stages and 192 micro-batches, large is 64 stages of 2 chunks and 512. Targets: under 50 us and under 1 ms.

#include <benchmark/benchmark.h>

#include "oracle/evaluate.hpp"
#include "tests/support/pipeline_plan.hpp"

namespace {

using namespace forerun;

test::PipelinePlan pipeline(const ScheduleShape& shape, test::PipelineOptions::Bodies bodies, std::int64_t steps) {
  test::PipelineOptions options;
  options.shape = shape;
  options.bodies = bodies;
  options.split_backward = shape.schedule == Schedule::zero_bubble_h1;
  test::PipelinePlan written(options, [](int stage, std::string_view kind) {
    const double stretch = 1 + 0.02 * ((7 * stage) % 11);
    return kind == "send" ? 1e-4 : stretch * (kind == "backward" ? 2e-3 : 1e-3);
  });
  written.plan.step.count = steps;
  return written;
}

void evaluate(benchmark::State& state, Schedule schedule, int stages, int micro_batches, int interleave,
              test::PipelineOptions::Bodies bodies, std::int64_t steps) {
  const test::PipelinePlan written = pipeline({schedule, stages, micro_batches, interleave}, bodies, steps);
  for (auto _ : state) benchmark::DoNotOptimize(oracle::evaluate(written.plan, written.costs));
}

constexpr auto kPlain = test::PipelineOptions::Bodies::plain;
constexpr auto kOverlapping = test::PipelineOptions::Bodies::overlapping;

BENCHMARK_CAPTURE(evaluate, small_gpipe, Schedule::gpipe, 8, 192, 1, kPlain, 1)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(evaluate, small_1f1b, Schedule::one_f_one_b, 8, 192, 1, kPlain, 1)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(evaluate, small_1f1b_endless, Schedule::one_f_one_b, 8, 192, 1, kPlain, 0)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(evaluate, small_1f1b_many, Schedule::one_f_one_b, 8, 192'000, 1, kPlain, 1)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(evaluate, small_interleaved, Schedule::interleaved, 8, 192, 2, kPlain, 1)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(evaluate, small_zb_h1, Schedule::zero_bubble_h1, 8, 192, 1, kPlain, 1)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(evaluate, large_interleaved, Schedule::interleaved, 64, 512, 2, kPlain, 1)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(evaluate, small_overlapping, Schedule::one_f_one_b, 8, 192, 1, kOverlapping, 1)->Unit(benchmark::kMicrosecond);

}  // namespace

BENCHMARK_MAIN();
