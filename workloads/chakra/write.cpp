#include "workloads/chakra/write.hpp"

#include <algorithm>
#include <cmath>

#include "core/error.hpp"
#include "core/unroll.hpp"
#include "io/atomic_file.hpp"
#include "io/json.hpp"
#include "workloads/chakra/chakra.pb.h"
#include "workloads/chakra/framing.hpp"
#include "workloads/chakra/kernel_numbers.hpp"
#include "workloads/chakra/own_attributes.hpp"
#include "workloads/chakra/trace.hpp"
#include "workloads/formulas.hpp"

namespace forerun::chakra {
namespace {

constexpr std::string_view kSchema = "1.0.0";
constexpr double kMicro = 1e-6;

template <class Holder>
wire::Attribute& add(Holder& holder, std::string_view name) {
  wire::Attribute& attribute = *holder.add_attr();
  attribute.set_name(std::string(name));
  return attribute;
}

template <class Holder, class Numbers>
void add_list(Holder& holder, std::string_view name, const Numbers& numbers) {
  wire::Int64List& list = *add(holder, name).mutable_int64_list();
  for (const auto number : numbers) list.add_values(static_cast<std::int64_t>(number));
}

std::int64_t rounded(double value) { return std::llround(std::min(value, 0x1p53)); }

int class_of(const StepPlan& plan, int rank) {
  for (int c = 0; c < static_cast<int>(plan.classes.size()); ++c)
    for (int i = 0; i < plan.classes[c].count; ++i)
      if (plan.classes[c].rank(i) == rank) return c;
  return -1;
}

/// The group of a communicator that a rank belongs to, and its place there.
std::pair<int, int> place_in(const Communicator& communicator, int rank) {
  for (int group = 0; group < communicator.groups; ++group)
    for (int member = 0; member < communicator.size; ++member)
      if (communicator.rank(group, member) == rank) return {group, member};
  return {0, 0};
}

/// The name of a process group: groups are numbered through the communicators, from 1. All ranks together need none.
std::string group_name(const StepPlan& plan, int communicator, int group) {
  int number = 1 + group;
  for (int c = 0; c < communicator; ++c) number += plan.communicators[c].groups;
  return plan.communicators[communicator].size == plan.ranks ? "" : std::to_string(number);
}

class Writer {
 public:
  Writer(const StepPlan& plan, std::span<const Seconds> times, int rank)
      : plan_(plan), times_(times), rank_(rank), class_(class_of(plan, rank)), latest_(plan.lanes.size(), -1) {}

  std::string run() {
    append_message(out_, metadata());
    for (int i = 0; i < static_cast<int>(plan_.operations.size()); ++i)
      if (class_ >= 0 && takes_part(plan_, plan_.operations[i], class_)) append_message(out_, node(i));
    return std::move(out_);
  }

 private:
  [[nodiscard]] wire::GlobalMetadata metadata() const {
    wire::GlobalMetadata data;
    data.set_version(std::string(kSchema));
    add(data, own::kPlan).set_int64_val(own::kVersion);
    add(data, own::kOperations).set_int64_val(static_cast<std::int64_t>(plan_.operations.size()));
    add(data, own::kSteps).set_int64_val(plan_.step.count);
    add_list(data, own::kCompute, std::array{plan_.compute_class, plan_.compute_lane});
    std::vector<std::int64_t> kinds;
    wire::StringList& lanes = *add(data, own::kLanes).mutable_string_list();
    for (const Lane& lane : plan_.lanes) lanes.add_values(std::string(lane.name)), kinds.push_back(static_cast<int>(lane.kind));
    add_list(data, own::kLaneKinds, kinds);
    std::vector<int> ranks;
    wire::StringList& classes = *add(data, own::kClasses).mutable_string_list();
    for (const RankClass& c : plan_.classes) {
      classes.add_values(std::string(c.name));
      ranks.insert(ranks.end(), {c.first, c.count, c.stride});
    }
    add_list(data, own::kClassRanks, ranks);
    add_communicators(data);
    std::vector<int> buffers;
    for (const Buffer& b : plan_.step.buffers) buffers.insert(buffers.end(), {b.producer, b.consumer, b.depth, b.taken ? 1 : 0});
    add_list(data, own::kBuffers, buffers);
    return data;
  }

  void add_communicators(wire::GlobalMetadata& data) const {
    std::vector<int> ranks;
    std::vector<int> classes;
    wire::StringList& names = *add(data, own::kCommunicators).mutable_string_list();
    for (const Communicator& c : plan_.communicators) {
      if (!c.members.empty()) throw MissingCapability("a trace cannot say what parameter servers do: its collectives have no server");
      names.add_values(std::string(c.name));
      ranks.insert(ranks.end(), {c.size, c.groups, c.inner, c.first, c.inner_stride, c.outer_stride, c.member_stride});
      classes.push_back(static_cast<int>(c.classes.size()));
      classes.insert(classes.end(), c.classes.begin(), c.classes.end());
    }
    add_list(data, own::kCommunicatorRanks, ranks);
    add_list(data, own::kCommunicatorClasses, classes);
  }

  wire::Node node(int index) {
    const Operation& operation = plan_.operations[index];
    wire::Node node;
    node.set_id(static_cast<std::uint64_t>(index));
    node.set_name(std::string(operation.name));
    add_dependencies(operation, index, node);
    const LaneKind lane = plan_.lanes[operation.lane].kind;
    add(node, "is_cpu_op").set_bool_val(lane != LaneKind::compute && lane != LaneKind::communication);
    if (const auto* collective = std::get_if<Collective>(&operation.work))
      add_transfer(*collective, index, node);
    else
      add_compute(operation, index, node);
    add(node, own::kLayer).set_int64_val(operation.layer);
    if (operation.block >= 0) add(node, own::kBlock).set_int64_val(operation.block);
    add(node, own::kClass).set_int64_val(operation.rank_class);
    add(node, own::kLane).set_int64_val(operation.lane);
    return node;
  }

  void add_dependencies(const Operation& operation, int index, wire::Node& node) {
    std::vector<int> after;
    int& before = latest_[operation.lane];
    bool ordered = before < 0;
    for (int d = 0; d < operation.dependency_count; ++d) {
      const Dependency& dependency = plan_.dependencies[operation.first_dependency + d];
      after.insert(after.end(), {dependency.operation, dependency.offset});
      if (dependency.offset > 0 || !takes_part(plan_, plan_.operations[dependency.operation], class_)) continue;
      node.add_data_deps(static_cast<std::uint64_t>(dependency.operation));
      ordered = ordered || dependency.operation == before;
    }
    if (!ordered) node.add_ctrl_deps(static_cast<std::uint64_t>(before));
    before = index;
    add_list(node, own::kAfter, after);
  }

  void add_compute(const Operation& operation, int index, wire::Node& node) const {
    node.set_type(wire::COMP_NODE);
    Seconds time = times_.empty() ? Seconds(0) : times_[index];
    Flops arithmetic;
    Bytes moved;
    if (const auto* kernel = std::get_if<Kernel>(&operation.work)) {
      arithmetic = flops(*kernel), moved = bytes_moved(*kernel);
      add_list(node, own::kKernel, kernel_numbers(*kernel));
      add(node, own::kFootprint).set_double_val(kernel->footprint.value());
    } else if (std::holds_alternative<DiskAccess>(operation.work)) {
      throw MissingCapability("a trace cannot say yet what is read from storage and written to it");
    } else if (const auto* delay = std::get_if<Delay>(&operation.work)) {
      time = delay->duration;
      add(node, own::kDelay).set_double_val(time.value());
    } else {
      const auto& computation = std::get<Computation>(operation.work);
      arithmetic = computation.flops, moved = computation.bytes;
      if (computation.duration > Seconds(0)) time = computation.duration;
      add(node, own::kDuration).set_double_val(computation.duration.value());
      add(node, own::kFlops).set_double_val(arithmetic.value());
      add(node, own::kMoved).set_double_val(moved.value());
    }
    if (time > Seconds(0)) node.set_duration_micros(static_cast<std::uint64_t>(std::max<std::int64_t>(1, rounded(time.value() / kMicro))));
    add(node, "num_ops").set_int64_val(rounded(arithmetic.value()));
    add(node, "tensor_size").set_uint64_val(static_cast<std::uint64_t>(rounded(moved.value())));
  }

  void add_transfer(const Collective& collective, int index, wire::Node& node) const {
    const Communicator& communicator = plan_.communicators[collective.communicator];
    const auto [group, member] = place_in(communicator, rank_);
    add(node, own::kCommunicator).set_int64_val(collective.communicator);
    add(node, own::kAlgorithm).set_string_val(std::string(to_string(collective.algorithm)));
    add(node, own::kBytes).set_double_val(collective.bytes.value());
    add(node, "comm_size").set_int64_val(comm_size(collective, communicator.size));
    if (collective.operation == Collective::Operation::send) {
      node.set_type(member == 0 ? wire::COMM_SEND_NODE : wire::COMM_RECV_NODE);
      add(node, member == 0 ? "comm_dst" : "comm_src").set_int32_val(communicator.rank(group, 1 - member));
      add(node, "comm_tag").set_int32_val(index);
      return;
    }
    node.set_type(wire::COMM_COLL_NODE);
    add(node, "comm_type").set_int64_val(comm_type(collective.operation));
    if (const std::string name = group_name(plan_, collective.communicator, group); !name.empty())
      add(node, "pg_name").set_string_val(name);
  }

  const StepPlan& plan_;
  std::span<const Seconds> times_;
  int rank_;
  int class_;
  std::vector<int> latest_;  ///< operation of each lane
  std::string out_;
};

}  // namespace

std::int64_t comm_type(Collective::Operation operation) {
  switch (operation) {
    case Collective::Operation::all_reduce: return wire::ALL_REDUCE;
    case Collective::Operation::barrier: return wire::BARRIER;
    case Collective::Operation::all_gather: return wire::ALL_GATHER;
    case Collective::Operation::reduce_scatter: return wire::REDUCE_SCATTER;
    case Collective::Operation::all_to_all: return wire::ALL_TO_ALL;
    case Collective::Operation::broadcast: return wire::BROADCAST;
    case Collective::Operation::shift: throw MissingCapability("an execution trace has no node for a halo exchange (spatial)");
    case Collective::Operation::send:
    case Collective::Operation::pull:
    case Collective::Operation::push: break;
  }
  return -1;
}

std::int64_t comm_size(const Collective& collective, int ranks) {
  return rounded(collective.operation == Collective::Operation::all_gather ? collective.bytes.value() / ranks : collective.bytes.value());
}

std::string trace_of_rank(const StepPlan& plan, std::span<const Seconds> times, int rank) {
  for (const Node& node : plan.step.body)
    if (!std::holds_alternative<int>(node))
      throw MissingCapability("a plan with repeats within its step cannot be written as a Chakra trace yet");
  return Writer(plan, times, rank).run();
}

void write_traces(const StepPlan& given, std::span<const Seconds> given_times, const std::filesystem::path& name) {
  const auto [plan, sources] = unrolled(given);
  std::vector<Seconds> times;
  if (!given_times.empty())
    for (const int source : sources) times.push_back(given_times[source]);
  for (int rank = 0; rank < plan.ranks; ++rank)
    write_file(name.string() + "." + std::to_string(rank) + ".et", trace_of_rank(plan, times, rank));
  Json groups = Json::object();
  for (int c = 0; c < static_cast<int>(plan.communicators.size()); ++c)
    for (int group = 0; group < plan.communicators[c].groups; ++group) {
      const std::string known = group_name(plan, c, group);
      if (known.empty()) continue;
      Json ranks = Json::array();
      for (int member = 0; member < plan.communicators[c].size; ++member) ranks.push_back(plan.communicators[c].rank(group, member));
      groups[known] = ranks;
    }
  if (!groups.empty()) write_file(name.string() + ".groups.json", json_text(groups));
}

}  // namespace forerun::chakra
