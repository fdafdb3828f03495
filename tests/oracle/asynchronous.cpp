#include "oracle/asynchronous.hpp"

#include <catch2/catch.hpp>
#include <random>

using namespace forerun;
using namespace forerun::oracle;

namespace {

ServerLoad load(int workers, double compute_s, double outward_s, double inward_s, double updating_s) {
  ServerLoad load;
  load.workers = workers;
  load.outward = Seconds(outward_s);
  load.inward = Seconds(inward_s);
  load.updating = Seconds(updating_s);
  load.cycle = Seconds(compute_s) + load.total();
  load.quickest = load.cycle;
  return load;
}

/// Workers on the first devices, and a server on `server`; each pull takes 2 s and each push 4 s at the rate that a node sends.
ServerCycle cycle(int workers, int server) {
  ServerCycle cycle;
  cycle.servers = {server};
  for (int worker = 0; worker < workers; ++worker) cycle.workers.push_back(worker);
  cycle.pulls.push_back({.server = 0, .bytes = Bytes(2e9), .drain = Seconds(2)});
  cycle.pushes.push_back({.server = 0, .bytes = Bytes(4e9), .drain = Seconds(4)});
  return cycle;
}

/// That take in so many times as much as they send.
Platform nodes(int devices, double ingress) {
  Platform platform;
  platform.nodes = 4;
  platform.devices_per_node = devices;
  platform.inter_node = {BytesPerSecond(1e9), Seconds(0)};
  platform.ingress = BytesPerSecond(ingress * 1e9);
  return platform;
}

}  // namespace

TEST_CASE("gradients load a server's link, and variables that of a node with several workers, as fast as nodes take in") {
  const ServerLoad apart = server_load(cycle(2, 2), nodes(1, 8), Seconds(9), Seconds(9));
  CHECK(apart.outward == Seconds(2));
  CHECK(apart.inward == Seconds(0.5));
  CHECK(apart.node == Seconds(0));
  CHECK(server_load(cycle(2, 2), nodes(1, 1), Seconds(9), Seconds(9)).inward == Seconds(4));
  ServerCycle more_out = cycle(2, 2);
  more_out.pulls.front().drain = Seconds(40);
  CHECK(server_load(more_out, nodes(2, 8), Seconds(9), Seconds(9)).node == Seconds(5));
  CHECK(server_load(cycle(2, 2), nodes(2, 8), Seconds(9), Seconds(9)).node == Seconds(4));
}

TEST_CASE("a worker on the server's node leaves the node's link to the others") {
  // Of three workers the first two are on the server's node.
  const ServerLoad load = server_load(cycle(3, 0), nodes(2, 8), Seconds(9), Seconds(9));
  CHECK(load.outward == Seconds(0));
  CHECK(load.node == Seconds(0));
  std::vector<double> crossed;
  for (const RouteLinks::Crossing& crossing : load.links.workers.back()) crossed.push_back(crossing.busy.value());
  std::ranges::sort(crossed);
  CHECK(crossed == std::vector<double>{0.25, 0.5, 2, 4});
  CHECK(load.links.workers[0].empty());
  CHECK(load.links.workers[1].empty());
}

TEST_CASE("one asynchronous worker makes an update a cycle") {
  CHECK(asynchronous_rate(load(1, 3, 1, 2, 0.5)).updates_per_s == Approx(1 / 6.5));
}

TEST_CASE("two workers and one queue follow the textbook's recursion") {
  // R = D (1 + Q), Q = X R: with D = 1 and Z = 2, Q(1) = 1/3, R = 4/3, X = 2 / (10/3).
  const AsynchronousRate rate = asynchronous_rate(load(2, 2, 1, 0, 0));
  CHECK(rate.updates_per_s == Approx(0.6));
  CHECK(rate.queued_for_links.value() == Approx(1.0 / 3));
  CHECK(rate.queued_for_updates.value() == Approx(0).margin(1e-12));
}

TEST_CASE("many workers are held back by the busiest of the server's links and its device") {
  CHECK(asynchronous_rate(load(1000, 2, 0.1, 0.3, 0.2)).updates_per_s == Approx(1 / 0.3).epsilon(1e-3));
  CHECK(asynchronous_rate(load(1000, 2, 0.1, 0.1, 0.4)).updates_per_s == Approx(1 / 0.4).epsilon(1e-3));
}

TEST_CASE("the rate lies between its bounds, grows with workers and falls with every demand") {
  std::mt19937 random(3);
  std::uniform_real_distribution<double> draw(0, 2);
  for (int round = 0; round < 500; ++round) {
    const double compute = draw(random), out = draw(random), in = draw(random), update = draw(random);
    const int workers = 1 + static_cast<int>(random() % 64);
    const ServerLoad given = load(workers, compute, out, in, update);
    const RateBounds bounds = rate_bounds(given);
    const double rate = asynchronous_rate(given).updates_per_s;
    CHECK(rate >= bounds.least_per_s * (1 - 1e-12));
    CHECK(rate <= bounds.most_per_s * (1 + 1e-12));
    CHECK(asynchronous_rate(load(workers + 1, compute, out, in, update)).updates_per_s >= rate * (1 - 1e-12));
    CHECK(asynchronous_rate(load(workers, compute, 2 * out, in, update)).updates_per_s <= rate * (1 + 1e-12));
    CHECK(asynchronous_rate(load(workers, compute, out, in, 2 * update)).updates_per_s <= rate * (1 + 1e-12));
  }
}

TEST_CASE("waiting for servers is part of the step") {
  Evaluation alone;
  alone.parts.compute = Seconds(3);
  alone.parts.comm_exposed = Seconds(3);
  alone.step = Seconds(6);
  const ServerLoad given = load(4, 3, 1, 1, 1);
  const Evaluation step = asynchronous_step(given, asynchronous_rate(given), alone);
  CHECK(step.step.value() == Approx(4 / asynchronous_rate(given).updates_per_s));
  CHECK(step.parts.total().value() == Approx(step.step.value()).epsilon(1e-12));
  CHECK(step.parts.compute == Seconds(3));
  CHECK(step.parts.bubble > Seconds(0));
}
