#include "oracle/pipeline_bodies.hpp"

#include <algorithm>
#include <map>
#include <tuple>

#include "core/pipeline_order.hpp"
#include "costs/accounting.hpp"

namespace forerun::oracle {

namespace {

class Layouts {
 public:
  std::vector<PipelineLayout> run(const Repeat& step) {
    body(step.body);
    return std::move(found_);
  }

 private:
  void body(const std::vector<Node>& nodes) {
    for (const Node& node : nodes) {
      if (std::holds_alternative<int>(node))
        ++operation_;
      else if (const auto* repeat = std::get_if<Repeat>(&node))
        ++entry_, body(repeat->body);
      else
        pipeline(*std::get_if<Pipeline>(&node));
    }
  }

  void pipeline(const Pipeline& pipeline) {
    PipelineLayout layout{&pipeline, ++entry_, {}};
    const auto add = [&](const std::vector<Node>& nodes, int send) {
      BodyRange range{operation_, operation_, ++entry_};
      body(nodes);
      range.end = operation_;
      layout.bodies.push_back(range);
      operation_ += send < 0 ? 0 : 1;
    };
    for (const Chunk& chunk : pipeline.chunks) {
      add(chunk.forward, chunk.send_forward);
      add(chunk.backward, chunk.send_backward);
      add(chunk.weight, -1);
    }
    found_.push_back(std::move(layout));
  }

  int entry_ = 0;
  int operation_ = 0;
  std::vector<PipelineLayout> found_;
};

class Chain {
 public:
  Chain(const StepPlan& plan, std::span<const OperationCost> costs, const BodyRange& range) : plan_(plan), costs_(costs), range_(range) {
    chain_.last_finish_s.resize(static_cast<std::size_t>(range.end - range.first));
  }

  std::optional<SerialBody> run(const std::vector<Node>& nodes) {
    if (plan_.operations[range_.first].lane != plan_.compute_lane || plan_.operations[range_.end - 1].lane != plan_.compute_lane) return {};
    if (!sequence(nodes, 1)) return {};
    chain_.duration_s = time_s_;
    return std::move(chain_);
  }

 private:
  [[nodiscard]] bool follows(int operation, int before, int offset) const {
    const Operation& waiter = plan_.operations[operation];
    if (waiter.lane == plan_.operations[before].lane) return true;
    const auto first = plan_.dependencies.begin() + waiter.first_dependency;
    return std::find(first, first + waiter.dependency_count, Dependency{before, offset}) != first + waiter.dependency_count;
  }

  bool sequence(const std::vector<Node>& nodes, double times) {
    for (const Node& node : nodes) {
      if (const int* operation = std::get_if<int>(&node)) {
        if (before_ >= 0 && !follows(*operation, before_, 0)) return false;
        before_ = *operation;
        const double duration_s = costs_[*operation].duration().value();
        time_s_ += duration_s;
        add(chain_.parts, part_of(plan_, plan_.operations[*operation]), times * duration_s);
        chain_.last_finish_s[*operation - range_.first] = time_s_;
      } else if (!repeat(*std::get_if<Repeat>(&node), times)) {
        return false;
      }
    }
    return true;
  }

  bool repeat(const Repeat& repeat, double times) {
    if (repeat.body.empty()) return true;
    const double began_s = time_s_;
    const int first = before_ < 0 ? range_.first : before_ + 1;
    if (!sequence(repeat.body, times * static_cast<double>(repeat.count))) return false;
    if (repeat.count > 1 && !follows(first, before_, 1)) return false;
    const double more_s = static_cast<double>(repeat.count - 1) * (time_s_ - began_s);
    for (int i = first; i <= before_; ++i) chain_.last_finish_s[i - range_.first] += more_s;
    time_s_ += more_s;
    return true;
  }

  const StepPlan& plan_;
  std::span<const OperationCost> costs_;
  const BodyRange& range_;
  SerialBody chain_;
  int before_ = -1;
  double time_s_ = 0;
};

}  // namespace

std::vector<PipelineLayout> layouts(const StepPlan& plan) { return Layouts().run(plan.step); }

int send_to(const Pipeline& pipeline, int body) {
  return body % 3 == 0 ? pipeline.chunks[body / 3 - 1].send_forward : pipeline.chunks[body / 3 + 1].send_backward;
}

std::optional<SerialLayout> serial_layout(const StepPlan& plan, std::span<const OperationCost> costs, const PipelineLayout& layout) {
  const Pipeline& node = *layout.pipeline;
  SerialLayout serial;
  SerialPipeline& pipeline = serial.pipeline;
  pipeline.shape = shape_of(node);
  pipeline.buffer_depth = node.buffer_depth;
  pipeline.free_s.resize(static_cast<std::size_t>(node.stages));
  pipeline.watched = -1;
  for (int stage = 0; stage < node.stages; ++stage)
    if (node.chunks[stage].rank_class == plan.compute_class) pipeline.watched = stage;
  for (std::size_t b = 0; b < layout.bodies.size(); ++b) {
    const Chunk& chunk = node.chunks[b / 3];
    auto& body = pipeline.bodies.emplace_back();
    auto& chain = serial.bodies.emplace_back();
    if (layout.bodies[b].empty()) continue;
    const std::vector<Node>& nodes = b % 3 == 0 ? chunk.forward : b % 3 == 1 ? chunk.backward : chunk.weight;
    std::optional<SerialBody> found = Chain(plan, costs, layout.bodies[b]).run(nodes);
    if (!found) return {};
    chain = std::move(*found);
    body.empty = false;
    body.duration_s = chain.duration_s;
  }
  std::map<std::pair<int, int>, std::pair<int, bool>> ways;  // by lane and sender: which of ours, and which way it goes
  const auto join = [&](int send, int from, int to) {
    if (send < 0) return true;
    const Operation& operation = plan.operations[send];
    const SendLane lane{operation.lane, node.chunks[from].rank_class, node.chunks[to].rank_class};
    const auto [way, added] = ways.try_emplace({lane.lane, lane.sender}, static_cast<int>(pipeline.lanes.size()), to > from);
    if (added) serial.lanes.push_back(lane), pipeline.lanes.emplace_back();
    if (serial.lanes[way->second.first].receiver != lane.receiver || way->second.second != (to > from)) return false;
    auto& body = pipeline.bodies[3 * to + (to > from ? 0 : 1)];
    body.lane = way->second.first;
    body.transfer_s = costs[send].duration().value();
    return true;
  };
  for (int c = 0; c < static_cast<int>(node.chunks.size()); ++c)
    if (!join(node.chunks[c].send_forward, c, c + 1) || !join(node.chunks[c].send_backward, c, c - 1)) return {};
  return serial;
}

}  // namespace forerun::oracle
