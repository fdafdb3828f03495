// Why: the simulator plays a collective as one flow an edge and phase. How far is that from every message by itself?
//   bench_message_mode [ranks=64]
// For each collective by each algorithm: time message by message over time flow by flow, of buffers of 1, 100 and 1000 MB, over nodes of
// one device and of eight, behind one switch and behind switches of eight nodes with 4 : 1 above (links of 12.5 GB/s a node and 5 us,
// inside nodes 300 GB/s and 2 us), the ring also in an order drawn at random. Then how many messages that were, and the time they took.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "bench/sim_plans.hpp"
#include "costs/transfer_time.hpp"
#include "sim/play.hpp"

namespace {

using namespace forerun;
using Kind = Collective::Operation;

constexpr int kLeaf = 8;
// Of an all-to-all with so many messages under way at once, or over a tree a flow for each two nodes: of more the engine takes minutes.
constexpr int kMostRanksInPairs = 64;

Platform cluster(int ranks, int devices, bool tree) {
  Platform platform;
  platform.devices_per_node = devices;
  platform.nodes = ranks / devices;
  platform.inter_node = {BytesPerSecond(12.5e9), Seconds(5e-6)};
  platform.intra_node = {BytesPerSecond(300e9), Seconds(2e-6)};
  if (devices > 1) platform.fabric = NodeFabric::nvlink;
  if (!tree) return platform;
  platform.topology.kind = Topology::Kind::fat_tree;
  platform.topology.shape[0] = kLeaf;
  platform.topology.oversubscription[0] = 4;
  return platform;
}

Communicator group_of(int ranks, bool shuffled) {
  Communicator group;
  group.size = ranks;
  group.classes = {0};
  if (!shuffled) return group;
  group.members.resize(ranks);
  std::iota(group.members.begin(), group.members.end(), 0);
  std::shuffle(group.members.begin(), group.members.end(), std::mt19937(1));
  return group;
}

sim::Played play(const Collective& collective, const Communicator& group, const Platform& platform, sim::Mode mode) {
  StepPlan plan;
  plan.ranks = group.size;
  plan.classes = {{"rank", 0, group.size, 1}};
  plan.lanes = {{"compute", LaneKind::compute}, {"data", LaneKind::communication}};
  plan.communicators = {group};
  Operation operation;
  operation.name = "collective";
  operation.lane = 1;
  operation.work = collective;
  plan.operations = {operation};
  plan.step.count = 1;
  plan.step.body.emplace_back(0);
  sim::PlayOptions options;
  options.mode = mode;
  return sim::play(plan, {transfer_cost(collective, group, platform, Calibration{})}, platform, options);
}

struct Totals {
  double messages = 0;
  double seconds = 0;
};

/// One line, or nothing where the algorithm does not exist for the collective.
void print_line(Kind kind, CollectiveAlgorithm algorithm, int ranks, bool shuffled, Totals& totals) {
  std::string line;
  for (const bool tree : {false, true})
    for (const int devices : {1, 8}) {
      const Platform platform = cluster(ranks, devices, tree);
      const Communicator group = group_of(ranks, shuffled);
      const bool exists = feasible_algorithm(algorithm, kind, place(group, platform), platform) == algorithm &&
                          (kind != Kind::all_to_all || (!tree && devices == 1) || ranks <= kMostRanksInPairs);
      for (const double bytes : {1e6, 1e8, 1e9}) {
        if (!exists) {
          line += "       -";
          continue;
        }
        const Collective collective{kind, algorithm, 0, Bytes(bytes)};
        const double flow_s = play(collective, group, platform, sim::Mode::flow).makespan.value();
        const auto start = std::chrono::steady_clock::now();
        const sim::Played messages = play(collective, group, platform, sim::Mode::message);
        totals.seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
        totals.messages += static_cast<double>(messages.flows);
        std::array<char, 32> cell{};
        std::snprintf(cell.data(), cell.size(), " %7.4f", messages.makespan.value() / flow_s);
        line += cell.data();
      }
    }
  if (line.find_first_not_of(" -") == std::string::npos) return;
  const std::string name = std::string(to_string(kind)) + ", " + std::string(to_string(algorithm)) + (shuffled ? ", any order" : "");
  std::printf("%-44s%s\n", name.c_str(), line.c_str());
}

}  // namespace

int main(int count, char** values) {
  const int ranks = bench::argument(count, values, "ranks", 64);
  std::printf("%d ranks; time message by message over flow by flow, of 1 MB, 100 MB and 1 GB\n", ranks);
  std::printf("%-44s%24s%24s%24s%24s\n", "", "switch, 1 a node", "8 a node", "tree 4:1, 1 a node", "8 a node");
  Totals totals;
  using enum CollectiveAlgorithm;
  for (const bool shuffled : {false, true}) print_line(Kind::all_reduce, ring, ranks, shuffled, totals);
  for (const Kind kind : {Kind::all_gather, Kind::reduce_scatter, Kind::all_to_all, Kind::broadcast})
    print_line(kind, ring, ranks, false, totals);
  for (const CollectiveAlgorithm algorithm : {recursive_halving_doubling, recursive_doubling, double_binary_tree, hierarchical})
    for (const Kind kind : {Kind::all_reduce, Kind::all_gather, Kind::reduce_scatter, Kind::broadcast})
      print_line(kind, algorithm, ranks, false, totals);
  std::printf("%.0f messages in %.1f s\n", totals.messages, totals.seconds);
}
