#pragma once

#include <random>
#include <string>
#include <vector>

#include "core/pipeline_order.hpp"
#include "core/plan.hpp"
#include "costs/price.hpp"

namespace forerun::test {

/// What a plan with a pipeline is made of.
struct PipelineOptions {
  ScheduleShape shape;
  int width = 1;  ///< ranks of a stage
  int buffer_depth = 2;
  /// Whether what runs beside compute is waited for at once, so that a body is a chain; runs on behind; or there is only compute.
  enum class Bodies { plain, chains, overlapping } bodies = Bodies::plain;
  bool split_backward = false;  ///< weight bodies
  bool outside = false;         ///< a transfer and an update after the pipeline, which the next step waits for
  bool first_on_host = false;   ///< each body starts with a launch that takes no time
};

/// Plans of a pipeline, written operation by operation. Durations come from a function of stage and kind, asked once an operation.
class PipelinePlan {
 public:
  StepPlan plan;
  std::vector<OperationCost> costs;

  template <class Draw>
  PipelinePlan(const PipelineOptions& options, const Draw& seconds) : options_(options) {
    const int p = options.shape.stages;
    plan.ranks = p * options.width;
    plan.lanes = {
        {"compute", LaneKind::compute}, {"host", LaneKind::host}, {"tensor", LaneKind::communication}, {"data", LaneKind::communication}};
    for (int s = 0; s < p; ++s) {
      plan.classes.push_back({"stage", s * options.width, options.width, 1});
      add_communicator("tensor", options.width, 1, s * options.width, 1, {s});
    }
    for (int s = 0; p > 1 && s < p; ++s) add_ways(s);
    Pipeline pipeline;
    pipeline.stages = p;
    pipeline.micro_batches = options.shape.micro_batches;
    pipeline.schedule = options.shape.schedule;
    pipeline.buffer_depth = options.buffer_depth;
    const int last = p * options.shape.interleave - 1;
    if (options.outside)
      for (int s = 0; s < p; ++s)
        gathers_.push_back(add(plan.step.body, seconds(s, "gather"), 3, s, Collective{.communicator = s}, {{0, 1}}));
    for (int c = 0; c <= last; ++c) {
      Chunk chunk;
      const int s = c % p;
      chunk.rank_class = s;
      chunk.forward = body(s, seconds, "forward", options.outside && c < p);
      if (c < last && p > 1) chunk.send_forward = send(seconds(s, "send"), s, true);
      chunk.backward = body(s, seconds, "backward", false);
      const int after = static_cast<int>(plan.operations.size()) - 1;
      if (c > 0 && p > 1) chunk.send_backward = send(seconds(s, "send"), s, false);
      if (options.split_backward) chunk.weight = body(s, seconds, "weight", false);
      last_backward_.push_back(options.split_backward ? static_cast<int>(plan.operations.size()) - 1 : after);
      pipeline.chunks.push_back(std::move(chunk));
    }
    plan.step.body.emplace_back(std::move(pipeline));
    if (options.outside) add_updates(seconds);
  }

 private:
  /// One way from stage s to the next, one to the stage before; each with its lane and its pairs of ranks.
  void add_ways(int s) {
    const int p = options_.shape.stages, width = options_.width;
    for (const int to : {(s + 1) % p, (s + p - 1) % p}) {
      plan.lanes.push_back({"way", LaneKind::communication});
      add_communicator("way", 2, width, s * width, (to - s) * width, {s, to});
    }
  }

  void add_communicator(const char* name, int size, int groups, int first, int stride, std::vector<int> classes) {
    Communicator communicator;
    communicator.name = name;
    communicator.size = size;
    communicator.groups = communicator.inner = groups;
    communicator.first = first;
    communicator.member_stride = stride;
    communicator.classes = std::move(classes);
    plan.communicators.push_back(std::move(communicator));
  }

  template <class Work>
  int add(std::vector<Node>& body, double seconds, int lane, int stage, Work work, const std::vector<Dependency>& after) {
    body.emplace_back(append(seconds, lane, stage, work, after));
    return static_cast<int>(plan.operations.size()) - 1;
  }
  template <class Work>
  int append(double seconds, int lane, int stage, Work work, const std::vector<Dependency>& after) {
    Operation operation;
    operation.name = "operation";
    operation.lane = lane;
    operation.rank_class = stage;
    operation.work = work;
    operation.first_dependency = static_cast<int>(plan.dependencies.size());
    operation.dependency_count = static_cast<int>(after.size());
    plan.dependencies.insert(plan.dependencies.end(), after.begin(), after.end());
    plan.operations.push_back(operation);
    costs.push_back({Seconds(seconds), Seconds(0), Bytes(0)});
    return static_cast<int>(plan.operations.size()) - 1;
  }

  int send(double seconds, int s, bool forward) {
    const int p = options_.shape.stages, way = 2 * s + (forward ? 0 : 1);
    Collective work;
    work.operation = Collective::Operation::send;
    work.communicator = p + way;
    return append(seconds, 4 + way, s, work, {});
  }

  template <class Draw>
  std::vector<Node> body(int s, const Draw& seconds, const char* kind, bool gathered) {
    std::vector<Node> nodes;
    std::vector<Dependency> first;
    if (gathered) first.push_back({gathers_[s], 0});
    if (options_.first_on_host) first = {{add(nodes, 0, 1, s, Delay{}, first), 0}};
    const int began = add(nodes, seconds(s, kind), 0, s, Computation{}, first);
    if (options_.bodies == PipelineOptions::Bodies::plain) return nodes;
    const bool waits = options_.bodies == PipelineOptions::Bodies::chains;
    const int reduced = add(nodes, seconds(s, "tensor"), 2, s, Collective{.communicator = s}, {{began, 0}});
    Repeat layers;
    layers.count = 1 + static_cast<int>(4 * seconds(s, "layers")) % 3;
    const int layer = static_cast<int>(plan.operations.size());
    append(seconds(s, "compute"), 0, s, Computation{}, waits ? std::vector<Dependency>{{reduced, 0}} : std::vector<Dependency>{});
    append(seconds(s, "tensor"), 2, s, Collective{.communicator = s}, {{layer, 0}});
    layers.body = {layer, layer + 1};
    std::vector<Dependency> on{{layer + 1, 0}};
    if (waits) {
      append(seconds(s, "compute"), 0, s, Computation{}, on);
      layers.body.emplace_back(layer + 2);
    }
    nodes.emplace_back(std::move(layers));
    if (!waits) add(nodes, seconds(s, "tensor"), 2, s, Collective{.communicator = s}, {{reduced, 1}});
    return nodes;
  }

  template <class Draw>
  void add_updates(const Draw& seconds) {
    const int p = options_.shape.stages;
    for (int s = 0; s < p; ++s) {
      std::vector<Dependency> reduced;
      for (int c = s + p * (options_.shape.interleave - 1); c >= 0; c -= p)
        reduced.push_back({add(plan.step.body, seconds(s, "data"), 3, s, Collective{.communicator = s}, {{last_backward_[c], 0}}), 0});
      const int update = add(plan.step.body, seconds(s, "update"), 0, s, Computation{}, reduced);
      plan.dependencies[plan.operations[gathers_[s]].first_dependency].operation = update;
    }
  }

  PipelineOptions options_;
  std::vector<int> gathers_;
  std::vector<int> last_backward_;
};

inline std::string describe(const PipelineOptions& options) {
  static constexpr const char* kBodies[] = {"plain", "chains", "overlapping"};
  return std::string(to_string(options.shape.schedule)) + ", " + std::to_string(options.shape.stages) + " stages of " +
         std::to_string(options.width) + ", " + std::to_string(options.shape.micro_batches) + " micro-batches, " +
         std::to_string(options.shape.interleave) + " chunks, depth " + std::to_string(options.buffer_depth) + ", " +
         kBodies[static_cast<int>(options.bodies)] + (options.split_backward ? ", split" : "") + (options.outside ? ", outside" : "");
}

/// Any pipeline there is: micro-batches up to `most` whether they divide or not, uneven stages, fast and slow sends.
inline PipelineOptions random_pipeline(std::mt19937_64& random, int most_stages, int most) {
  const auto pick = [&](int low, int high) { return low + static_cast<int>(random() % static_cast<unsigned>(high - low + 1)); };
  PipelineOptions options;
  options.shape.schedule = static_cast<Schedule>(pick(0, 3));
  options.shape.stages = pick(1, most_stages);
  options.shape.micro_batches = pick(1, most);
  if (options.shape.schedule == Schedule::interleaved) options.shape.interleave = pick(1, 3);
  if (options.shape.interleave > 1)
    options.shape.micro_batches = options.shape.stages * std::max<std::int64_t>(1, options.shape.micro_batches / options.shape.stages);
  options.buffer_depth = pick(1, 4);
  options.bodies = static_cast<PipelineOptions::Bodies>(pick(0, 2));
  options.split_backward = options.shape.schedule == Schedule::zero_bubble_h1 || pick(0, 2) == 0;
  options.outside = pick(0, 1) == 1;
  return options;
}

}  // namespace forerun::test
