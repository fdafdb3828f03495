#pragma once

#include <cstdint>
#include <vector>

#include "core/schedule.hpp"

namespace forerun::oracle {

/// A pipeline whose bodies take fixed times: each stage does one thing at a time. All times are seconds.
struct SerialPipeline {
  /// Sends of one chunk's neighbours share a lane where they go from one stage to another the same way.
  struct Lane {
    double free_s = 0;  ///< on both sides; before the walk, and after it
    double first_start_s = 0;
    double first_ready_s = 0;  ///< when the first body that sends over it had finished
  };
  struct Body {
    double duration_s = 0;
    bool empty = true;
    int lane = -1;  ///< its input comes over; -1: straight from a body of the same stage, or of no other chunk
    double transfer_s = 0;
    double ready_s = 0;  ///< its first micro-batch waits until then for what is outside of the pipeline
    // Found by the walk:
    double first_input_s = 0;    ///< when the first micro-batch was there
    double first_arrival_s = 0;  ///< and could start but for `ready_s`
    double first_start_s = 0;
    double last_start_s = 0;
    double last_transfer_start_s = 0;
    double last_transfer_finish_s = 0;
  };
  /// The watched stage did nothing from `from_s` until `body` started.
  struct Wait {
    int body = 0;
    std::int64_t micro_batch = 0;
    double from_s = 0;
    double until_s = 0;
    int transfer = -1;  ///< that ended it, by its place among those of its lane; -1: none did
    double times = 1;   ///< how often it came about, counting what was skipped
  };
  /// A transfer that comes to the watched stage or leaves it.
  struct Transfer {
    int body = 0;  ///< that it goes to
    double ready_s = 0;
    double start_s = 0;
    double finish_s = 0;
  };

  ScheduleShape shape;
  int buffer_depth = 1;
  std::vector<Body> bodies;  ///< forward, backward and weight of each chunk
  std::vector<Lane> lanes;
  std::vector<double> free_s;  ///< of each stage; before the walk, and after it
  int watched = 0;             ///< a stage; -1 for none
  // Found by the walk:
  std::vector<Wait> waits;
  std::vector<std::vector<Transfer>> transfers;  ///< by lane; those of the watched stage alone, the last ones where some were skipped
  double skipped_s = 0;                          ///< by which the times of `waits` and `transfers` are late at their ends

  [[nodiscard]] static int body_of(const StageTask& task) { return 3 * task.chunk + static_cast<int>(task.body); }
};

/// Goes through a pipeline that does not block itself:
///   transfer start = max(sender's body finished, lane free, receiver's body of micro-batch i - buffer_depth finished)
///   body start = max(stage free, its input there, `ready_s` at its first micro-batch).
/// Where 1F1B or zero-bubble H1 settles into rounds that take a constant longer each, the rounds between are skipped, which is exact.
void walk_serial(SerialPipeline& pipeline);

}  // namespace forerun::oracle
