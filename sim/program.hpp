#pragma once

#include <cstdint>
#include <vector>

#include "core/plan.hpp"

namespace forerun::sim {

/// A plan compiled for playing: what each lane of each rank class runs next and waits for, as flat arrays.
/// A place of the program is a slot; nothing is unrolled but the order in which a pipeline's stage takes up its bodies.
struct Program {
  /// After the last operation of a repeat on its lane: back to `target`, unless the repeat has run `count` times.
  struct Jump {
    int target = 0;
    int per_iteration = 1;  ///< instances of the operation in one iteration of the repeat
    int count = 1;          ///< zero for the step, which runs as often as it is played
    int sequence = -1;      ///< or after the last operation of a pipeline's body on its lane: on to the next of a sequence
  };
  /// The bodies of a pipeline that use a lane, as the stage that drives it goes through them: entries [first, first + count) of `order`.
  struct Sequence {
    int first = 0;
    int count = 0;
  };
  /// An instance k waits until `operation` has finished (or started) (k / per_iteration + 1 - offset) x inner times.
  struct Wait {
    int operation = 0;
    int offset = 0;
    int per_iteration = 1;
    int inner = 1;
    bool started = false;

    [[nodiscard]] int needed(int instance) const { return (instance / per_iteration + 1 - offset) * inner; }
  };
  /// An operation as the ranks of one class run it on one lane.
  struct Slot {
    int operation = 0;
    int lane = 0;
    int next = 0;  ///< the slot after it, where no jump goes elsewhere
    int first_jump = 0, jumps = 0;
    int first_wait = 0, waits = 0;
    int first_finish_wake = 0, finish_wakes = 0;  ///< lanes that may go on once it has finished, its own excepted
    int first_start_wake = 0, start_wakes = 0;    ///< lanes that may go on once it has started
  };

  int ranks = 0;
  int lanes = 0;
  int operations = 0;
  std::vector<int> class_of;            ///< by rank; -1 for a rank that takes no part
  std::vector<std::int64_t> instances;  ///< by class: of all operations of one of its ranks, in a step
  std::vector<int> first_slot;          ///< by class x lane; -1 where the class leaves the lane unused
  std::vector<Slot> slots;
  std::vector<Jump> jumps;
  std::vector<Sequence> sequences;
  std::vector<int> order;  ///< slots where bodies begin
  std::vector<Wait> waits;
  std::vector<int> wakes;
  std::vector<int> group_of;            ///< by communicator x rank; -1 for a rank outside it
  std::vector<int> first_group;         ///< by operation: transfers are numbered operation by operation, group by group
  std::vector<int> transfer_operation;  ///< by transfer

  [[nodiscard]] int transfers() const { return static_cast<int>(transfer_operation.size()); }
  [[nodiscard]] int transfer_of(int operation, int communicator, int rank) const {
    return first_group[operation] + group_of[communicator * ranks + rank];
  }
};

/// Compiles a plan without defects. Throws SimulationFailed where a communicator leaves out a rank of its classes.
Program compile(const StepPlan& plan);

}  // namespace forerun::sim
