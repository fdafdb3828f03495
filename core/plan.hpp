#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/calibration.hpp"
#include "core/disk_access.hpp"
#include "core/memory.hpp"
#include "core/strategy.hpp"
#include "core/units.hpp"

/// A training step lowered to operations over rank classes: a small structured program. What it means:
///
/// - An operation occupies one lane of its rank from start to finish. A lane runs its operations one at a time, in plan order.
///   start = max(lane free, everything it waits for); finish = start + duration.
/// - A sequence orders operations within each lane and is never a barrier. Lanes of a rank wait for one another only
///   through `after`; ranks wait for one another only through transfers.
/// - `after` is rank-local: a rank's instance waits for the same rank's instance of the named operation, `offset`
///   iterations back in the innermost repeat that encloses both. Instances are counted on across outer iterations;
///   an instance before the first is satisfied. With offset 0 the named operation stands earlier in the plan.
/// - A transfer starts on all ranks of a group once each of them has arrived (its lane is free and its `after` is met).
/// - A buffer of depth d lets the producer start item i once the consumer has finished (if `taken`: started) item i - d.
/// - A repeat carries lanes and buffers over from one iteration to the next.
/// - A pipeline runs the bodies of each stage's chunks in the order of its schedule, each lane of the stage in that order; see Pipeline.
namespace forerun {

/// Ranks with the same program and the same kinds of links: first, first + stride, ... (`count` of them).
struct RankClass {
  std::string_view name;
  int first = 0;
  int count = 1;
  int stride = 1;

  [[nodiscard]] int rank(int index) const { return first + index * stride; }
  friend bool operator==(const RankClass&, const RankClass&) = default;
};

/// Groups of ranks that communicate among themselves. Member i of group g is
///   first + (g / inner) outer_stride + (g % inner) inner_stride + i member_stride.
struct Communicator {
  std::string_view name;
  int size = 1;    ///< members of one group
  int groups = 1;  ///< disjoint groups
  int inner = 1;   ///< groups that lie side by side
  int first = 0;
  int inner_stride = 1;
  int outer_stride = 1;
  int member_stride = 1;
  std::vector<int> classes;  ///< the rank classes that take part, each with all its ranks
  std::vector<int> members;  ///< of the one group where they lie irregularly; empty: as the formula says

  [[nodiscard]] int rank(int group, int member) const {
    if (!members.empty()) return members[static_cast<std::size_t>(member)];
    return first + (group / inner) * outer_stride + (group % inner) * inner_stride + member * member_stride;
  }
  friend bool operator==(const Communicator&, const Communicator&) = default;
};

enum class LaneKind { compute, communication, input, host, storage };

/// A named FIFO that every rank has one of.
struct Lane {
  std::string_view name;
  LaneKind kind = LaneKind::compute;

  friend bool operator==(const Lane&, const Lane&) = default;
};

/// A transfer's work: a collective of one buffer within each group of a communicator.
/// A barrier is a collective without bytes and hops: it only makes its ranks meet. A broadcast starts at member 0 of each group;
/// a send goes from member 0 to member 1. In a shift each member sends the buffer to the next one, the last to none: what a halo exchange
/// does in one direction. In a pull member 0, a parameter server, answers each of the others with `bytes`; in a push each of the others
/// sends it as many.
struct Collective {
  enum class Operation { all_reduce, barrier, all_gather, reduce_scatter, all_to_all, broadcast, send, shift, pull, push };
  Operation operation = Operation::all_reduce;
  CollectiveAlgorithm algorithm = CollectiveAlgorithm::ring;
  int communicator = 0;
  Bytes bytes;  ///< the buffer each rank contributes; of an all-gather the one that each rank ends up with

  friend bool operator==(const Collective&, const Collective&) = default;
};

std::string_view to_string(Collective::Operation operation);

/// Host work or waiting of a fixed length.
struct Delay {
  Seconds duration;

  friend bool operator==(const Delay&, const Delay&) = default;
};

/// A compute operation that is known by its cost alone: from a trace, not from a layer of ours.
struct Computation {
  Seconds duration;  ///< zero where only flops and bytes are known: the platform's roofline prices them
  Flops flops;
  Bytes bytes;  ///< moved to and from the device's memory

  friend bool operator==(const Computation&, const Computation&) = default;
};

/// What an operation waits for on its own rank.
struct Dependency {
  int operation = 0;  ///< index in StepPlan::operations
  int offset = 0;     ///< iterations back, >= 0

  friend bool operator==(const Dependency&, const Dependency&) = default;
};

enum class OperationKind { compute, transfer, delay, disk };

/// One operation. A transfer belongs to every class of its communicator, anything else to `rank_class`.
struct Operation {
  std::string_view name;  ///< `forward`, `backward_weights`, `all_reduce`, ...
  int layer = -1;         ///< the layer (compute) or bucket (transfer) it belongs to; -1 for none
  int block = -1;         ///< of a kernel: Layer::block, of the first where several are folded
  int rank_class = 0;
  int lane = 0;
  std::variant<Kernel, Collective, Delay, Computation, DiskAccess> work;
  int first_dependency = 0;  ///< its `after`: dependencies [first, first + count) of the plan
  int dependency_count = 0;

  [[nodiscard]] OperationKind kind() const {
    if (std::holds_alternative<Collective>(work)) return OperationKind::transfer;
    if (std::holds_alternative<DiskAccess>(work)) return OperationKind::disk;
    return std::holds_alternative<Delay>(work) ? OperationKind::delay : OperationKind::compute;
  }
  friend bool operator==(const Operation&, const Operation&) = default;
};

/// The producer starts item i once the consumer has finished (`taken`: started) item i - depth.
struct Buffer {
  int producer = 0;
  int consumer = 0;
  int depth = 1;  ///< >= 1
  bool taken = false;

  friend bool operator==(const Buffer&, const Buffer&) = default;
};

/// The tree: an operation, a repeat of a sequence, or micro-batches through stages.
struct Repeat;
struct Pipeline;
using Node = std::variant<int, Repeat, Pipeline>;  ///< int: index in StepPlan::operations

/// A sequence of nodes run `count` times. A producer and its consumer both stand directly in the body that holds their buffer.
struct Repeat {
  std::int64_t count = 1;
  std::vector<Node> body;
  std::vector<Buffer> buffers;

  bool operator==(const Repeat&) const;
};

/// The layers that a stage runs as one: what it does with each micro-batch, and the transfers to its neighbours.
/// In the order of `operations` stand the forward body, `send_forward`, the backward body, `send_backward`, the weight body.
struct Chunk {
  int rank_class = 0;          ///< its stage's; every operation of its bodies is of this class alone
  std::vector<Node> forward;   ///< operations and repeats, at least one operation
  std::vector<Node> backward;  ///< gradients of data and, where `weight` is empty, of weights; at least one operation
  std::vector<Node> weight;    ///< gradients of weights, where they are apart
  int send_forward = -1;       ///< to the next chunk; -1 for the last, or where the next one is of the same class
  int send_backward = -1;      ///< to the chunk before; -1 for the first, or where the one before is of the same class

  bool operator==(const Chunk&) const;
};

/// `micro_batches` through `chunks`, in virtual-stage order: chunk c is on stage c % stages, which is one rank class.
/// Each stage runs the bodies of its chunks in the order of stage_schedule(); instance i of an operation belongs to micro-batch i
/// (counted on across outer iterations). Bodies do not wait for one another as wholes; each lane of the class goes from body to body.
/// Beside its lane and its `after`, for micro-batch i
/// - the first operation of the forward body of chunk c waits for send_forward of chunk c - 1, i;
/// - the first operation of the backward body waits for send_backward of chunk c + 1, i; of the last chunk, for the last operation of
///   its own forward body, i;
/// - a neighbour's body itself (its last operation) takes the place of a send that is -1;
/// - send_forward and send_backward start once the last operation of their body has finished, their lane is free on both sides, and
///   the receiving body has finished its last operation of micro-batch i - buffer_depth. They have no `after` of their own.
/// A weight body waits for no more than its lanes; where the schedule sets none apart it follows its backward body. First and last
/// operation are those of the tree's order. Transfers of one lane go in their sender's order: a lane that a send uses belongs, within
/// the pipeline, to sends of that stage.
/// `after` within a body names the same body, an earlier body of the same chunk, or what stands outside of the pipeline. An `after`
/// from outside names the last instance, of the last micro-batch.
struct Pipeline {
  int stages = 1;
  std::int64_t micro_batches = 1;
  Schedule schedule = Schedule::one_f_one_b;
  std::vector<Chunk> chunks;  ///< stages x interleave
  int buffer_depth = 1;       ///< micro-batches that a chunk has room for on their way in, each direction; >= 1

  [[nodiscard]] int interleave() const { return static_cast<int>(chunks.size()) / stages; }
  bool operator==(const Pipeline&) const;
};

/// Texts that a plan's names point into where they are not literals. Plans are compared without it: names compare as text.
struct NameStore {
  std::shared_ptr<const std::deque<std::string>> texts;

  friend bool operator==(const NameStore&, const NameStore&) { return true; }
};

/// The tree is the run's body: one training step. Engines repeat it for as many steps as the run has.
/// Every operation stands in the tree exactly once, in the order of `operations`.
struct StepPlan {
  int ranks = 1;
  std::vector<RankClass> classes;
  std::vector<Lane> lanes;
  std::vector<Communicator> communicators;
  std::vector<Operation> operations;
  std::vector<Dependency> dependencies;
  Repeat step;            ///< count is the run's steps; 0 where it names none
  int compute_class = 0;  ///< the class with most compute: its compute lane's time is divided into parts
  int compute_lane = 0;
  StepMemory memory;  ///< of the device that needs most; nothing where the plan was given by a trace
  NameStore names;

  friend bool operator==(const StepPlan&, const StepPlan&) = default;
};

/// Iterations that an `after` may look back, and items that a buffer may hold: engines keep as many instances of an operation.
inline constexpr int kFurthestBack = 1 << 12;

/// What is wrong with a plan, or nothing: a rank class or a communicator beyond the plan's ranks, rank classes or groups that share a rank;
/// a send between other than two; an index out of range, an operation missing from the tree or out of order; an `after` on an operation of
/// another class, at offset 0 on a later one, or at an offset on one inside a deeper repeat; a buffer without depth; either beyond
/// kFurthestBack; a pipeline whose chunks, classes, sends or lanes do not fit its stages, or that would wait for itself for ever. A plan
/// that lower() made never has any; engines take it on trust.
std::string find_defect(const StepPlan& plan);

/// Visits a repeat, then all within it, those within bodies of pipelines included, in tree order.
void for_each_repeat(const Repeat& repeat, const std::function<void(const Repeat&)>& visit);

/// Visits all pipelines within a repeat, in tree order.
void for_each_pipeline(const Repeat& repeat, const std::function<void(const Pipeline&)>& visit);

/// Whether the ranks of a class execute an operation: its own class, or every class of a transfer's communicator.
bool takes_part(const StepPlan& plan, const Operation& operation, int rank_class);

/// The tree without its nesting: repeats numbered in tree order (0 is the step), each with the one that encloses it. A pipeline is a
/// repeat of one iteration that encloses, for each chunk, its forward, backward and weight body (empty or not): repeats of as many
/// iterations as micro-batches.
struct TreeIndex {
  struct Entry {
    int parent = -1;  ///< -1 for the step
    int depth = 0;
    std::int64_t count = 1;
    bool pipeline = false;
  };
  std::vector<Entry> repeats;
  std::vector<int> repeat_of;  ///< the innermost repeat of each operation, a send's is its body; -1 where the tree lacks it
};
TreeIndex index_tree(const StepPlan& plan);

/// How often an operation happens in one step: the product of the counts of the repeats that enclose it, exact up to 2^53.
double times_in_step(const TreeIndex& tree, std::size_t operation);

/// The instances of `named` that must have finished before an instance of `waiter` may start:
///   (iterations of `repeat` completed so far, counted on across outer iterations, + 1 - offset) x inner.
struct DependencyRule {
  int repeat = 0;          ///< the innermost repeat that encloses both; between bodies of one pipeline, the waiter's body
  std::int64_t inner = 1;  ///< instances of the named operation in one iteration of it
};
DependencyRule dependency_rule(const TreeIndex& tree, int waiter, int named);

}  // namespace forerun
