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
/// to 1e-12), at about a nanosecond a body: instead of asking which stage can go on, bodies are taken in an order in which all that they
/// wait for stands already. Rounds that only shift by a constant are skipped, GPipe has a closed form. Buffers as deep as there are chunks
/// hold up nothing.
class PipelineWalk {
 public:
  const PipelineEnds& run(const PipelineTimes& times);

 private:
  void fill_and_drain();  ///< gpipe
  void alternate();       ///< 1F1B and zero-bubble H1
  void interleave();

  /// A stage's next pass of one direction.
  struct Passes {
    double arrival_s = 0;  ///< when what it takes up is there
    double duration_s = 0;
    double send_s = 0;  ///< how long what it hands on travels; zero where nobody waits for that
    double lane_free_s = 0;
  };
  struct Stage {
    double free_s = 0;
    Passes forward;
    Passes backward;
  };
  template <int step, int sent>
  void take_up(Passes Stage::*passes, std::int64_t first, std::int64_t end);
  bool shifted(double& growth_s);

  const PipelineTimes* times_ = nullptr;
  PipelineEnds ends_;
  std::vector<Stage> stages_;  ///< from the second place on; the first and the last take up what goes nowhere
  std::vector<Stage> kept_;
};

}  // namespace forerun::oracle
