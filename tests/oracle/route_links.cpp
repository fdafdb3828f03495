#include "oracle/route_links.hpp"

#include <catch2/catch.hpp>

#include "oracle/asynchronous.hpp"
#include "oracle/worker_queues.hpp"

using namespace forerun;
using namespace forerun::oracle;

namespace {

/// Groups of two nodes with four devices each; a link of 1 GB/s joins each two groups, all others have a hundred times as much.
Platform dragonfly() {
  Platform platform;
  platform.nodes = 8;
  platform.devices_per_node = 4;
  platform.inter_node = {BytesPerSecond(1e11), Seconds(0)};
  platform.topology.kind = Topology::Kind::dragonfly;
  platform.topology.shape = {1, 2};
  platform.topology.local = BytesPerSecond(1e11);
  platform.topology.global = BytesPerSecond(1e9);
  return platform;
}

/// Workers on the first devices, and a server on the first device of the fifth node, which sends 1 GB and takes 2.
ServerCycle cycle(int workers) {
  ServerCycle cycle;
  cycle.servers = {16};
  for (int worker = 0; worker < workers; ++worker) cycle.workers.push_back(worker);
  cycle.pulls.push_back({.server = 0, .bytes = Bytes(1e9)});
  for (int part = 0; part < 2; ++part) cycle.pushes.push_back({.server = 0, .bytes = Bytes(1e9)});
  return cycle;
}

/// As many updates as one link allows, of workers that ask it for so much; another worker crosses none.
double most(const std::vector<double>& demands_s) {
  RouteLinks links;
  links.loads.emplace_back();
  for (const double demand : demands_s) {
    links.workers.push_back({{0, Seconds(demand)}});
    links.loads[0] += Seconds(demand);
  }
  links.workers.emplace_back();
  return most_updates_per_s(links, Seconds(1));
}

}  // namespace

TEST_CASE("workers of one group have one link to the server's group between them") {
  const RouteLinks links = route_links(cycle(15), dragonfly());
  std::vector<double> loads;
  for (const Seconds load : links.loads) loads.push_back(load.value());
  std::ranges::sort(loads, std::greater());
  // Eight workers of the first group, seven of the second; twice as much towards the server.
  REQUIRE(loads.size() > 4);
  CHECK(loads[0] == Approx(16));
  CHECK(loads[1] == Approx(14));
  CHECK(loads[2] == Approx(8));
  CHECK(loads[3] == Approx(7));
  CHECK(loads[4] < 1);
  // Of eight flows at once each has an eighth of the link.
  CHECK(links.shared.value() == Approx(24));
  // The lighter direction allows more than half an update a second on each of the two links.
  CHECK(most_updates_per_s(links, Seconds(1e-3)) == Approx(1));
}

TEST_CASE("one switch has no links inside, nor has a node, nor has a group that the server is in one that is slow") {
  Platform platform = dragonfly();
  platform.topology = {};
  CHECK(route_links(cycle(15), platform).none());
  ServerCycle beside = cycle(4);
  beside.servers = {0};
  CHECK(route_links(beside, dragonfly()).none());
  beside.servers = {4};
  for (const Seconds load : route_links(beside, dragonfly()).loads) CHECK(load.value() < 1);
}

TEST_CASE("a link that is full is left to the workers that ask it for least, and others go on") {
  CHECK(most({0.5, 0.5}) == Approx(3));
  CHECK(most({1, 1}) == Approx(2));
  CHECK(most({0.25, 1}) == Approx(2.75));
  CHECK(most({4, 4, 4, 4}) == Approx(1.25));
}

TEST_CASE("workers of differing routes make an update a cycle alone, and as many as a link lets through where they are many") {
  for (const int workers : {1, 400}) {
    ServerLoad load;
    load.workers = workers;
    load.cycle = load.quickest = Seconds(5);
    load.links.loads = {workers * Seconds(0.5)};
    load.links.workers.assign(static_cast<std::size_t>(workers), {{0, Seconds(0.5)}});
    CHECK(rate_of_routes(load).updates_per_s == Approx(workers == 1 ? 0.2 : 2).epsilon(1e-3));
    CHECK(asynchronous_rate(load).updates_per_s <= (workers == 1 ? 0.2 : 2.0) * (1 + 1e-12));
  }
}

TEST_CASE("a worker that waits at another link takes its part of those that it crosses") {
  // Both cross link 0, which one of them waits at; the other waits at link 1, which has more to carry. Neither meets anybody.
  ServerLoad load;
  load.workers = 2;
  load.cycles = {Seconds(3), Seconds(10)};
  load.cycle = Seconds(6.5);
  load.quickest = Seconds(1);
  load.links.loads = {Seconds(3), Seconds(5)};
  load.links.workers = {{{0, Seconds(1)}}, {{0, Seconds(2)}, {1, Seconds(5)}}};
  const double other_per_s = 1 / 10.0, crossed = 2 * other_per_s;
  const QueuedRate rate = rate_of_routes(load);
  CHECK(rate.updates_per_s == Approx(other_per_s + 1 / (2 + 1 / (1 - crossed))));
  CHECK(rate.for_links_s == Approx((1 / (1 - crossed) - 1) / 2));
  CHECK(rate.for_updates_s == Approx(0).margin(1e-12));
}

TEST_CASE("a link that others fill is left to those that wait there by a fair share") {
  ServerLoad load;
  load.workers = 3;
  load.cycles = {Seconds(3), Seconds(10), Seconds(10)};
  load.cycle = Seconds(23.0 / 3);
  load.quickest = Seconds(1);
  load.links.loads = {Seconds(19), Seconds(20), Seconds(20)};
  load.links.workers = {{{0, Seconds(1)}}, {{0, Seconds(9)}, {1, Seconds(10)}}, {{0, Seconds(9)}, {2, Seconds(10)}}};
  CHECK(rate_of_routes(load).updates_per_s == Approx(2 / 10.0 + 1 / (2 + 3.0)));
}
