#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/schedule.hpp"

namespace forerun::oracle {

/// What a pipeline whose bodies take fixed times is timed from; seconds. Stages are free at zero, and each does one thing at a time.
struct PipelineTimes {
  /// Of a chunk, in virtual-stage order.
  struct Chunk {
    double forward_s = 0;
    double backward_s = 0;
    double weight_s = 0;  ///< gradients of weights, where the schedule sets them apart
  };
  ScheduleShape shape;  ///< of at least two stages, without defects
  std::vector<Chunk> chunks;
  std::vector<double> send_forward_s;   ///< from each stage to the next one, from the last to the first
  std::vector<double> send_backward_s;  ///< from each stage to the one before, from the first to the last
};

/// When it is through.
struct PipelineEnds {
  std::vector<double> first_start_s;  ///< of each stage: of its first body
  std::vector<double> chunk_end_s;    ///< of each chunk: of its last backward or weight body
  std::vector<double> stage_end_s;    ///< of each stage: of its last body
};

/// The times of a step's pipeline, equal to those of walk_serial() and of the event-by-event evaluation of the same plan (tests hold them
/// to 1e-12), at a few nanoseconds a body: instead of asking which stage can go on, bodies are taken in an order in which all that they
/// wait for stands already. Rounds that only shift by a constant are skipped, GPipe has a closed form. Buffers as deep as there are chunks
/// hold up nothing.
class PipelineWalk {
 public:
  const PipelineEnds& run(const PipelineTimes& times);

 private:
  void fill_and_drain();  ///< gpipe
  void alternate();       ///< 1F1B and zero-bubble H1
  void interleave();

  /// A stage's way through its slots of one direction.
  struct Slots {
    std::int64_t turn = 0;
    std::int64_t place = 0;  ///< in the group
    std::int64_t chunk = 0;  ///< of the turn
  };
  struct Stage {
    std::int64_t index = 0;
    std::int64_t ahead = 0;
    double free_s = 0;
    double input_s = 0;     ///< when what its next forward slot takes up is there
    double gradient_s = 0;  ///< of its next backward slot
    Slots forward;
    Slots backward;
  };
  void run_forward(Stage& stage, bool first);
  double run_backward(Stage& stage);
  void advance(Slots& slots, std::int64_t chunks) const;

  double send(double& lane_free_s, double ready_s, double duration_s);
  template <class Each>
  bool shifted(double& growth_s, Each&& each);

  const PipelineTimes* times_ = nullptr;
  PipelineEnds ends_;
  std::vector<double> forward_lane_s_;
  std::vector<double> backward_lane_s_;
  std::vector<double> arrivals_s_;
  std::vector<double> warm_s_;
  std::vector<double> state_s_;
  std::vector<Stage> stages_;
  double around_s_ = 0;  ///< when an activation of this round is with the first stage again
};

}  // namespace forerun::oracle
