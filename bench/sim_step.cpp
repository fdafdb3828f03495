// Why: the simulator must stay usable for large jobs without folding ranks. Plays one data-parallel step of `ranks` ranks and
// `buckets` gradient buckets over a star of 100 Gbit/s links with 5 % compute jitter a rank, and reports CPU seconds a step:
// the playing alone, the engine and the platform built beforehand. With `layers`, in its place, the job on which ASTRA-sim 2 takes 218 s:
// layers of 5 ms of compute, each followed by a blocking all-reduce of 100 MB over all ranks, beside its closed form.
//   bench_sim_step [ranks=1024] [buckets=10] [steps=5] [jitter-percent=5]
//   bench_sim_step layers=54 [ranks=1024]
// To compare with another simulator of the same step: bench/interleave.sh 5 bench_sim_step 'OTHER PROGRAM'
#include <cstdio>
#include <cstdlib>

#include "bench/sim_plans.hpp"
#include "sim/network.hpp"
#include "sim/player.hpp"
#include "sim/program.hpp"

using namespace forerun;
using namespace forerun::bench;

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
