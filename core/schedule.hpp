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

/// Why there is no such schedule, or nothing: a degree below one, several chunks a stage where the schedule is not interleaved, or
/// interleaved micro-batches that are no multiple of the stages (as Megatron refuses them).
std::string schedule_defect(const ScheduleShape& shape);

/// What a stage of a schedule without defects does, in order: forward, backward and weight once for each of its chunks and micro-batches;
/// of a chunk each in the order of micro-batches. With p stages, s the stage from 0, m micro-batches, v chunks a stage:
/// - gpipe: all forward, then all backward [Huang et al. 2019]; backward goes in the order of forward.
/// - one_f_one_b: min(p - s - 1, m) forward, then one forward and one backward by turns, then the remaining backward
///   [Narayanan et al. 2019, sec. 3.2; with a flush: Narayanan et al. 2021, sec. 2.2.1].
/// - interleaved: virtual micro-batches in groups of p, through all chunks before the next group, backward through the chunks in
///   reverse; min(2 (p - s - 1) + (v - 1) p, v m) forward, then by turns [Narayanan et al. 2021, sec. 2.2.2]. One chunk a stage: as
///   one_f_one_b. Groups that are not full would wait for themselves for ever, which is why p divides m.
/// - zero_bubble_h1: as one_f_one_b, the weight body s backward bodies late, so that every stage has p micro-batches in flight
///   [Qi et al. 2023, sec. 2.2].
/// In the others each weight body follows its backward body.
std::vector<StageTask> stage_schedule(const ScheduleShape& shape, int stage);

/// Goes through what a stage does without writing it down: O(1) memory, a few operations a task.
class ScheduleCursor {
 public:
  /// Weight bodies may be left out where a pipeline has none.
  enum class Weights { with, without };
  ScheduleCursor(const ScheduleShape& shape, int stage, Weights weights = Weights::with);

  [[nodiscard]] bool done() const { return backward_.taken == all_ && weights_.taken >= weights_wanted_; }
  [[nodiscard]] StageTask task() const {
    const Order& order = next_ == StageBody::forward ? forward_ : next_ == StageBody::backward ? backward_ : weights_;
    return {next_, order.chunk, order.micro_batch};
  }
  void advance() {
    take(next_ == StageBody::forward ? forward_ : next_ == StageBody::backward ? backward_ : weights_);
    choose();
  }

 private:
  /// Through the micro-batches of a group of p, then the next chunk, then the next group.
  struct Order {
    int chunk = 0;
    int turn = 0;  ///< chunks of this group that are done
    std::int64_t taken = 0;
    std::int64_t first = 0;  ///< of the group
    std::int64_t micro_batch = 0;
    std::int64_t end = 0;  ///< of the group
  };

  void take(Order& order) const {
    ++order.taken;
    if (++order.micro_batch < order.end) return;
    const int step = &order == &forward_ ? stages_ : -stages_;
    if (++order.turn < interleave_) {
      order.chunk += step;
      order.micro_batch = order.first;
      return;
    }
    order.turn = 0;
    order.chunk -= (interleave_ - 1) * step;
    order.first = order.micro_batch = order.end;
    order.end = order.end + group_ < micro_batches_ ? order.end + group_ : micro_batches_;
  }
  void choose() {
    if (backward_.taken - weights_.taken > late_ || backward_.taken == all_)
      next_ = StageBody::weight;
    else
      next_ = forward_.taken < all_ && forward_.taken - backward_.taken <= ahead_ ? StageBody::forward : StageBody::backward;
  }

  int stages_;
  int interleave_;
  std::int64_t micro_batches_;
  std::int64_t group_;
  std::int64_t all_;    ///< tasks of a kind
  std::int64_t ahead_;  ///< forward bodies ahead of the first backward body
  std::int64_t weights_wanted_;
  std::int64_t late_;  ///< backward bodies between one and its weight body
  StageBody next_ = StageBody::forward;
  Order forward_;
  Order backward_;
  Order weights_;
};

/// The forward bodies that a stage runs ahead of its first backward body.
std::int64_t warm_up(const ScheduleShape& shape, int stage);

/// The most micro-batches (times chunks) of a stage whose forward body has run and whose last body has not: what activations it holds.
std::int64_t most_in_flight(const ScheduleShape& shape, int stage);

/// The micro-batches that each chunk of the stage has to have room for: most_in_flight() over its chunks, rounded up.
std::int64_t micro_batches_held(const ScheduleShape& shape, int stage);

}  // namespace forerun
