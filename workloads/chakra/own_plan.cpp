#include "workloads/chakra/own_plan.hpp"

#include <algorithm>
#include <limits>
#include <vector>

#include "core/error.hpp"
#include "workloads/chakra/attributes.hpp"
#include "workloads/chakra/decode.hpp"
#include "workloads/chakra/framing.hpp"
#include "workloads/chakra/kernel_numbers.hpp"
#include "workloads/chakra/own_attributes.hpp"
#include "workloads/chakra/own_metadata.hpp"
#include "workloads/chakra/write.hpp"

namespace forerun::chakra {
namespace {

[[noreturn]] void refuse(const std::string& file, std::string what) { throw BadInput(Problem{.file = file, .what = std::move(what)}); }

wire::GlobalMetadata first_message(Messages& messages, const std::string& file) {
  wire::GlobalMetadata metadata;
  const auto first = messages.next();
  if (!first) refuse(file, "is empty");
  messages.parse(*first, metadata);
  return metadata;
}

/// The work of a node that no other rank shares.
void read_compute(const wire::Node& node, Operation& operation) {
  if (const wire::Attribute* numbers = find(node, own::kKernel)) {
    Kernel kernel = read_kernel({wholes(*numbers).data(), static_cast<std::size_t>(wholes(*numbers).size())});
    kernel.footprint = Bytes(amount(need(node, own::kFootprint)));
    operation.work = kernel;
  } else if (const wire::Attribute* delay = find(node, own::kDelay)) {
    operation.work = Delay{Seconds(amount(*delay))};
  } else {
    operation.work = Computation{Seconds(amount(need(node, own::kDuration))), Flops(amount(need(node, own::kFlops))),
                                 Bytes(amount(need(node, own::kMoved)))};
  }
}

Collective::Operation operation_of(const wire::Node& node) {
  if (node.type() != wire::COMM_COLL_NODE) return Collective::Operation::send;
  const std::int64_t type = whole(need(node, "comm_type"), 0, std::numeric_limits<int>::max());
  for (const auto operation : {Collective::Operation::all_reduce, Collective::Operation::barrier, Collective::Operation::all_gather,
                               Collective::Operation::reduce_scatter, Collective::Operation::all_to_all, Collective::Operation::broadcast})
    if (comm_type(operation) == type) return operation;
  throw BadAttribute{"has a comm_type that no plan of ours has"};
}

void read_transfer(const wire::Node& node, const StepPlan& plan, Operation& operation) {
  Collective collective;
  collective.operation = operation_of(node);
  collective.communicator =
      static_cast<int>(whole(need(node, own::kCommunicator), 0, static_cast<std::int64_t>(plan.communicators.size()) - 1));
  collective.bytes = Bytes(amount(need(node, own::kBytes)));
  if (word(need(node, own::kAlgorithm)) != to_string(collective.algorithm)) throw BadAttribute{"has an unknown forerun.algorithm"};
  const Communicator& communicator = plan.communicators[collective.communicator];
  if (whole(need(node, "comm_size"), 0, std::numeric_limits<std::int64_t>::max()) != comm_size(collective, communicator.size))
    throw BadAttribute{"has a comm_size that its forerun.bytes contradicts"};
  operation.work = collective;
}

Operation read_operation(const wire::Node& node, const StepPlan& plan) {
  const auto most = [](const auto& list) { return static_cast<std::int64_t>(list.size()) - 1; };
  Operation operation;
  operation.layer = static_cast<int>(whole(need(node, own::kLayer), -1, std::numeric_limits<int>::max()));
  if (const wire::Attribute* block = find(node, own::kBlock))
    operation.block = static_cast<int>(whole(*block, 0, std::numeric_limits<int>::max()));
  operation.rank_class = static_cast<int>(whole(need(node, own::kClass), 0, most(plan.classes)));
  operation.lane = static_cast<int>(whole(need(node, own::kLane), 0, most(plan.lanes)));
  if (node.type() == wire::COMP_NODE)
    read_compute(node, operation);
  else if (node.type() == wire::COMM_COLL_NODE || node.type() == wire::COMM_SEND_NODE || node.type() == wire::COMM_RECV_NODE)
    read_transfer(node, plan, operation);
  else
    throw BadAttribute{"has a type that no plan of ours has"};
  return operation;
}

std::vector<Dependency> read_after(const wire::Node& node, std::int64_t operations) {
  const auto& numbers = wholes(need(node, own::kAfter));
  if (numbers.size() % 2 != 0) throw BadAttribute{"has a forerun.after without pairs"};
  std::vector<Dependency> after;
  for (int i = 0; i < numbers.size(); i += 2) {
    if (numbers[i] < 0 || numbers[i] >= operations || numbers[i + 1] < 0 || numbers[i + 1] > std::numeric_limits<int>::max() / 2)
      throw BadAttribute{"has a number out of range in forerun.after"};
    after.push_back({static_cast<int>(numbers[i]), static_cast<int>(numbers[i + 1])});
  }
  return after;
}

/// The published dependencies are some of the plan's: those that this rank has a part in.
void check_dependencies(const wire::Node& node, const std::vector<Dependency>& after) {
  std::vector<std::uint64_t> named(node.data_deps().begin(), node.data_deps().end());
  std::vector<std::uint64_t> known;
  for (const Dependency& dependency : after)
    if (dependency.offset == 0) known.push_back(static_cast<std::uint64_t>(dependency.operation));
  std::ranges::sort(named);
  std::ranges::sort(known);
  if (!std::ranges::includes(known, named)) throw BadAttribute{"has data_deps that its forerun.after contradicts"};
}

int class_of(const StepPlan& plan, int rank) {
  for (int c = 0; c < static_cast<int>(plan.classes.size()); ++c) {
    const int beyond = rank - plan.classes[c].first;
    if (beyond >= 0 && beyond % plan.classes[c].stride == 0 && beyond / plan.classes[c].stride < plan.classes[c].count) return c;
  }
  return -1;
}

}  // namespace

struct OwnPlan::State {
  StepPlan plan;
  std::shared_ptr<std::deque<std::string>> names = std::make_shared<std::deque<std::string>>();
  std::vector<bool> known;  ///< by operation
  std::vector<std::vector<Dependency>> after;
  std::size_t dependencies = 0;
  std::string metadata;  ///< of the first file
  int ranks = 1;
  int rank = 0;  ///< of the next file

  void add(const wire::Node& node, const std::string& file);
};

OwnPlan::OwnPlan(int ranks) : state_(std::make_unique<State>()) { state_->ranks = ranks; }
OwnPlan::~OwnPlan() = default;

void OwnPlan::State::add(const wire::Node& node, const std::string& file) {
  try {
    if (node.id() >= plan.operations.size()) throw BadAttribute{"is no operation of the plan"};
    const auto index = static_cast<std::size_t>(node.id());
    Operation operation = read_operation(node, plan);
    if (!takes_part(plan, operation, class_of(plan, rank))) throw BadAttribute{"is an operation of other ranks"};
    std::vector<Dependency> waits = read_after(node, static_cast<std::int64_t>(plan.operations.size()));
    check_dependencies(node, waits);
    const std::string name = node.name().substr(0, kLongestName);
    if (known[index]) {
      operation.name = name;
      if (operation != plan.operations[index] || waits != after[index]) throw BadAttribute{"is not what another rank's file says"};
      return;
    }
    dependencies += waits.size();
    if (dependencies > kMostDependencies) throw BadAttribute{"has more dependencies than a plan holds"};
    operation.name = names->emplace_back(name);
    known[index] = true;
    plan.operations[index] = operation;
    after[index] = std::move(waits);
  } catch (const BadAttribute& bad) {
    refuse_node(file, node.id(), bad.what);
  }
}

void OwnPlan::add(std::string_view bytes, const std::string& file) {
  State& state = *state_;
  Messages messages(bytes, file);
  const wire::GlobalMetadata metadata = first_message(messages, file);
  if (state.rank == 0) {
    try {
      state.plan = read_metadata(metadata, state.ranks, *state.names);
    } catch (const BadAttribute& bad) {
      refuse(file, bad.what);
    }
    state.metadata = metadata.SerializeAsString();
    state.known.assign(state.plan.operations.size(), false);
    state.after.resize(state.plan.operations.size());
  } else if (metadata.SerializeAsString() != state.metadata) {
    refuse(file, "describes another plan than the file of rank 0");
  }
  wire::Node node;
  while (const auto next = messages.next()) {
    messages.parse(*next, node);
    messages.spend(attribute_count(node));
    state.add(node, file);
  }
  ++state.rank;
}

StepPlan OwnPlan::finish(const std::string& file) {
  StepPlan plan = std::move(state_->plan);
  for (std::size_t i = 0; i < plan.operations.size(); ++i) {
    if (!state_->known[i]) refuse(file, "operation " + std::to_string(i) + " of the plan is in no rank's file");
    plan.operations[i].first_dependency = static_cast<int>(plan.dependencies.size());
    plan.operations[i].dependency_count = static_cast<int>(state_->after[i].size());
    plan.dependencies.insert(plan.dependencies.end(), state_->after[i].begin(), state_->after[i].end());
    plan.step.body.emplace_back(static_cast<int>(i));
  }
  plan.names.texts = std::move(state_->names);
  if (const std::string defect = find_defect(plan); !defect.empty()) refuse(file, "makes no plan: " + defect);
  return plan;
}

bool is_own(std::string_view bytes, const std::string& file) {
  Messages messages(bytes, file);
  const wire::GlobalMetadata metadata = first_message(messages, file);
  return find(metadata, own::kPlan) != nullptr;
}

}  // namespace forerun::chakra
