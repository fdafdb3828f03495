#include "core/pipeline_defect.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include "core/pipeline_order.hpp"

namespace forerun {

namespace {

class PipelineCheck {
 public:
  PipelineCheck(const StepPlan& plan, const Pipeline& pipeline) : plan_(plan), pipeline_(pipeline), place_(plan.operations.size()) {}

  std::string defect() {
    if (std::string wrong = shape_defect(); !wrong.empty()) return wrong;
    for (int c = 0; c < count(); ++c) {
      const Chunk& chunk = pipeline_.chunks[c];
      if (std::string wrong = chunk_defect(chunk, c); !wrong.empty()) return wrong;
      if (std::string wrong = send_defect(chunk.send_forward, c, c + 1); !wrong.empty()) return wrong;
      if (std::string wrong = send_defect(chunk.send_backward, c, c - 1); !wrong.empty()) return wrong;
    }
    if (std::string wrong = lane_defect(); !wrong.empty()) return wrong;
    if (std::string wrong = dependency_defect(); !wrong.empty()) return wrong;
    return pipeline_order(plan_, pipeline_).complete ? "" : "a pipeline waits for itself for ever";
  }

 private:
  /// Where in the pipeline an operation stands.
  struct Place {
    int chunk = -1;  ///< -1 outside
    int body = 0;
    bool send = false;
  };

  [[nodiscard]] int count() const { return static_cast<int>(pipeline_.chunks.size()); }

  [[nodiscard]] std::string shape_defect() const {
    if (pipeline_.stages < 1) return "a pipeline has no stages";
    if (pipeline_.chunks.empty() || count() % pipeline_.stages != 0) return "a pipeline's chunks are no multiple of its stages";
    if (std::string wrong = schedule_defect(shape_of(pipeline_)); !wrong.empty()) return wrong;
    if (pipeline_.buffer_depth < 1) return "a pipeline's buffer has no depth";
    std::set<int> stages;
    for (int c = 0; c < count(); ++c) {
      const int ours = pipeline_.chunks[c].rank_class;
      if (ours < 0 || ours >= static_cast<int>(plan_.classes.size())) return "a chunk names no rank class";
      if (c < pipeline_.stages && !stages.insert(ours).second) return "two stages of a pipeline are one rank class";
      if (ours != pipeline_.chunks[c % pipeline_.stages].rank_class) return "chunks of one stage are of different rank classes";
    }
    return "";
  }

  std::string chunk_defect(const Chunk& chunk, int index) {
    if (std::string wrong = body_defect(chunk.forward, {index, 0}); !wrong.empty()) return wrong;
    if (std::string wrong = body_defect(chunk.backward, {index, 1}); !wrong.empty()) return wrong;
    if (std::string wrong = body_defect(chunk.weight, {index, 2}); !wrong.empty()) return wrong;
    for (int body = 0; body < 2; ++body)
      if (std::ranges::none_of(place_, [&](const Place& place) { return place.chunk == index && place.body == body; }))
        return "a chunk's forward or backward body has no operation";
    return "";
  }

  std::string body_defect(const std::vector<Node>& nodes, const Place& place) {
    const int rank_class = pipeline_.chunks[place.chunk].rank_class;
    for (const Node& node : nodes) {
      if (std::holds_alternative<Pipeline>(node)) return "a pipeline stands inside a pipeline";
      if (const auto* repeat = std::get_if<Repeat>(&node)) {
        if (std::string wrong = body_defect(repeat->body, place); !wrong.empty()) return wrong;
        continue;
      }
      const Operation& operation = plan_.operations[*std::get_if<int>(&node)];
      const auto* transfer = std::get_if<Collective>(&operation.work);
      const bool ours = transfer == nullptr ? operation.rank_class == rank_class
                                            : plan_.communicators[transfer->communicator].classes == std::vector<int>{rank_class};
      if (!ours) return "an operation of a chunk is not of its rank class alone";
      place_[*std::get_if<int>(&node)] = place;
    }
    return "";
  }

  std::string send_defect(int send, int from, int to) {
    const bool ends = to < 0 || to >= count();
    if (ends) return send < 0 ? "" : "a pipeline's end sends to no chunk";
    const int sender = pipeline_.chunks[from].rank_class, receiver = pipeline_.chunks[to].rank_class;
    if (send < 0) return sender == receiver ? "" : "a chunk does not send to its neighbour on another rank class";
    const Operation& operation = plan_.operations[send];
    const auto* transfer = std::get_if<Collective>(&operation.work);
    if (transfer == nullptr || transfer->operation != Collective::Operation::send) return "a chunk's send is no send";
    if (operation.dependency_count != 0) return "a chunk's send has an `after` of its own";
    const Communicator& pairs = plan_.communicators[transfer->communicator];
    const RankClass& ours = plan_.classes[sender];
    if (pairs.groups != ours.count || ours.count != plan_.classes[receiver].count || !joins(pairs, sender, receiver))
      return "a chunk's send does not go from each rank of its class to one of its neighbour's";
    place_[send] = {from, to > from ? 0 : 1, true};
    return "";
  }

  [[nodiscard]] bool joins(const Communicator& pairs, int sender, int receiver) const {
    if (pairs.classes.size() != 2 || sender == receiver || std::ranges::count(pairs.classes, sender) != 1 ||
        std::ranges::count(pairs.classes, receiver) != 1)
      return false;
    std::set<int> senders, receivers;
    for (int group = 0; group < pairs.groups; ++group) senders.insert(pairs.rank(group, 0)), receivers.insert(pairs.rank(group, 1));
    return senders == ranks_of(sender) && receivers == ranks_of(receiver);
  }

  [[nodiscard]] std::set<int> ranks_of(int rank_class) const {
    std::set<int> ranks;
    for (int i = 0; i < plan_.classes[rank_class].count; ++i) ranks.insert(plan_.classes[rank_class].rank(i));
    return ranks;
  }

  // Both ends of a lane have to agree on its order, which is its sender's.
  [[nodiscard]] std::string lane_defect() const {
    std::map<std::pair<int, int>, int> sender_of;  // by class and lane
    for (std::size_t i = 0; i < place_.size(); ++i) {
      if (!place_[i].send) continue;
      const int sender = pipeline_.chunks[place_[i].chunk].rank_class;
      const Operation& send = plan_.operations[i];
      for (const int c : plan_.communicators[std::get<Collective>(send.work).communicator].classes)
        if (sender_of.emplace(std::pair(c, send.lane), sender).first->second != sender)
          return "two stages send on one lane of a third or of each other";
    }
    for (std::size_t i = 0; i < place_.size(); ++i)
      if (place_[i].chunk >= 0 && !place_[i].send &&
          sender_of.contains({pipeline_.chunks[place_[i].chunk].rank_class, plan_.operations[i].lane}))
        return "an operation of a chunk is on a lane that a send uses";
    return "";
  }

  [[nodiscard]] std::string dependency_defect() const {
    for (std::size_t i = 0; i < place_.size(); ++i) {
      const Place& ours = place_[i];
      if (ours.chunk < 0) continue;
      const Operation& waiter = plan_.operations[i];
      for (int d = 0; d < waiter.dependency_count; ++d) {
        const Place& theirs = place_[plan_.dependencies[waiter.first_dependency + d].operation];
        if (theirs.chunk < 0) continue;
        if (theirs.send) return "an operation of a chunk waits for a send: bodies do so by themselves";
        if (theirs.chunk != ours.chunk || theirs.body > ours.body) return "an operation of a chunk waits for another chunk or a later body";
      }
    }
    return "";
  }

  const StepPlan& plan_;
  const Pipeline& pipeline_;
  std::vector<Place> place_;
};

std::string defect_within(const StepPlan& plan, const std::vector<Node>& body) {
  for (const Node& node : body) {
    std::string defect;
    if (const auto* repeat = std::get_if<Repeat>(&node))
      defect = defect_within(plan, repeat->body);
    else if (const auto* pipeline = std::get_if<Pipeline>(&node))
      defect = PipelineCheck(plan, *pipeline).defect();
    if (!defect.empty()) return defect;
  }
  return "";
}

}  // namespace

std::string pipeline_defect(const StepPlan& plan) { return defect_within(plan, plan.step.body); }

}  // namespace forerun
