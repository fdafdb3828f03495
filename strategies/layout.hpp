#pragma once

#include <cstdint>
#include <variant>

#include "core/infeasible.hpp"
#include "core/plan.hpp"
#include "core/scenario.hpp"

namespace forerun {

/// Who computes what: degrees that divide, and the ranks of each stage. Ranks are counted along the strategy's order, innermost axis first;
/// splits of each layer (filter, channel, spatial, which stand for the tensor axis outside of transformers) lie where the tensor axis lies.
struct Layout {
  int ranks = 1;
  int stages = 1;
  int split = 1;         ///< ranks that share a layer: tensor x filter x channel x spatial parts
  int stage_ranks = 1;   ///< of one stage; those of stage s are [s, s + 1) x stage_ranks
  int split_stride = 1;  ///< from one rank of a split to the next
  int context_stride = 1;
  int replicas = 1;                ///< ranks with the same weights: data x context, or data x spatial parts
  int replica_stride = 1;          ///< from one of them to the next
  std::int64_t micro_batch = 1;    ///< samples that a rank computes at once; a fraction of a sample never
  std::int64_t micro_batches = 1;  ///< of a step

  /// The groups of `size` ranks, `stride` apart, of one stage; `rank_class` is the stage's.
  [[nodiscard]] Communicator groups(std::string_view name, int size, int stride, int stage) const;
  /// The pairs of ranks of two stages, from the first to the second.
  [[nodiscard]] Communicator pairs(std::string_view name, int from_stage, int to_stage) const;
};

/// Infeasible: more ranks than devices, a batch that does not divide. MissingCapability: an order in which stages are not outermost.
std::variant<Layout, Infeasible> lay_out(const Scenario& scenario);

}  // namespace forerun
