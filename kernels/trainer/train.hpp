#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/plan.hpp"
#include "core/progress.hpp"
#include "core/scenario.hpp"
#include "kernels/data/image_files.hpp"
#include "kernels/make_device.hpp"
#include "kernels/trainer/checkpointer.hpp"
#include "kernels/trainer/clock.hpp"
#include "kernels/trainer/network.hpp"
#include "kernels/trainer/rank_group.hpp"
#include "kernels/trainer/train_event.hpp"
#include "strategies/lower.hpp"

namespace forerun {

/// A rank that ends itself, by SIGKILL, before it does a step: the failure that a test asks for. Steps count from 1, untimed ones too.
struct Kill {
  int rank = 0;
  std::int64_t step = 1;

  friend bool operator==(const Kill&, const Kill&) = default;
};

/// Samples from files in the place of those that are made.
struct DataOptions {
  std::vector<std::filesystem::path> files;  ///< as ImageFiles takes them; empty: none
  int prefetch = 1;                          ///< batches that are ready before their step
  std::vector<int> cores;                    ///< that reading and decoding may use; empty: those of the thread that trains

  friend bool operator==(const DataOptions&, const DataOptions&) = default;
};

struct TrainOptions {
  std::int64_t steps = 100;  ///< timed
  std::int64_t warm_up = 10;
  int resident_batches = 4;  ///< made before the first step and used in turn
  Kernels kernels = Kernels::fastest;
  DeviceKind device_kind = DeviceKind::cpu;
  int device_number = 0;
  std::shared_ptr<Device> device;  ///< null: one of that kind and number
  int threads = 1;                 ///< that its operators may use
  UpdateRule rule;
  Clock clock = steady_now;
  DataOptions data;
  CheckpointOptions checkpoints;
  std::vector<Kill> kills;  ///< ranks that are to fail
  TrainEventCallback on_event;
};

/// What a step's samples from files took.
struct InputTime {
  Seconds read;
  Seconds decode;
  Seconds wait;  ///< of the step, what it was held up
};

/// What one rank saw, with its clock's own origin.
struct RankLog {
  /// One run of an operation.
  struct Interval {
    Seconds start;
    Seconds busy;  ///< from its start (transfer: posted) until it was seen complete
    Seconds wait;  ///< of it, what the rank's thread was held up; less than `busy` only for transfers beside compute
  };
  Seconds origin;                       ///< when the barrier before the first warm-up step let go
  std::vector<Seconds> step_ends;       ///< of the last warm-up step (or the origin), then of every timed step; less what checkpoints took
  std::vector<double> losses;           ///< mean over this rank's samples, one a timed step; none on ranks without the loss
  std::vector<std::int64_t> staleness;  ///< of an asynchronous server: by update, how many others made since its worker pulled
  std::vector<InputTime> input;         ///< one a timed step, of samples from files
  std::vector<std::vector<Interval>>
      operations;  ///< of each operation of the plan, one a timed step, micro-batch and block that it stands for

  void note(int operation, const Interval& interval) { operations[static_cast<std::size_t>(operation)].push_back(interval); }
};

/// An operation of the plan over all timed steps and ranks.
struct OperationTime {
  int operation = 0;  ///< index in StepPlan::operations
  std::string name;
  std::string layer;  ///< the layer's name; of a transfer, its bucket
  Seconds median;     ///< of messages, from when all their ranks were there for them until those had them that they went to
  Seconds p10;
  Seconds p90;
  Seconds wait;  ///< median of what the thread was held up; of messages, where they went to
};

/// A training that was really run.
struct TrainResult {
  int ranks = 1;
  std::vector<Seconds> step_times;  ///< from the moment the last rank ended a step to the moment it ended the next one
  std::vector<double> losses;       ///< mean over the global batch, one a timed step
  std::vector<InputTime> input;     ///< one a timed step, of samples from files: means over the ranks, of `wait` the longest
  std::vector<OperationTime> operations;
  std::vector<Seconds> rank_medians;  ///< each rank's own median step time
  Seconds median;                     ///< of step_times
  Seconds p10;
  Seconds p90;
  std::vector<std::int64_t> staleness;  ///< of the gradients that were applied, sorted; none where servers wait for all
};

/// Of a training with these options; `images`: those of its files, or null.
TrainingIdentity identity_of(const Scenario& scenario, const TrainOptions& options, const ImageFiles* images);

/// The images of the options' files, or nothing. Throws as ImageFiles().
std::optional<ImageFiles> images_of(const Workload& workload, const DataOptions& data);

/// Throws MissingCapability, naming the key and its value, for a strategy that splits layers otherwise than by their filters, channels or
/// rows of images, shares out state (ZeRO), recomputes or offloads, and for servers that hold parts of variables, that wait for fewer
/// workers than there are, or that wait for none and stand beside one.
void require_trainable(const Strategy& strategy);

/// The same for what it executes on CPUs alone: parameter servers, rows of images that are shared out, and several chunks a stage.
void require_trainable_on_gpus(const Strategy& strategy);

/// The first step, from zero, that is timed: warm processes up before, after a checkpoint too. The last step is timed in any case.
std::int64_t first_timed_step(const TrainOptions& options);

/// Which of the shares of the global batch, one for each rank along the data axis, a rank trains on. Nobody asks a server.
int share_of(const Strategy& strategy, const StepPlan& plan, int rank);

/// Trains one rank on its shard: executes the plan's operations in plan order, warm-up steps first. Without overlap an all-reduce
/// holds the rank up where the plan has it; with Overlap::data it is posted there, advanced between the following operations,
/// and waited for only where an `after` of the plan names it. With checkpoints to go on after, the steps before are not done again, and the
/// others are timed from first_timed_step().
/// Throws MissingCapability as require_trainable() does, and for what only other runtimes do: delays,
/// buffers, collectives other than all-reduce, all-gather, barrier, send, pull and push.
RankLog train_rank(const Scenario& scenario, const StepPlan& plan, const TrainOptions& options, RankGroup& group,
                   const ProgressCallback& progress);

/// All ranks' logs, in rank order, as one result. Clocks are aligned at their origins.
TrainResult summarise(const Workload& workload, const StepPlan& plan, const std::vector<RankLog>& ranks);

/// Lowers and trains in this process alone: one rank. Throws MissingCapability for a strategy of several ranks.
std::variant<TrainResult, Infeasible> train(const Scenario& scenario, const TrainOptions& options, const ProgressCallback& progress);

}  // namespace forerun
