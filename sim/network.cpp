#include "sim/network.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <deque>
#include <map>
#include <simgrid/kernel/Timer.hpp>
#include <simgrid/s4u.hpp>
#include <string>
#include <unordered_map>
#include <vector>

#include "costs/price.hpp"
#include "platforms/fabric.hpp"
#include "sim/routed_zone.hpp"

namespace forerun::sim {

namespace {

namespace s4u = simgrid::s4u;
using simgrid::kernel::timer::Timer;

// SimGrid's payloads are whole: a byte is played as many units, so that small and odd buckets keep their digits.
constexpr double kUnitsPerByte = 1024;

std::vector<std::string> engine_options() {
  return {"forerun",
          "--log=xbt_cfg.thres:warning",
          "--cfg=network/model:CM02",
          "--cfg=network/crosstraffic:0",
          "--cfg=network/TCP-gamma:1e18",
          "--cfg=surf/precision:1e-12",
          "--cfg=contexts/factory:raw",
          "--cfg=contexts/nthreads:1",
          "--cfg=contexts/stack-size:256",
          "--cfg=contexts/guard-size:0"};
}

}  // namespace

struct Network::Engine {
  Engine(const Platform& platform_, int ranks_) : platform(platform_), fabric(platform_), ranks(ranks_) {
    assert(!s4u::Engine::is_initialized());
    std::vector<std::string> options = engine_options();
    std::vector<char*> arguments;
    arguments.reserve(options.size());
    for (std::string& option : options) arguments.push_back(option.data());
    int count = static_cast<int>(arguments.size());
    engine = new s4u::Engine(&count, arguments.data());
    auto* routed = new RoutedZone("cluster", route);
    zone = routed->get_iface();
    const int nodes = node_of(platform, ranks - 1) + 1;
    if (platform.inter_node.bandwidth > BytesPerSecond(0))
      for (int node = 0; node < nodes; ++node) add_links(node_links, "node" + std::to_string(node), platform.inter_node_rate());
    if (platform.devices_per_node > 1 && platform.intra_node.bandwidth > BytesPerSecond(0))
      for (int rank = 0; rank < ranks; ++rank) add_links(rank_links, "rank" + std::to_string(rank), platform.intra_node_rate());
    sender = zone->create_host("sender", 1.0)->seal();
    receiver = zone->create_host("receiver", 1.0)->seal();
    zone->seal();
    inner_zone = s4u::create_star_zone("inner");
    inner_zone->get_impl()->set_network_model(routed->get_network_model());
    s4u::Activity::on_completion_cb([this](const s4u::Activity& activity) {
      if (const int* tag = activity.get_data<int>(); tag != nullptr) listener->on_flow_done(*tag);
    });
  }

  void add_links(RoutedZone::Links& links, const std::string& name, BytesPerSecond bandwidth) {
    for (const char* direction : {" up", " down"})
      links.push_back(zone->create_link(name + direction, bandwidth.value() * kUnitsPerByte)->seal()->get_impl());
  }

  void find_route(const Flow& flow) {
    if (flow.inside) {
      route = {rank_links[2 * flow.from], rank_links[2 * flow.to + 1]};
      return;
    }
    const int from = node_of(platform, flow.from), to = node_of(platform, flow.to);
    if (platform.topology.kind == Topology::Kind::star) {
      route = {node_links[2 * from], node_links[2 * to + 1]};
      return;
    }
    crossed.clear();
    fabric.route(from, to, crossed);
    route.clear();
    for (const std::int64_t link : crossed) route.push_back(link < std::ssize(node_links) ? node_links[link] : inner_link(link));
  }

  // Links inside the network are made when the first flow crosses them: of a large one few jobs use them all.
  RoutedZone::StandardLink* inner_link(std::int64_t index) {
    RoutedZone::StandardLink*& made = inner_links[index];
    if (made == nullptr) {
      const Fabric::Link link = fabric.link(index);
      made = inner_zone->create_link(link.name, link.bandwidth.value() * kUnitsPerByte)->seal()->get_impl();
    }
    return made;
  }

  [[nodiscard]] bool one_node(int from, int to) const { return node_of(platform, from) == node_of(platform, to); }

  // Two flows of a slot may be held at once: the last one ends in its own signal, in which the next may start.
  struct Slot {
    std::array<s4u::CommPtr, 2> flows;
    int tag = 0;
    int next = 0;
  };

  void launch_all(double date_s) {
    const auto together = waiting.extract(date_s);
    for (const Flow& flow : together.mapped()) launch(flow);
  }

  void launch(const Flow& flow) {
    if (flow.slot >= std::ssize(slots)) slots.resize(flow.slot + 1);
    Slot& slot = slots[flow.slot];
    slot.tag = flow.tag;
    slot.next ^= 1;
    find_route(flow);
    s4u::CommPtr comm = s4u::Comm::sendto_init();
    comm->set_payload_size(static_cast<std::uint64_t>(std::max(1.0, std::round(flow.bytes.value() * kUnitsPerByte))));
    comm->set_data(&slot.tag);
    comm->set_source(sender);
    comm->set_destination(receiver);
    slot.flows[slot.next] = std::move(comm);
  }

  Platform platform;
  Fabric fabric;
  int ranks;
  s4u::Engine* engine = nullptr;  ///< never deleted: it ends with the process
  s4u::NetZone* zone = nullptr;
  s4u::NetZone* inner_zone = nullptr;  ///< outside the platform and never sealed, so that it takes links at any time
  RoutedZone::Links node_links;        ///< up and down, by node; none where no link is described
  RoutedZone::Links rank_links;        ///< the same by rank
  std::unordered_map<std::int64_t, RoutedZone::StandardLink*> inner_links;
  std::vector<std::int64_t> crossed;
  RoutedZone::Links route;      ///< of the flow that is being started
  s4u::Host* sender = nullptr;  ///< of all flows: what they share are links
  s4u::Host* receiver = nullptr;
  std::deque<Slot> slots;  ///< flows point to theirs
  Listener* listener = nullptr;
  std::map<double, std::vector<Flow>> waiting;  ///< flows whose latency runs, by when it ends
  double origin_s = 0;
};

Network::Network(const Platform& platform, int ranks) : engine_(std::make_unique<Engine>(platform, ranks)) {}

Network::~Network() = default;

int Network::ranks() const { return engine_->ranks; }

double Network::clock_s() { return s4u::Engine::get_clock(); }

double Network::now_s() const { return s4u::Engine::get_clock() - engine_->origin_s; }

bool Network::joins(int from, int to) const {
  return engine_->one_node(from, to) ? !engine_->rank_links.empty() : !engine_->node_links.empty();
}

bool Network::one_node(int from, int to) const { return engine_->one_node(from, to); }

BytesPerSecond Network::bandwidth(int from, int to) const {
  return engine_->one_node(from, to) ? engine_->platform.intra_node_rate() : engine_->platform.inter_node_rate();
}

void Network::run(Listener& listener) {
  engine_->listener = &listener;
  engine_->origin_s = s4u::Engine::get_clock();
  Timer::set(engine_->origin_s, [&listener] { listener.on_start(); });
  engine_->engine->run();
}

void Network::call_at(double date_s, int token) {
  const double date = std::max(engine_->origin_s + date_s, s4u::Engine::get_clock());
  Timer::set(date, [listener = engine_->listener, token, date_s] { listener->on_time(token, date_s); });
}

// Latencies are waited for outside the engine. SimGrid 3.32 weights shares by one over the latency of a route; and where the latencies of
// two flows end at the same time, those that share a link with the second alone keep their old rates until something else happens
// (System::enable_var looks at the first link of a variable only).
void Network::start(const Flow& flow) {
  if (flow.latency <= Seconds(0)) return engine_->launch(flow);
  const double date_s = s4u::Engine::get_clock() + flow.latency.value();
  std::vector<Flow>& together = engine_->waiting[date_s];
  together.push_back(flow);
  if (together.size() == 1) Timer::set(date_s, [engine = engine_.get(), date_s] { engine->launch_all(date_s); });
}

}  // namespace forerun::sim
