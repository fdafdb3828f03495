#include <catch2/catch.hpp>
#include <random>

#include "platforms/fabric.hpp"
#include "tests/sim/max_min.hpp"
#include "tests/sim/networks.hpp"

// Steps of several lanes, whose rings meet on the links of every kind of network, beside what an independent reference makes of them.
using namespace forerun;
using namespace forerun::test;

namespace {

constexpr int kLanes = 3;
constexpr int kLongest = 16;

/// On each lane, over and over: a delay of each rank of its own, then a ring within each group.
struct Contended {
  struct Lane {
    Communicator communicator;
    double delay_s = 0;
    double latency_s = 0;
    double drain_s = 0;
  };
  Contended(const Platform& platform_, unsigned seed) : platform(platform_), random(seed) {
    const int ranks = platform.devices();
    for (Lane& lane : lanes) {
      int groups = pick({1, 2, 3, 4, ranks / 2});
      while (ranks % groups != 0) --groups;
      lane.communicator = everyone(ranks / groups);
      lane.communicator.groups = lane.communicator.inner = groups;
      const bool interleaved = pick({0, 1}) == 1;
      lane.communicator.member_stride = interleaved ? groups : 1;
      lane.communicator.inner_stride = interleaved ? 1 : ranks / groups;
      lane.delay_s = draw(0, 0.1);
      lane.latency_s = draw(0, 0.01);
      lane.drain_s = draw(0.01, 0.2);
    }
    steps = pick({1, 4, kLongest});
    for (int lane = 0; lane < kLanes; ++lane)
      for (int rank = 0; rank < ranks; ++rank)
        for (int step = 0; step < steps; ++step) late.push_back({rank, 2 * lane, step, Seconds(draw(0, 0.05))});
  }

  int pick(std::initializer_list<int> values) { return values.begin()[random() % values.size()]; }
  double draw(double least, double most) { return std::uniform_real_distribution(least, most)(random); }

  [[nodiscard]] sim::Played played() const {
    PlanBuilder plan(platform.devices());
    for (int l = 0; l < kLanes; ++l) {
      const int lane = plan.lane(LaneKind::communication);
      const int communicator = plan.communicator(lanes[l].communicator);
      const int delay = plan.delay(lanes[l].delay_s, {}, lane);
      plan.transfer(0, {{delay, 0}}, lane, communicator);
      plan.costs().back() = flows(lanes[l].latency_s, lanes[l].drain_s);
    }
    return play(plan, steps, platform, late);
  }

  Platform platform;
  std::mt19937 random;
  std::array<Lane, kLanes> lanes;
  int steps = 1;
  std::vector<sim::Perturbation> late;  ///< by lane, rank, step
};

/// When each group of each lane ends each of its rings, worked out without the simulator.
class Expected {
 public:
  explicit Expected(const Contended& job) : job_(job), fabric_(job.platform) {
    for (int lane = 0; lane < kLanes; ++lane)
      for (int group = 0; group < job.lanes[lane].communicator.groups; ++group)
        rings_.push_back({lane, group, {}, 0, arrival(lane, group, 0, 0)});
    while (true) {
      const auto next =
          std::min_element(rings_.begin(), rings_.end(), [](const Ring& a, const Ring& b) { return a.starts_s < b.starts_s; });
      const double date_s = next->starts_s;
      const std::vector<int> ended = network_.advance(std::min(date_s, 1e6));
      for (const int tag : ended) end_flow(rings_[tag]);
      if (!ended.empty()) continue;
      if (date_s == MaxMin::kNever) break;
      begin(static_cast<int>(next - rings_.begin()));
    }
  }

  [[nodiscard]] double finish(int lane, int group, int step) const {
    for (const Ring& ring : rings_)
      if (ring.lane == lane && ring.group == group) return ring.finishes_s.at(step);
    throw std::out_of_range("no such ring");
  }

 private:
  struct Ring {
    int lane;
    int group;
    std::vector<double> finishes_s;
    int flows_left;
    double starts_s;
  };

  [[nodiscard]] double arrival(int lane, int group, int step, double ready_s) const {
    const Communicator& members = job_.lanes[lane].communicator;
    double last_s = 0;
    for (int member = 0; member < members.size; ++member)
      last_s =
          std::max(last_s, job_.late[(lane * job_.platform.devices() + members.rank(group, member)) * job_.steps + step].added.value());
    return ready_s + job_.lanes[lane].delay_s + last_s;
  }

  void begin(int index) {
    Ring& ring = rings_[index];
    const Contended::Lane& lane = job_.lanes[ring.lane];
    const int size = lane.communicator.size;
    for (int member = 0; member < size; ++member) {
      const int from = lane.communicator.rank(ring.group, member);
      const int to = lane.communicator.rank(ring.group, (member + 1) % size);
      network_.start({route(from, to), lane.drain_s * kBandwidth, ring.starts_s + lane.latency_s, index});
    }
    ring.flows_left = size;
    ring.starts_s = MaxMin::kNever;
  }

  void end_flow(Ring& ring) {
    if (--ring.flows_left > 0) return;
    ring.finishes_s.push_back(network_.now_s());
    const int step = static_cast<int>(ring.finishes_s.size());
    if (step < job_.steps) ring.starts_s = arrival(ring.lane, ring.group, step, network_.now_s());
  }

  [[nodiscard]] std::vector<MaxMin::Link> route(int from, int to) const {
    const int devices = job_.platform.devices_per_node;
    std::vector<MaxMin::Link> links;
    if (from / devices == to / devices) {
      for (const int end : {2 * from, 2 * to + 1}) links.push_back({-1 - end, job_.platform.intra_node.bandwidth.value()});
      return links;
    }
    std::vector<std::int64_t> crossed;
    fabric_.route(from / devices, to / devices, crossed);
    for (const std::int64_t link : crossed) links.push_back({link, fabric_.bandwidth(link).value()});
    return links;
  }

  const Contended& job_;
  Fabric fabric_;
  MaxMin network_;
  std::vector<Ring> rings_;
};

}  // namespace

TEST_CASE("the reference shares links by max-min fairness") {
  // Three flows on link 0, a third each; a fourth has the other two thirds of link 1.
  MaxMin network;
  for (int flow = 0; flow < 3; ++flow) network.start({{{0, 3.0}, {1 + flow, 3.0}}, 1.0, 0.0, flow});
  network.start({{{1, 3.0}}, 1.0, 0.0, 3});
  CHECK(network.advance(10) == std::vector<int>{3});
  CHECK(network.now_s() == Approx(0.5));
  CHECK(network.advance(10) == std::vector<int>{0, 1, 2});
  CHECK(network.now_s() == Approx(1));
}

TEST_CASE("over every network the simulator shares links as an independent max-min reference does, up to 16 contended steps") {
  std::map<int, int> runs;
  double longest_wait = 0;
  for (const Platform& platform : networks())
    for (unsigned seed = 0; seed < 6; ++seed) {
      const Contended job(platform, 100 * platform.devices() + seed);
      INFO(to_string(platform.topology.kind) << " of " << platform.nodes << " x " << platform.devices_per_node << ", seed " << seed << ", "
                                             << job.steps << " steps");
      ++runs[job.steps];
      const Expected expected(job);
      const sim::Played played = job.played();
      for (int lane = 0; lane < kLanes; ++lane) {
        const Communicator& members = job.lanes[lane].communicator;
        for (int group = 0; group < members.groups; ++group)
          for (int step = 0; step < job.steps; ++step) {
            const double ours = finish(played, members.rank(group, 0), 2 * lane + 1, step);
            REQUIRE(ours == Approx(expected.finish(lane, group, step)).epsilon(1e-6));
            const double alone = job.lanes[lane].latency_s + job.lanes[lane].drain_s;
            longest_wait = std::max(longest_wait, (ours - start(played, members.rank(group, 0), 2 * lane + 1, step)) / alone);
          }
      }
    }
  CHECK(runs[kLongest] >= 10);
  CHECK(longest_wait > 3);
}
