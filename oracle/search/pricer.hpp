#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "core/scenario.hpp"
#include "oracle/search/pieces.hpp"
#include "oracle/search/pipeline_walk.hpp"
#include "oracle/search/quote.hpp"
#include "oracle/search/whole_plans.hpp"
#include "strategies/layout.hpp"
#include "workloads/fold.hpp"
#include "workloads/shorten.hpp"

namespace forerun::oracle {

/// How prices came about.
struct PricerCounts {
  std::int64_t from_pieces = 0;
  std::int64_t by_lowering = 0;
  std::int64_t pieces = 0;
  std::int64_t walks = 0;
};

/// Prices strategies of one workload on one platform by the thousand, each as predict() does (tests hold the two to 1e-9):
/// networks of alike blocks on a device with a GPU's time model from pieces that many strategies share, put together as lower() does;
/// whatever does not come apart so, one plan at a time.
/// Over another network than a star, stages lie in different places and their transfers differ: there only plans are priced, of those whose
/// price over a star is hopeful. That is a bound: every message crosses its nodes' links in either.
class Pricer {
 public:
  /// The scenario's own strategy does not matter.
  explicit Pricer(Scenario scenario);
  /// What it keeps points into itself.
  Pricer(const Pricer&) = delete;
  Pricer& operator=(const Pricer&) = delete;

  Quote price(const Strategy& strategy, const Hopeful& hopeful = {});
  [[nodiscard]] const PricerCounts& counts() const { return counts_; }

 private:
  using Key = std::array<std::int64_t, 11>;
  using SplitKey = std::array<int, 6>;
  using TransferKey = std::tuple<int, int, int, int, double>;  ///< operation and algorithm, size, stride, ranks of a stage, bytes

  /// What the axes that split layers make of the network.
  struct Split {
    bool possible = true;
    LocalModel model;
    std::array<std::optional<NetworkPieces>, 3> by_recompute;
    std::vector<Fold> folds;  ///< of the probe's layers
  };

  /// A strategy on its way to a price, and what it has in common with those that differ in ZeRO and overlap over the data axis alone.
  struct Draft {
    const Strategy* strategy = nullptr;
    Obstacle obstacle = Obstacle::none;  ///< but for memory
    Split* split = nullptr;
    const NetworkPieces* network = nullptr;
    const TimePieces* times = nullptr;   ///< of one that fits
    const PipelineEnds* ends = nullptr;  ///< of one that was walked
    std::optional<bool> tailed;          ///< whether in the tails that stand the optimizer's state is shared out
    /// By whether it is, and whether sums run beside the passes; ZeRO 2 differs from 1 in memory alone.
    std::array<std::optional<double>, 4> step_s;
    ScheduleShape shape;
    Layout layout;
    int blocks = 0;  ///< of the first chunks; see `larger`
    int larger = 0;  ///< chunks from the first on that have one block more
    /// Stages one of which needs the most memory.
    struct Held {
      ChunkMemory chunks;  ///< their sum
      std::int64_t in_flight = 1;
    };
    std::array<Held, 4> held;
    std::size_t held_count = 0;

    [[nodiscard]] int chunks() const { return shape.stages * shape.interleave; }
    /// Of a stage, beyond one in each chunk.
    [[nodiscard]] int further_blocks(int stage) const {
      return shape.interleave * (blocks - 1) + larger / shape.stages + (stage < larger % shape.stages ? 1 : 0);
    }
  };
  /// What follows a stage's passes.
  struct Tail {
    double experts_s = 0;        ///< sums the gradients of experts
    double update_s = 0;         ///< the optimizer
    double gather_s = 0;         ///< parameters after it
    double transfers_end_s = 0;  ///< of gradients over the data axis
    double summed_end_s = 0;     ///< of weights that the first and the last stage share
    double end_s = 0;
  };

  [[nodiscard]] bool comes_apart(const Strategy& strategy) const;
  [[nodiscard]] bool congruent(int stage_ranks) const;
  [[nodiscard]] int data_that_matters(const Strategy& strategy) const;
  Split& split(const Strategy& strategy);
  const TimePieces* times_of(const Strategy& strategy, LocalModel& model);
  struct Sends {
    std::vector<double> forward_s;
    std::vector<double> backward_s;
  };
  const Sends& sends(const Draft& draft);
  std::optional<Quote> price_from_pieces(const Strategy& strategy, const Hopeful& hopeful);

  Draft& draft_of(const Strategy& strategy);
  Draft new_draft(const Strategy& strategy);
  void hold(Draft& draft) const;
  [[nodiscard]] double largest_memory(const Draft& draft) const;
  [[nodiscard]] ChunkMemory memory_of(const Draft& draft, int stage) const;
  /// What the busiest stage computes in a step, but for updates.
  [[nodiscard]] double least_step(const Draft& draft) const;
  [[nodiscard]] int blocks_of(const Draft& draft, int chunk) const { return draft.blocks + (chunk < draft.larger ? 1 : 0); }
  [[nodiscard]] static ChunkKind kind_of(const Draft& draft, int chunk);

  [[nodiscard]] static double summed_bytes(const Draft& draft, ChunkKind kind, int blocks) {
    return draft.network->layers[kind].summed_bytes + (blocks - 1) * draft.network->layers.block.summed_bytes;
  }

  const PipelineEnds& walk(const Draft& draft);
  void add_tails(Draft& draft);
  std::optional<double> step(Draft& draft);
  std::optional<double> new_step(Draft& draft);
  std::optional<double> sharded_step(const Draft& draft);
  double sum_of(const Draft& draft, int chunk);
  Tail tail_of(const Draft& draft, int stage);
  [[nodiscard]] double reduce(const Draft& draft, int stage, const PipelineEnds& ends) const;

  double over_data(const Draft& draft, Collective::Operation operation, double bytes);
  double between_stages(const Draft& draft, Collective::Operation operation, double bytes, int from, int to);
  [[nodiscard]] static int kind_of(const Draft& draft, Collective::Operation operation);
  double transfer(const Draft& draft, Collective::Operation operation, double bytes, const Communicator& communicator);

  Scenario scenario_;
  WholePlans whole_;                   ///< of `scenario_`
  std::unique_ptr<Pricer> over_star_;  ///< where the network is none; then nothing below is in use
  std::optional<AlikeBlocks> blocks_;
  Scenario probe_;  ///< with four of the network's blocks
  std::optional<std::int64_t> steps_;
  std::map<SplitKey, Split> splits_;
  SplitKey last_split_key_{};
  Split* last_split_ = nullptr;
  std::map<Key, std::optional<TimePieces>> times_of_;
  Key last_key_{};
  const TimePieces* last_times_ = nullptr;
  std::map<TransferKey, double> data_transfers_;
  std::map<std::tuple<int, int, int, double>, double> pair_transfers_;
  std::map<std::tuple<int, int, int, double>, Sends> sends_;
  PipelineWalk walker_;
  PipelineTimes pipeline_;
  std::optional<Strategy> drafted_;  ///< with what strategies of a draft need not have in common at one value
  Draft draft_;
  std::vector<Tail> tails_;
  std::vector<double> sums_s_;  ///< of each chunk's gradients
  PricerCounts counts_;
};

}  // namespace forerun::oracle
