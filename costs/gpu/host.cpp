#include "costs/gpu/host.hpp"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "costs/gpu/kernel_time.hpp"

namespace forerun {
namespace {

enum class Direction { forward, backward, update };

Direction direction_of(Pass pass) {
  if (pass == Pass::update) return Direction::update;
  return pass == Pass::forward ? Direction::forward : Direction::backward;
}

/// Kernels of one class, block and direction that nothing else has ended yet.
struct Sequence {
  Direction direction = Direction::forward;
  int block = -1;
  Seconds device;
  Seconds host;
  Seconds apart;  ///< sum of the longer of both, kernel by kernel
  std::vector<std::size_t> operations;
};

void close(Sequence& sequence, std::span<Seconds> times, double ahead) {
  const Seconds waited = ahead * std::max(sequence.host, sequence.device) + (1 - ahead) * sequence.apart;
  if (waited > sequence.device && sequence.device > Seconds(0))
    for (const std::size_t operation : sequence.operations) times[operation] *= waited / sequence.device;
  sequence.operations.clear();
  sequence.device = sequence.host = sequence.apart = Seconds(0);
}

int first_operation(const std::vector<Node>& nodes) {
  for (const Node& node : nodes) {
    if (const int* operation = std::get_if<int>(&node)) return *operation;
    if (const auto* repeat = std::get_if<Repeat>(&node))
      if (const int first = first_operation(repeat->body); first >= 0) return first;
  }
  return -1;
}

/// Where bodies of gradients of weights begin: a schedule sets them apart from what stands before them in the plan.
std::vector<int> weight_bodies(const StepPlan& plan) {
  std::vector<int> firsts;
  for_each_pipeline(plan.step, [&](const Pipeline& pipeline) {
    for (const Chunk& chunk : pipeline.chunks)
      if (const int first = first_operation(chunk.weight); first >= 0) firsts.push_back(first);
  });
  return firsts;
}

template <class Gpu>
std::vector<Seconds> issue_times(const StepPlan& plan, const Gpu& gpu) {
  std::vector<Seconds> issue(plan.operations.size());
  for (std::size_t i = 0; i < issue.size(); ++i)
    if (const auto* kernel = std::get_if<Kernel>(&plan.operations[i].work)) issue[i] = host_issue_time(gpu, *kernel);
  return issue;
}

}  // namespace

std::vector<Seconds> host_issue_times(const StepPlan& plan, const GpuModel& gpu) { return issue_times(plan, gpu); }
std::vector<Seconds> host_issue_times(const StepPlan& plan, const MeasuredGpu& gpu) { return issue_times(plan, gpu); }

void wait_for_host(const StepPlan& plan, std::span<const Seconds> issue, double run_ahead, std::span<Seconds> times) {
  std::vector<Sequence> open(plan.classes.size());
  const std::vector<int> bodies = weight_bodies(plan);
  auto body = bodies.begin();
  for (std::size_t i = 0; i < plan.operations.size(); ++i) {
    if (body != bodies.end() && *body == static_cast<int>(i)) ++body, close(open[plan.operations[i].rank_class], times, run_ahead);
    const auto* kernel = std::get_if<Kernel>(&plan.operations[i].work);
    if (kernel == nullptr || (kernel->pass == Pass::update && issue[i] == Seconds(0))) continue;
    Sequence& sequence = open[static_cast<std::size_t>(plan.operations[i].rank_class)];
    const Direction direction = direction_of(kernel->pass);
    if (direction != sequence.direction || plan.operations[i].block != sequence.block) close(sequence, times, run_ahead);
    sequence.direction = direction;
    sequence.block = plan.operations[i].block;
    sequence.device += times[i];
    sequence.host += issue[i];
    sequence.apart += std::max(issue[i], times[i]);
    sequence.operations.push_back(i);
  }
  for (Sequence& sequence : open) close(sequence, times, run_ahead);
}

}  // namespace forerun
