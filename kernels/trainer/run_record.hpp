#pragma once

#include <cstdint>
#include <set>
#include <vector>

#include "kernels/trainer/train_event.hpp"

namespace forerun {

/// What one failure of a training's ranks cost.
struct Failure {
  int rank = -1;           ///< that was told to fail; -1: ranks ended for another reason
  std::int64_t step = 0;   ///< that it was about to do; 0 where that is not known
  std::int64_t after = 0;  ///< the training went on after so many steps
  Seconds lost;            ///< steps behind that checkpoint, which were done again
  Seconds detection;       ///< from the end of the rank until the launcher knew and all ranks were gone; zero where its end is not known
  Seconds restart;         ///< from then until all ranks were ready for their first step
  Seconds load;            ///< of that, what reading the checkpoint took
};

/// Where the time of a training went, from when it was launched to the end of its last step:
///   total = startup + training + checkpoint_stall + lost + detection + restart
struct RunRecord {
  Seconds startup;           ///< until all ranks were ready for the first time
  Seconds training;          ///< steps that count
  Seconds checkpoint_stall;  ///< between them, for checkpoints that were needed or might have been
  Seconds lost;
  Seconds detection;
  Seconds restart;
  Seconds total;
  Seconds load;  ///< of startup: reading the checkpoint that the command went on after
  std::vector<Failure> failures;
  int checkpoints = 0;               ///< written
  int failed_checkpoints = 0;        ///< not written by one rank or several
  std::vector<Seconds> write_times;  ///< of each, the part that took longest
};

/// Puts together the record of a training of several attempts. Dates are of one clock.
class RunRecorder {
 public:
  explicit RunRecorder(Seconds launched) : begun_(launched), launched_(launched) {}

  void note(const TrainEvent& event);
  /// An attempt's ranks were found gone, and the next one goes on after so many steps.
  void broke_off(Seconds found, std::int64_t after);
  /// The training has ended. Where no event said so, `at` is its end.
  [[nodiscard]] RunRecord finish(Seconds at);

 private:
  struct Passed {
    std::int64_t step = 0;
    Seconds at;
    Seconds took;
  };

  void close(Seconds end, Seconds mark, std::int64_t after);
  [[nodiscard]] bool is_ready() const { return ready_.at > Seconds(0); }

  Seconds begun_;  ///< of the attempt: its launch, or when the one before was found gone
  Seconds launched_;
  TrainEvent ready_;
  TrainEvent killed_;  ///< the first of the attempt
  TrainEvent finished_;
  std::vector<Passed> passed_;     ///< checkpoints of the attempt
  std::set<std::int64_t> failed_;  ///< those that a rank could not write
  RunRecord record_;
};

}  // namespace forerun
