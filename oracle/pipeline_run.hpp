#pragma once

#include <optional>
#include <vector>

#include "core/pipeline_order.hpp"
#include "oracle/pipeline_bodies.hpp"

namespace forerun::oracle {

/// When bodies and sends of a pipeline were through, by micro-batch: of this walk and as many before it as its buffers reach back.
class Moments {
 public:
  enum class Kind { forward, backward, sent_forward, sent_backward };

  Moments() = default;
  explicit Moments(const Pipeline& pipeline);

  /// Before each walk: what was this walk is the one before. Micro-batches count on below zero.
  void next_walk();
  void set(Kind kind, int chunk, std::int64_t micro_batch, double time_s, int record);
  /// Minus infinity for one that never was.
  [[nodiscard]] double time_s(Kind kind, int chunk, std::int64_t micro_batch) const;
  [[nodiscard]] int record(Kind kind, int chunk, std::int64_t micro_batch) const;

  [[nodiscard]] std::vector<double>& times() { return times_; }
  [[nodiscard]] const std::vector<double>& times() const { return times_; }

 private:
  [[nodiscard]] std::size_t at(Kind kind, int chunk, std::int64_t micro_batch) const;

  std::size_t chunks_ = 0;
  std::int64_t micro_batches_ = 0;
  std::int64_t before_ = 0;  ///< places for earlier micro-batches
  std::vector<double> times_;
  std::vector<int> records_;
};

/// A pipeline and what its walks leave for one another.
struct PipelineRun {
  /// Something outside of the pipeline that an operation of a body waits for.
  struct OutsideWait {
    int wait = 0;  ///< index of the evaluator's waits
    int body = 0;
    bool first = false;  ///< of the body's first operation
  };
  /// An operation whose last instance counts after the pipeline.
  struct Named {
    int operation = 0;
    int body = 0;
    std::int64_t instances = 1;  ///< in a walk
    bool send = false;
  };
  /// The last operation of a body on a lane beside the compute lane.
  struct SideLane {
    int body = 0;
    int lane = 0;
    int operation = 0;
  };
  struct Count {
    int entry = 0;
    std::int64_t iterations = 0;  ///< in a walk
  };

  PipelineLayout layout;
  std::vector<PipelineEvent> events;  ///< found when they are needed
  Moments moments;
  std::optional<SerialLayout> serial;
  std::vector<OutsideWait> outside;
  std::vector<Named> named;
  std::vector<SideLane> side_lanes;
  std::vector<Count> counts;
  std::vector<int> ready_records;  ///< of each body: what its `ready_s` is of
  std::vector<double> before;      ///< how the walk before began, from its earliest
  std::vector<double> own_free_s;  ///< of each lane of sends, on the recorded class
  std::int64_t walks = 0;

  [[nodiscard]] const std::vector<Node>& nodes(int body) const {
    const Chunk& chunk = layout.pipeline->chunks[body / 3];
    return body % 3 == 0 ? chunk.forward : body % 3 == 1 ? chunk.backward : chunk.weight;
  }
};

}  // namespace forerun::oracle
