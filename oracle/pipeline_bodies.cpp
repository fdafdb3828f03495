#include "oracle/pipeline_bodies.hpp"

#include <algorithm>
#include <cmath>
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

// A repeat whose iterations take a constant longer each is not walked further: up to rounding, of the body so far.
constexpr double kTolerance = 1e-14;

/// Walks a body from the start of its first operation, as long as nothing in it depends on what was before.
class ClosedBody {
 public:
  ClosedBody(const StepPlan& plan, std::span<const OperationCost> costs, const BodyRange& range)
      : plan_(plan), costs_(costs), range_(range), free_s_(plan.lanes.size(), kNever) {
    body_.last_finish_s.assign(static_cast<std::size_t>(range.end - range.first), kNever);
  }

  std::optional<SerialBody> run(const std::vector<Node>& nodes) {
    if (plan_.operations[range_.first].lane != plan_.compute_lane || plan_.operations[range_.end - 1].lane != plan_.compute_lane) return {};
    if (!sequence(nodes, 1)) return {};
    body_.duration_s = finish_s(range_.end - 1);
    if (std::ranges::any_of(free_s_, [&](double free_s) { return free_s > body_.duration_s; })) return {};
    return std::move(body_);
  }

 private:
  static constexpr double kNever = -1;

  [[nodiscard]] double& finish_s(int operation) { return body_.last_finish_s[operation - range_.first]; }
  [[nodiscard]] bool within(int operation) const { return operation >= range_.first && operation < range_.end; }

  /// When an operation may start, and in `cause` what it waited for beside its lane; false where that is not known inside the body.
  bool start(int index, double& start_s, int& cause) {
    const Operation& operation = plan_.operations[index];
    start_s = free_s_[operation.lane];
    for (int d = 0; d < operation.dependency_count; ++d) {
      const Dependency& awaited = plan_.dependencies[operation.first_dependency + d];
      if (!within(awaited.operation)) continue;
      // An earlier iteration's is known as long as this one's has not run.
      if (awaited.offset > 1 || (awaited.offset == 1) != (awaited.operation >= index)) return false;
      if (finish_s(awaited.operation) > start_s) start_s = finish_s(awaited.operation), cause = awaited.operation;
    }
    if (start_s == kNever && index == range_.first) start_s = 0;
    return start_s != kNever;
  }

  bool operation(int index, double times) {
    const Operation& operation = plan_.operations[index];
    double start_s = 0;
    int cause = -1;
    if (!start(index, start_s, cause)) return false;
    const double duration_s = costs_[index].duration().value();
    double& free_s = free_s_[operation.lane];
    if (operation.lane == plan_.compute_lane) {
      if (cause >= 0) {
        // What a transfer waited for in its turn is communication, too.
        const bool covers = plan_.operations[cause].kind() == OperationKind::transfer;
        if (!covers && finish_s(cause) - costs_[cause].duration().value() > free_s) return false;
        add(body_.parts, part_of(plan_, plan_.operations[cause]), times * (start_s - free_s));
      }
      add(body_.parts, part_of(plan_, operation), times * duration_s);
    }
    free_s = finish_s(index) = start_s + duration_s;
    return true;
  }

  bool sequence(const std::vector<Node>& nodes, double times) {
    return std::ranges::all_of(nodes, [&](const Node& node) {
      if (const int* index = std::get_if<int>(&node)) return operation(*index, times);
      return repeat(*std::get_if<Repeat>(&node), times);
    });
  }

  // Three times; if the third only shifted what the second left, all further ones do.
  bool repeat(const Repeat& repeat, double times) {
    if (!repeat.buffers.empty()) return false;
    constexpr std::int64_t kWalked = 3;
    std::vector<double> before_free_s, before_finish_s;
    Parts before_parts;
    for (std::int64_t i = 0; i < std::min(repeat.count, kWalked); ++i) {
      before_free_s = free_s_, before_finish_s = body_.last_finish_s, before_parts = body_.parts;
      if (!sequence(repeat.body, times)) return false;
    }
    if (repeat.count <= kWalked) return true;
    const double grown_s = free_s_[plan_.compute_lane] - before_free_s[plan_.compute_lane];
    const double further = static_cast<double>(repeat.count - kWalked);
    body_.parts += (body_.parts - before_parts) * further;
    return shift(free_s_, before_free_s, grown_s, further) && shift(body_.last_finish_s, before_finish_s, grown_s, further);
  }

  // Moves on the times that changed; false where they did not all grow alike.
  [[nodiscard]] bool shift(std::vector<double>& times_s, const std::vector<double>& before_s, double grown_s, double further) const {
    const double tolerance_s = kTolerance * free_s_[plan_.compute_lane];
    for (std::size_t i = 0; i < times_s.size(); ++i) {
      if (times_s[i] == before_s[i]) continue;
      if (std::abs(times_s[i] - before_s[i] - grown_s) > tolerance_s) return false;
      times_s[i] += further * grown_s;
    }
    return true;
  }

  const StepPlan& plan_;
  std::span<const OperationCost> costs_;
  const BodyRange& range_;
  std::vector<double> free_s_;
  SerialBody body_;
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
    std::optional<SerialBody> found = ClosedBody(plan, costs, layout.bodies[b]).run(nodes);
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
