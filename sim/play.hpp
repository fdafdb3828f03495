#pragma once

#include <cstdint>
#include <vector>

#include "core/plan.hpp"
#include "core/platform.hpp"
#include "core/prediction.hpp"
#include "core/progress.hpp"
#include "costs/accounting.hpp"
#include "costs/price.hpp"

namespace forerun::sim {

/// Time added to a compute operation or a delay of one rank: a straggler, for tests and what-ifs.
struct Perturbation {
  int rank = 0;
  int operation = 0;           ///< index in the plan
  std::int64_t instance = -1;  ///< counted over all steps; -1 for every one
  Seconds added;

  friend bool operator==(const Perturbation&, const Perturbation&) = default;
};

/// Whether transfers share links. Off: each has its own copy of the network and takes its duration alone.
enum class Contention { on, off };

/// Whether ranks to which the same happens are simulated once: sim/folding.hpp.
enum class Fold { where_proven, never };

/// What is kept beside the observed rank's records.
enum class Logging { observed_rank, every_rank };

/// How fine transfers are played.
enum class Mode {
  flow,     ///< one flow an edge and phase, that lasts as long as all messages which follow one another
  message,  ///< each message by itself (sim/chunks.hpp), to validate the other mode: costs as many events as there are messages
};
/// Most ranks of a plan that is played message by message: the messages of a collective grow with their square.
constexpr int kMostRanksByMessage = 256;

struct PlayOptions {
  std::int64_t steps = 1;
  bool endless = false;  ///< steps go on: `steps` only says by how many the rank that computes most is chosen
  Mode mode = Mode::flow;
  Contention contention = Contention::on;
  Logging logging = Logging::observed_rank;
  Fold fold = Fold::where_proven;
  std::uint64_t seed = 1;       ///< of what differs between the platform's devices by chance
  double overlap_slowdown = 1;  ///< time of compute while a transfer of its rank runs over its time alone, >= 1
  std::vector<Perturbation> perturbations;
  ProgressCallback progress;  ///< of the steps; may be empty
};

/// One instance of an operation on one rank, as it was played.
struct PlayedInstance {
  int rank = 0;
  int operation = 0;
  std::int64_t instance = 0;  ///< counted over all steps
  Seconds start;
  Seconds finish;

  friend bool operator==(const PlayedInstance&, const PlayedInstance&) = default;
};

/// What came of playing a plan.
struct Played {
  Seconds makespan;
  std::vector<Seconds> step_finishes;     ///< by step: every lane of every rank is through with it
  std::vector<Seconds> compute_finishes;  ///< by step: the observed rank's compute lane is through with it
  std::vector<Parts> compute_parts;       ///< by step: what the compute lane did and waited for since the finish before
  Parts tail;                             ///< from the compute lane's last finish to the makespan
  int copies = 1;                         ///< ranks that each simulated one stands for
  std::int64_t flows = 0;                 ///< simulated; by message, messages
  int observed_rank = 0;                  ///< of the class with most compute, the one with most compute time
  std::vector<PlayedInstance> log;        ///< in order of finish; empty unless asked for

  /// Parts of the whole; they add up to the makespan.
  [[nodiscard]] Parts parts() const;
};

/// A rank's compute takes `1 + u jitter` of its time: u in [0, 1) from a hash of seed, rank, operation and instance, so that it
/// does not depend on the order of events.
double jitter_draw(std::uint64_t seed, int rank, int operation, std::int64_t instance);

/// Throws MissingCapability where the mode does not play as many ranks.
void require_playable(const StepPlan& plan, Mode mode);

/// Plays `options.steps` steps of the plan on SimGrid, in a forked child. `costs` by operation, from price().
/// Throws MissingCapability where the mode does not play as many ranks, SimulationFailed where the plan blocks, naming what blocked, or the
/// child dies.
Played play(const StepPlan& plan, const std::vector<OperationCost>& costs, const Platform& platform, const PlayOptions& options);

}  // namespace forerun::sim
