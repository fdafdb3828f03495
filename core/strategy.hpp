#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/units.hpp"

namespace forerun {

/// The framework that executes the strategy; its constants are data under strategies/runtimes/.
enum class Runtime { forerun, pytorch_ddp, pytorch_fsdp, megatron, tf_parameter_server };
std::string_view to_string(Runtime runtime);

/// Which communication may run beside compute: of gradients and parameters over the data axis, of activations over the tensor axis.
enum class Overlap { none, data, tensor, all };
std::string_view to_string(Overlap overlap);
constexpr bool overlaps_data(Overlap overlap) { return overlap == Overlap::data || overlap == Overlap::all; }
constexpr bool overlaps_tensor(Overlap overlap) { return overlap == Overlap::tensor || overlap == Overlap::all; }

/// What of a forward pass is calculated again for the backward pass instead of kept: nothing, the scores of attention, whole blocks.
enum class Recompute { none, selective, full };
std::string_view to_string(Recompute recompute);

/// How a collective sends its buffer; `automatic`: as the platform's library chooses by size and ranks.
enum class CollectiveAlgorithm {
  ring,
  automatic,
  recursive_halving_doubling,
  double_binary_tree,
  hierarchical,
  recursive_doubling,
  switch_reduction  ///< the node's switch sums and multicasts
};
std::string_view to_string(CollectiveAlgorithm algorithm);

/// The order in which a pipeline's stages take up forward and backward passes of micro-batches.
enum class Schedule {
  gpipe,          ///< all forward, then all backward [Huang et al. 2019]
  one_f_one_b,    ///< one backward as soon as it can, one forward after it [Narayanan et al. 2019, PipeDream-flush]
  interleaved,    ///< the same with several chunks of layers a stage [Narayanan et al. 2021, sec. 2.2]
  zero_bubble_h1  ///< gradients of weights fill the bubble, memory as 1F1B [Qi et al. 2023]
};
std::string_view to_string(Schedule schedule);

/// What leaves the device for the host's memory.
enum class Offload { none, optimizer };
std::string_view to_string(Offload offload);

/// Whether parameter servers wait for the gradients of all workers that a step counts, or take each as it comes.
enum class Updates { synchronous, asynchronous };
std::string_view to_string(Updates updates);

/// Which parameter server holds a variable: the next one in turn, the one with least so far, or large variables in shards, each in turn.
enum class VariablePlacement { round_robin, by_size, partitioned };
std::string_view to_string(VariablePlacement placement);

/// Where parameter servers run: on nodes of their own after those of the workers, or beside the workers on their nodes.
enum class ServerNodes { own, shared };
std::string_view to_string(ServerNodes nodes);

/// An axis of parallelism, as placement orders them.
enum class Axis { tensor, context, expert, data, pipeline };
std::string_view to_string(Axis axis);

/// Parts of each sample's height and width.
struct SpatialGrid {
  int height = 1;
  int width = 1;

  [[nodiscard]] constexpr int parts() const { return height * width; }
  friend constexpr bool operator==(const SpatialGrid&, const SpatialGrid&) = default;
};

/// Degrees of parallelism and how they are executed. Complete after parsing: what the text left out comes from the runtime.
/// Ranks are the product of the degrees, which parsing keeps to 2^20. Experts are spread over ranks of the data axis, so `expert` divides
/// `data` and adds none.
struct Strategy {
  int data = 1;
  int tensor = 1;    ///< Megatron's split of a transformer's blocks: heads and columns first, then rows
  int pipeline = 1;  ///< stages
  int context = 1;   ///< parts of a sequence
  int expert = 1;
  int filter = 1;   ///< every layer's output channels
  int channel = 1;  ///< every layer's input channels
  SpatialGrid spatial;
  int zero = 0;  ///< 1: optimizer state, 2: gradients too, 3: parameters too lie shared out over the data axis [Rajbhandari et al. 2020]
  bool sequence_parallel = false;  ///< norms, dropout and residuals share out positions over the tensor axis [Korthikanti et al. 2022]
  std::int64_t micro_batch = 0;    ///< samples; 0: as `micro_batches` says
  std::int64_t micro_batches = 1;  ///< of a step on each rank, one after another; where `micro_batch` is given the batch says how many
  Schedule schedule = Schedule::one_f_one_b;
  int interleave = 1;  ///< chunks of layers a stage
  Recompute recompute = Recompute::none;
  std::array<Axis, 5> order = {Axis::tensor, Axis::context, Axis::expert, Axis::data, Axis::pipeline};  ///< innermost first
  Offload offload = Offload::none;
  int vocabulary_multiple = 1;  ///< x tensor: words are padded to a multiple of so many
  Runtime runtime = Runtime::forerun;
  Overlap overlap = Overlap::none;
  CollectiveAlgorithm collective = CollectiveAlgorithm::ring;
  Bytes bucket;        ///< a gradient bucket closes once it holds this much
  Bytes first_bucket;  ///< the same for the first bucket to become ready

  int servers = 0;         ///< parameter servers; 0: none
  int backup_workers = 0;  ///< that compute beside `data` others; a synchronous step takes the first `data` gradients
  Updates updates = Updates::synchronous;
  VariablePlacement variables = VariablePlacement::round_robin;
  ServerNodes server_nodes = ServerNodes::own;
  bool node_reduction = false;  ///< devices of a node sum their gradients, and one of them meets the servers

  /// Processes that compute or hold variables; servers beside workers are no ranks of their own.
  [[nodiscard]] int ranks() const {
    return data * tensor * pipeline * context * filter * channel * spatial.parts() + backup_workers +
           (server_nodes == ServerNodes::own ? servers : 0);
  }
  friend bool operator==(const Strategy&, const Strategy&) = default;
};

}  // namespace forerun
