// Why: what a simulated step costs against its ranks, and where that bends. Plays the data-parallel step of bench_sim_step (10 buckets, 5 %
// jitter, no rank folded) over 16, 32, ... `most` ranks, each in a child of its own, and prints CPU seconds a step (the least of three),
// CPU per flow, the exponent by which the cost grows from half the ranks, and a bar by the logarithm.
//   bench_sim_scaling [most=4096]
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>

#include "bench/sim_plans.hpp"
#include "sim/child.hpp"
#include "sim/network.hpp"
#include "sim/player.hpp"

using namespace forerun;
using namespace forerun::bench;

namespace {

constexpr int kBuckets = 10;
constexpr int kTimes = 3;
constexpr double kBend = 1.5;  // beyond this exponent cost no longer grows as the flows do
constexpr double kFirstBar_s = 1e-5;

double step_cpu_s(int ranks) {
  return std::stod(sim::ask_child([&] {
    Platform platform;
    platform.nodes = ranks;
    platform.inter_node = {BytesPerSecond(12.5e9), Seconds(5e-6)};
    platform.compute_jitter = 0.05;
    const PricedPlan step = data_parallel_step(ranks, kBuckets, platform);
    sim::Network network(platform, ranks);
    const sim::Program program = sim::compile(step.plan);
    sim::PlayOptions options;
    options.steps = 3;
    const double start_s = cpu_s();
    (void)sim::Player(step.plan, program, step.costs, platform, options, network).play();
    return std::to_string((cpu_s() - start_s) / static_cast<double>(options.steps));
  }));
}

}  // namespace

int main(int count, char** values) {
  const int most = argument(count, values, "most", 4096);
  double before_s = 0;
  int bend = 0;
  std::printf("%6s  %10s  %8s  %8s\n", "ranks", "CPU s/step", "us/flow", "exponent");
  for (int ranks = 16; ranks <= most; ranks *= 2) {
    double least_s = std::numeric_limits<double>::infinity();
    for (int i = 0; i < kTimes; ++i) least_s = std::min(least_s, step_cpu_s(ranks));
    const double exponent = before_s > 0 ? std::log2(least_s / before_s) : 0;
    if (bend == 0 && exponent > kBend) bend = ranks;
    std::printf("%6d  %10.5f  %8.2f  %8.2f  %s\n", ranks, least_s, 1e6 * least_s / (kBuckets * ranks), exponent,
                std::string(static_cast<std::size_t>(std::max(0.0, 8 * std::log10(least_s / kFirstBar_s))), '#').c_str());
    std::fflush(stdout);
    before_s = least_s;
  }
  if (bend > 0) std::printf("bends at %d ranks, where the exponent passes %.1f\n", bend, kBend);
  return 0;
}
