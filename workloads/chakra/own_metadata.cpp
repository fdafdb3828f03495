#include "workloads/chakra/own_metadata.hpp"

#include <limits>

#include "core/run.hpp"
#include "workloads/chakra/attributes.hpp"
#include "workloads/chakra/own_attributes.hpp"
#include "workloads/chakra/trace.hpp"

namespace forerun::chakra {
namespace {

constexpr int kMostParts = 1 << 12;   ///< lanes, classes or communicators
constexpr int kMostBuffers = 1 << 8;  ///< each is looked for among all operations

/// The numbers of a list, so many a thing.
class Numbers {
 public:
  Numbers(const wire::GlobalMetadata& metadata, std::string_view name) : name_(name), numbers_(wholes(need(metadata, name))) {}

  int next(std::int64_t least, std::int64_t most) {
    if (at_ == numbers_.size()) throw BadAttribute{"has too short a list of " + std::string(name_)};
    const std::int64_t number = numbers_[at_++];
    if (number < least || number > most) throw BadAttribute{"has a number out of range in " + std::string(name_)};
    return static_cast<int>(number);
  }
  [[nodiscard]] bool at_end() const { return at_ == numbers_.size(); }
  void finish() const {
    if (!at_end()) throw BadAttribute{"has too long a list of " + std::string(name_)};
  }

 private:
  std::string_view name_;
  const google::protobuf::RepeatedField<std::int64_t>& numbers_;
  int at_ = 0;
};

const wire::StringList& texts(const wire::GlobalMetadata& metadata, std::string_view name) {
  const wire::Attribute& attribute = need(metadata, name);
  if (attribute.value_case() != wire::Attribute::kStringList) throw BadAttribute{"has no list of texts as " + std::string(name)};
  if (attribute.string_list().values_size() > kMostParts) throw BadAttribute{"has too long a list of " + std::string(name)};
  return attribute.string_list();
}

void read_lanes(const wire::GlobalMetadata& metadata, StepPlan& plan, std::deque<std::string>& names) {
  Numbers kinds(metadata, own::kLaneKinds);
  for (const std::string& name : texts(metadata, own::kLanes).values())
    plan.lanes.push_back(
        {names.emplace_back(name.substr(0, kLongestName)), static_cast<LaneKind>(kinds.next(0, static_cast<int>(LaneKind::storage)))});
  kinds.finish();
}

void read_classes(const wire::GlobalMetadata& metadata, StepPlan& plan, std::deque<std::string>& names) {
  Numbers ranks(metadata, own::kClassRanks);
  for (const std::string& name : texts(metadata, own::kClasses).values()) {
    RankClass read{names.emplace_back(name.substr(0, kLongestName)), 0, 0, 0};
    read.first = ranks.next(0, kMostRanks - 1);
    read.count = ranks.next(1, kMostRanks);
    read.stride = ranks.next(1, kMostRanks);
    const std::int64_t last = read.first + (std::int64_t{read.count} - 1) * read.stride;
    if (last >= plan.ranks) throw BadAttribute{"is of a plan with rank " + std::to_string(last) + ", whose file is not beside it"};
    plan.classes.push_back(read);
  }
  ranks.finish();
}

void read_communicators(const wire::GlobalMetadata& metadata, StepPlan& plan, std::deque<std::string>& names) {
  Numbers ranks(metadata, own::kCommunicatorRanks);
  Numbers classes(metadata, own::kCommunicatorClasses);
  for (const std::string& name : texts(metadata, own::kCommunicators).values()) {
    Communicator read;
    read.name = names.emplace_back(name.substr(0, kLongestName));
    read.size = ranks.next(1, plan.ranks);
    read.groups = ranks.next(1, plan.ranks);
    read.inner = ranks.next(1, plan.ranks);
    read.first = ranks.next(0, plan.ranks - 1);
    for (int* stride : {&read.inner_stride, &read.outer_stride, &read.member_stride}) *stride = ranks.next(-plan.ranks, plan.ranks);
    const int count = classes.next(1, static_cast<std::int64_t>(plan.classes.size()));
    for (int c = 0; c < count; ++c) read.classes.push_back(classes.next(0, static_cast<std::int64_t>(plan.classes.size()) - 1));
    plan.communicators.push_back(read);
  }
  ranks.finish();
  classes.finish();
}

}  // namespace

StepPlan read_metadata(const wire::GlobalMetadata& metadata, int ranks, std::deque<std::string>& names) {
  whole(need(metadata, own::kPlan), own::kVersion, own::kVersion);
  StepPlan plan;
  plan.ranks = ranks;
  plan.step.count = whole(need(metadata, own::kSteps), 0, kMostSteps);
  read_lanes(metadata, plan, names);
  read_classes(metadata, plan, names);
  read_communicators(metadata, plan, names);
  const std::int64_t operations = whole(need(metadata, own::kOperations), 1, static_cast<std::int64_t>(kMostNodes));
  Numbers compute(metadata, own::kCompute);
  plan.compute_class = compute.next(0, static_cast<std::int64_t>(plan.classes.size()) - 1);
  plan.compute_lane = compute.next(0, static_cast<std::int64_t>(plan.lanes.size()) - 1);
  compute.finish();
  Numbers buffers(metadata, own::kBuffers);
  while (!buffers.at_end()) {
    Buffer buffer;
    buffer.producer = buffers.next(0, operations - 1);
    buffer.consumer = buffers.next(0, operations - 1);
    buffer.depth = buffers.next(1, std::numeric_limits<int>::max() / 2);
    buffer.taken = buffers.next(0, 1) == 1;
    if (plan.step.buffers.size() == kMostBuffers) throw BadAttribute{"has too long a list of " + std::string(own::kBuffers)};
    plan.step.buffers.push_back(buffer);
  }
  plan.operations.resize(static_cast<std::size_t>(operations));
  return plan;
}

}  // namespace forerun::chakra
