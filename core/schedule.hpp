#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/strategy.hpp"

namespace forerun {

/// What a stage does with a micro-batch: one of a chunk's bodies.
enum class StageBody { forward, backward, weight };
std::string_view to_string(StageBody body);

/// One line of a stage's list of things to do.
struct StageTask {
  StageBody body = StageBody::forward;
  int chunk = 0;  ///< virtual stage: of stage s the chunks s, s + stages, ...
  std::int64_t micro_batch = 0;

  friend bool operator==(const StageTask&, const StageTask&) = default;
};

/// What a schedule is asked for: 1 <= stages, 1 <= micro_batches, 1 <= interleave (chunks a stage).
struct ScheduleShape {
  Schedule schedule = Schedule::one_f_one_b;
  int stages = 1;
  std::int64_t micro_batches = 1;
  int interleave = 1;

  friend bool operator==(const ScheduleShape&, const ScheduleShape&) = default;
};

/// Why there is no such schedule, or nothing: a degree below one, or several chunks a stage where the schedule is not interleaved.
std::string schedule_defect(const ScheduleShape& shape);

/// What a stage does, in order: forward, backward and weight once for each of its chunks and micro-batches; of a chunk each in the
/// order of micro-batches. With p stages, s the stage from 0, m micro-batches, v chunks a stage:
/// - gpipe: all forward, then all backward [Huang et al. 2019]; backward goes in the order of forward.
/// - one_f_one_b: min(p - s - 1, m) forward, then one forward and one backward by turns, then the remaining backward
///   [Narayanan et al. 2019, sec. 3.2; with a flush: Narayanan et al. 2021, sec. 2.2.1].
/// - interleaved: virtual micro-batches in groups of p (the last may be smaller), through all chunks before the next group, backward
///   through the chunks in reverse; min(2 (p - s - 1) + (v - 1) p, v m) forward, then by turns [Narayanan et al. 2021, sec. 2.2.2].
///   One chunk a stage: as one_f_one_b. Megatron refuses micro-batches that are no multiple of the stages; this order exists for them too.
/// - zero_bubble_h1: as one_f_one_b, the weight body s backward bodies late, so that every stage has p micro-batches in flight
///   [Qi et al. 2023, sec. 2.2].
/// In the others each weight body follows its backward body.
std::vector<StageTask> stage_schedule(const ScheduleShape& shape, int stage);

/// The forward bodies that a stage runs ahead of its first backward body.
std::int64_t warm_up(const ScheduleShape& shape, int stage);

/// The most micro-batches (times chunks) of a stage whose forward body has run and whose last body has not: what activations it holds.
std::int64_t most_in_flight(const ScheduleShape& shape, int stage);

}  // namespace forerun
