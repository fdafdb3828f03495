// Why: the simulator must stay usable for large jobs without folding ranks. Plays one data-parallel step of `ranks` ranks and
// `buckets` gradient buckets over a star of 100 Gbit/s links with 5 % compute jitter a rank, and reports CPU seconds a step:
// the playing alone, the engine and the platform built beforehand. With `layers`, in its place, the job on which ASTRA-sim 2 takes 218 s:
// layers of 5 ms of compute, each followed by a blocking all-reduce of 100 MB over all ranks, beside its closed form.
//   bench_sim_step [ranks=1024] [buckets=10] [steps=5] [jitter-percent=5]
//   bench_sim_step layers=54 [ranks=1024]
// To compare with another simulator of the same step: bench/interleave.sh 5 bench_sim_step 'OTHER PROGRAM'
#include <sys/resource.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "sim/network.hpp"
#include "sim/player.hpp"
#include "sim/program.hpp"

namespace {

using namespace forerun;

constexpr double kBytes = 102.2e6;  // the gradients of ResNet-50
constexpr double kForward_s = 0.03;
constexpr double kBackward_s = 0.06;
constexpr double kUpdate_s = 0.002;

struct PricedPlan {
  StepPlan plan;
  std::vector<OperationCost> costs;

  int add(Operation operation, OperationCost cost, std::initializer_list<int> after) {
    operation.first_dependency = static_cast<int>(plan.dependencies.size());
    operation.dependency_count = static_cast<int>(after.size());
    for (const int named : after) plan.dependencies.push_back({named, 0});
    plan.step.body.emplace_back(static_cast<int>(plan.operations.size()));
    plan.operations.push_back(operation);
    costs.push_back(cost);
    return static_cast<int>(plan.operations.size()) - 1;
  }
  int compute(std::string_view name, double seconds, std::initializer_list<int> after = {}) {
    Operation operation;
    operation.name = name;
    operation.work = Kernel{};
    return add(operation, {Seconds(seconds), Seconds(0), Bytes(0)}, after);
  }
  int all_reduce(Bytes bytes, const Platform& platform, int after) {
    Operation reduce;
    reduce.name = "all_reduce";
    reduce.lane = 1;
    reduce.work = Collective{Collective::Operation::all_reduce, CollectiveAlgorithm::ring, 0, bytes};
    const Bytes edge = 2.0 * (plan.ranks - 1) / plan.ranks * bytes;
    return add(reduce, {2.0 * (plan.ranks - 1) * platform.inter_node.latency, edge / platform.inter_node.bandwidth, edge}, {after});
  }
};

PricedPlan data_parallel_step(int ranks, int buckets, const Platform& platform) {
  PricedPlan step;
  step.plan.ranks = ranks;
  step.plan.classes = {{"rank", 0, ranks, 1}};
  step.plan.lanes = {{"compute", LaneKind::compute}, {"data", LaneKind::communication}};
  Communicator data;
  data.size = ranks;
  data.classes = {0};
  step.plan.communicators = {data};
  step.compute("forward", kForward_s);
  int reduced = -1;
  for (int bucket = 0; bucket < buckets; ++bucket) {
    const int gradient = step.compute("backward", kBackward_s / buckets);
    reduced = step.all_reduce(Bytes(kBytes / buckets), platform, gradient);
  }
  step.compute("update", kUpdate_s, {reduced});
  return step;
}

constexpr double kLayer_s = 0.005;
constexpr double kLayerBytes = 100e6;

PricedPlan blocking_layers(int ranks, int layers, const Platform& platform) {
  PricedPlan step;
  step.plan.ranks = ranks;
  step.plan.classes = {{"rank", 0, ranks, 1}};
  step.plan.lanes = {{"compute", LaneKind::compute}, {"data", LaneKind::communication}};
  Communicator data;
  data.size = ranks;
  data.classes = {0};
  step.plan.communicators = {data};
  int reduced = -1;
  for (int layer = 0; layer < layers; ++layer) {
    const int computed = reduced < 0 ? step.compute("layer", kLayer_s) : step.compute("layer", kLayer_s, {reduced});
    reduced = step.all_reduce(Bytes(kLayerBytes), platform, computed);
  }
  return step;
}

double cpu_s() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         1e-6 * static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

int argument(int count, char** values, const std::string& name, int otherwise) {
  for (int i = 1; i < count; ++i)
    if (const std::string text = values[i]; text.rfind(name + "=", 0) == 0) return std::atoi(text.c_str() + name.size() + 1);
  return otherwise;
}

}  // namespace

int main(int count, char** values) {
  const int ranks = argument(count, values, "ranks", 1024);
  const int buckets = argument(count, values, "buckets", 10);
  Platform platform;
  platform.nodes = ranks;
  platform.inter_node = {BytesPerSecond(12.5e9), Seconds(5e-6)};
  platform.compute_jitter = argument(count, values, "jitter-percent", 5) / 100.0;
  const int layers = argument(count, values, "layers", 0);
  sim::PlayOptions options;
  options.steps = layers > 0 ? 1 : argument(count, values, "steps", 5);
  options.fold = sim::Fold::never;
  if (layers > 0) platform.compute_jitter = 0;
  const PricedPlan step = layers > 0 ? blocking_layers(ranks, layers, platform) : data_parallel_step(ranks, buckets, platform);

  const double start_s = cpu_s();
  sim::Network network(platform, ranks);
  const sim::Program program = sim::compile(step.plan);
  const double built_s = cpu_s();
  const sim::Played played = sim::Player(step.plan, program, step.costs, platform, options, network).play();
  const double played_s = cpu_s();
  const double step_s = played.makespan.value() / static_cast<double>(options.steps);
  std::printf("sim_step: %d ranks, jitter %.0f %%: %.5f CPU seconds a step (platform built in %.4f); simulated %.9g s a step, %lld flows\n",
              ranks, 100 * platform.compute_jitter, (played_s - built_s) / static_cast<double>(options.steps), built_s - start_s, step_s,
              static_cast<long long>(played.flows));
  if (layers > 0) {
    double closed_s = 0;
    for (const OperationCost& cost : step.costs) closed_s += cost.duration().value();
    std::printf("closed form of %d layers: %.9g s, simulated / closed form - 1 = %.2g\n", layers, closed_s, step_s / closed_s - 1);
  }
  std::fflush(stdout);
  std::_Exit(0);  // SimGrid's engine is not taken down
}
