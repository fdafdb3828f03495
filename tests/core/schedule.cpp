#include "core/schedule.hpp"

#include <catch2/catch.hpp>
#include <map>
#include <set>
#include <tuple>

#include "core/pipeline_order.hpp"

using namespace forerun;

namespace {

// `F0.1 B0.1 ...`: body, chunk, micro-batch; weight bodies of other schedules than zero-bubble's are left out.
std::string text(const ScheduleShape& shape, int stage) {
  std::string out;
  for (const StageTask& task : stage_schedule(shape, stage)) {
    if (task.body == StageBody::weight && shape.schedule != Schedule::zero_bubble_h1) continue;
    if (!out.empty()) out += ' ';
    out += task.body == StageBody::forward ? 'F' : task.body == StageBody::backward ? 'B' : 'W';
    if (shape.interleave > 1) out += std::to_string(task.chunk) + '.';
    out += std::to_string(task.micro_batch);
  }
  return out;
}

template <class Check>
void for_all_shapes(int most_stages, int most_micro_batches, const Check& check) {
  for (const Schedule schedule : {Schedule::gpipe, Schedule::one_f_one_b, Schedule::interleaved, Schedule::zero_bubble_h1})
    for (int p = 1; p <= most_stages; ++p)
      for (int m = 1; m <= most_micro_batches; ++m)
        for (int v = 1; v <= (schedule == Schedule::interleaved ? 4 : 1); ++v) {
          const ScheduleShape shape{schedule, p, m, v};
          if (!schedule_defect(shape).empty()) continue;
          INFO(to_string(schedule) << ", " << p << " stages, " << m << " micro-batches, " << v << " chunks a stage");
          check(shape);
        }
}

// A pipeline without sends or operations: the order alone decides whether it goes through.
Pipeline bare(const ScheduleShape& shape) {
  Pipeline pipeline;
  pipeline.stages = shape.stages;
  pipeline.micro_batches = shape.micro_batches;
  pipeline.schedule = shape.schedule;
  pipeline.chunks.resize(static_cast<std::size_t>(shape.stages * shape.interleave));
  return pipeline;
}

}  // namespace

TEST_CASE("GPipe runs all forward bodies, then all backward bodies") {
  const ScheduleShape shape{Schedule::gpipe, 3, 3, 1};
  for (int stage = 0; stage < 3; ++stage) CHECK(text(shape, stage) == "F0 F1 F2 B0 B1 B2");
}

TEST_CASE("1F1B warms up by the stages behind, then takes turns") {
  // Narayanan et al. 2021, figure 4, upper half, with 4 stages.
  const ScheduleShape shape{Schedule::one_f_one_b, 4, 6, 1};
  CHECK(text(shape, 0) == "F0 F1 F2 F3 B0 F4 B1 F5 B2 B3 B4 B5");
  CHECK(text(shape, 1) == "F0 F1 F2 B0 F3 B1 F4 B2 F5 B3 B4 B5");
  CHECK(text(shape, 2) == "F0 F1 B0 F2 B1 F3 B2 F4 B3 F5 B4 B5");
  CHECK(text(shape, 3) == "F0 B0 F1 B1 F2 B2 F3 B3 F4 B4 F5 B5");
}

TEST_CASE("1F1B with fewer micro-batches than stages warms up with all of them") {
  const ScheduleShape shape{Schedule::one_f_one_b, 4, 2, 1};
  CHECK(text(shape, 0) == "F0 F1 B0 B1");
  CHECK(text(shape, 2) == "F0 F1 B0 B1");
  CHECK(text(shape, 3) == "F0 B0 F1 B1");
}

TEST_CASE("interleaved 1F1B goes through groups of as many micro-batches as stages") {
  // Narayanan et al. 2021, section 2.2.2: 2 (p - s - 1) + (v - 1) p forward bodies ahead.
  const ScheduleShape shape{Schedule::interleaved, 2, 4, 2};
  CHECK(text(shape, 0) == "F0.0 F0.1 F2.0 F2.1 F0.2 B2.0 F0.3 B2.1 F2.2 B0.0 F2.3 B0.1 B2.2 B2.3 B0.2 B0.3");
  CHECK(text(shape, 1) == "F1.0 F1.1 F3.0 B3.0 F3.1 B3.1 F1.2 B1.0 F1.3 B1.1 F3.2 B3.2 F3.3 B3.3 B1.2 B1.3");
}

TEST_CASE("zero-bubble H1 runs weight bodies as many backward bodies late as stages lie before") {
  // Qi et al. 2023, figure 2, with 3 stages.
  const ScheduleShape shape{Schedule::zero_bubble_h1, 3, 5, 1};
  CHECK(text(shape, 0) == "F0 F1 F2 B0 W0 F3 B1 W1 F4 B2 W2 B3 W3 B4 W4");
  CHECK(text(shape, 1) == "F0 F1 B0 F2 B1 W0 F3 B2 W1 F4 B3 W2 B4 W3 W4");
  CHECK(text(shape, 2) == "F0 B0 F1 B1 F2 B2 W0 F3 B3 W1 F4 B4 W2 W3 W4");
}

TEST_CASE("every schedule runs each body of each of a stage's chunks once for each micro-batch, in their order") {
  for_all_shapes(6, 13, [](const ScheduleShape& shape) {
    for (int stage = 0; stage < shape.stages; ++stage) {
      std::map<std::pair<StageBody, int>, std::int64_t> next;
      const std::vector<StageTask> tasks = stage_schedule(shape, stage);
      REQUIRE(static_cast<std::int64_t>(tasks.size()) == 3 * shape.micro_batches * shape.interleave);
      for (const StageTask& task : tasks) {
        REQUIRE(task.chunk % shape.stages == stage);
        REQUIRE(task.chunk < shape.stages * shape.interleave);
        REQUIRE(task.micro_batch == next[{task.body, task.chunk}]++);
        if (task.body == StageBody::backward) REQUIRE(task.micro_batch < next[{StageBody::forward, task.chunk}]);
        if (task.body == StageBody::weight) REQUIRE(task.micro_batch < next[{StageBody::backward, task.chunk}]);
      }
    }
  });
}

TEST_CASE("no schedule blocks itself, whatever the stages, micro-batches and chunks") {
  for_all_shapes(9, 27, [](const ScheduleShape& shape) { REQUIRE(pipeline_order(StepPlan{}, bare(shape)).complete); });
}

TEST_CASE("a stage holds no more micro-batches than its schedule says") {
  for_all_shapes(6, 13, [](const ScheduleShape& shape) {
    const std::int64_t p = shape.stages, v = shape.interleave, all = shape.micro_batches * v;
    for (int s = 0; s < shape.stages; ++s) {
      const std::int64_t most = most_in_flight(shape, s);
      if (shape.schedule == Schedule::gpipe) REQUIRE(most == all);
      if (shape.schedule == Schedule::one_f_one_b) REQUIRE(most == std::min(p - s, all));
      if (shape.schedule == Schedule::zero_bubble_h1) REQUIRE(most == std::min(p, all));
      if (v > 1) REQUIRE(most == std::min(2 * (p - s - 1) + (v - 1) * p + 1, all));
    }
  });
}

TEST_CASE("one chunk a stage interleaves as 1F1B") {
  for (int stage = 0; stage < 4; ++stage)
    CHECK(stage_schedule({Schedule::interleaved, 4, 7, 1}, stage) == stage_schedule({Schedule::one_f_one_b, 4, 7, 1}, stage));
}

TEST_CASE("a schedule that does not exist says why") {
  CHECK(schedule_defect({Schedule::one_f_one_b, 4, 8, 1}).empty());
  CHECK(schedule_defect({Schedule::one_f_one_b, 0, 8, 1}) == "a pipeline has no stages");
  CHECK(schedule_defect({Schedule::one_f_one_b, 4, 0, 1}) == "a pipeline has no micro-batches");
  CHECK(schedule_defect({Schedule::interleaved, 4, 8, 0}) == "a pipeline's stage has no chunk");
  CHECK(schedule_defect({Schedule::gpipe, 4, 8, 2}) == "gpipe has one chunk a stage; several are interleaved");
  CHECK(schedule_defect({Schedule::interleaved, 4, 8, 2}).empty());
  CHECK(schedule_defect({Schedule::interleaved, 4, 6, 2}) ==
        "an interleaved schedule needs micro-batches that are a multiple of its stages, and 6 does not divide by 4");
  CHECK(schedule_defect({Schedule::interleaved, 4, 6, 1}).empty());
}

TEST_CASE("a schedule without weight bodies is the same but for them") {
  for_all_shapes(5, 10, [](const ScheduleShape& shape) {
    for (int stage = 0; stage < shape.stages; ++stage) {
      ScheduleCursor cursor(shape, stage, ScheduleCursor::Weights::without);
      for (const StageTask& task : stage_schedule(shape, stage)) {
        if (task.body == StageBody::weight) continue;
        REQUIRE(cursor.task() == task);
        cursor.advance();
      }
      REQUIRE(cursor.done());
    }
  });
}
