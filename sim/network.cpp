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
#include "io/format.hpp"
#include "platforms/fabric.hpp"
#include "sim/link_spells.hpp"
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
  explicit Engine(const Platform& platform) : fabric(platform) {
    assert(!s4u::Engine::is_initialized());
    std::vector<std::string> options = engine_options();
    std::vector<char*> arguments;
    arguments.reserve(options.size());
    for (std::string& option : options) arguments.push_back(option.data());
    int count = static_cast<int>(arguments.size());
    engine = new s4u::Engine(&count, arguments.data());
    auto* routed = new RoutedZone("cluster", route);
    s4u::NetZone* zone = routed->get_iface();
    sender = zone->create_host("sender", 1.0)->seal();
    receiver = zone->create_host("receiver", 1.0)->seal();
    zone->seal();
    link_zone = s4u::create_star_zone("links");
    link_zone->get_impl()->set_network_model(routed->get_network_model());
    s4u::Activity::on_completion_cb([](const s4u::Activity& activity) {
      const Slot* slot = activity.get_data<Slot>();
      if (slot == nullptr) return;
      slot->spells->flow_ends();
      slot->listener->on_flow_done(slot->tag);
    });
  }

  // Two flows of a slot may be held at once: the last one ends in its own signal, in which the next may start.
  struct Slot {
    std::array<s4u::CommPtr, 2> flows;
    Listener* listener = nullptr;
    LinkSpells* spells = nullptr;
    int tag = 0;
    int next = 0;
  };

  [[nodiscard]] s4u::Link* make_link(const std::string& name, BytesPerSecond bandwidth, bool shared = true) const {
    s4u::Link* link = link_zone->create_link(name, bandwidth.value() * kUnitsPerByte);
    if (!shared) link->set_sharing_policy(s4u::Link::SharingPolicy::FATPIPE);
    return link->seal();
  }

  std::array<s4u::Link*, 2> add_links(RoutedZone::Links& links, const std::string& name, BytesPerSecond out, BytesPerSecond in) const {
    const std::array both{make_link(name + " up", out), make_link(name + " down", in)};
    for (const s4u::Link* link : both) links.push_back(link->get_impl());
    return both;
  }

  // Links inside the network are made when the first flow crosses them: of a large one few jobs use them all.
  RoutedZone::StandardLink* inner_link(std::int64_t index) {
    RoutedZone::StandardLink*& made = inner_links[index];
    if (made == nullptr) {
      const Fabric::Link link = fabric.link(index);
      made = make_link(link.name, link.bandwidth, link.shared)->get_impl();
    }
    return made;
  }

  void start(Slot& slot, Bytes bytes) const {
    s4u::CommPtr comm = s4u::Comm::sendto_init();
    comm->set_payload_size(static_cast<std::uint64_t>(std::max(1.0, std::round(bytes.value() * kUnitsPerByte))));
    comm->set_data(&slot);
    comm->set_source(sender);
    comm->set_destination(receiver);
    slot.next ^= 1;
    slot.flows[slot.next] = std::move(comm);
  }

  Fabric fabric;
  s4u::Engine* engine = nullptr;      ///< never deleted: it ends with the process
  s4u::NetZone* link_zone = nullptr;  ///< outside the platform and never sealed, so that it takes links at any time
  std::unordered_map<std::int64_t, RoutedZone::StandardLink*> inner_links;
  RoutedZone::Links added_links;  ///< outside the fabric
  std::unordered_map<std::string, int> added_by_name;
  RoutedZone::Links route;      ///< of the flow that is being started
  s4u::Host* sender = nullptr;  ///< of all flows: what they share are links
  s4u::Host* receiver = nullptr;
};

struct Network::Part {
  Part(std::shared_ptr<Engine> shared, const Platform& part, int its_ranks)
      : engine(std::move(shared)), platform(part), ranks(its_ranks), spells(part.slow_links) {
    const int nodes = node_of(platform, ranks - 1) + 1;
    if (platform.inter_node.bandwidth > BytesPerSecond(0))
      for (int node = 0; node < nodes; ++node) {
        const std::string name = "node" + std::to_string(platform.place_of(node));
        for (s4u::Link* link : engine->add_links(node_links, name, platform.inter_node_rate(), platform.ingress_rate()))
          spells.follow(*link, node);
      }
    const int devices = platform.devices_per_node;
    if (devices > 1 && platform.intra_node.bandwidth > BytesPerSecond(0))
      for (int rank = 0; rank < ranks; ++rank) {
        const int device = platform.place_of(node_of(platform, rank)) * devices + rank % devices;
        engine->add_links(rank_links, "device" + std::to_string(device), platform.intra_node_rate(), platform.intra_node_rate());
      }
  }

  // Flows that are under way when nobody plays on end unheard.
  ~Part() {
    for (const std::deque<Engine::Slot>* kept : {&slots, &storage_slots})
      for (const Engine::Slot& slot : *kept)
        for (const s4u::CommPtr& flow : slot.flows)
          if (flow && flow->get_state() == s4u::Activity::State::STARTED) {
            flow->set_data(nullptr);
            flow->cancel();
          }
  }
  Part(const Part&) = delete;
  Part& operator=(const Part&) = delete;

  void find_route(const Flow& flow) {
    RoutedZone::Links& route = engine->route;
    if (flow.way != nullptr) {
      route.clear();
      for (const int link : flow.way->links) route.push_back(engine->added_links[link]);
      if (flow.way->node_link >= 0) route.push_back(node_links[flow.way->node_link]);
      return;
    }
    if (flow.inside) {
      route = {rank_links[2 * flow.from], rank_links[2 * flow.to + 1]};
      return;
    }
    const int from = node_of(platform, flow.from), to = node_of(platform, flow.to);
    route.clear();
    if (platform.topology.routes) {
      crossed.clear();
      engine->fabric.route(platform.place_of(from), platform.place_of(to), crossed);
      for (const std::int64_t link : crossed) route.push_back(engine->inner_link(link));
      return;
    }
    route.push_back(node_links[2 * from]);
    if (platform.topology.kind != Topology::Kind::star) {
      crossed.clear();
      engine->fabric.route(platform.place_of(from), platform.place_of(to), crossed);
      for (std::size_t i = 1; i + 1 < crossed.size(); ++i) route.push_back(engine->inner_link(crossed[i]));
    }
    route.push_back(node_links[2 * to + 1]);
  }

  [[nodiscard]] bool one_node(int from, int to) const { return node_of(platform, from) == node_of(platform, to); }

  void launch_all(double date_s) {
    const auto together = waiting.extract(date_s);
    for (const Flow& flow : together.mapped()) launch(flow);
  }

  void launch(const Flow& flow) {
    std::deque<Engine::Slot>& kept = flow.way == nullptr ? slots : storage_slots;
    if (flow.slot >= std::ssize(kept)) kept.resize(flow.slot + 1);
    Engine::Slot& slot = kept[flow.slot];
    slot.listener = listener;
    slot.spells = &spells;
    slot.tag = flow.tag;
    find_route(flow);
    spells.flow_starts();
    engine->start(slot, flow.bytes);
  }

  void listen(Listener& new_listener) {
    listener = &new_listener;
    origin_s = s4u::Engine::get_clock();
    spells.restart(origin_s);
    Timer::set(origin_s, [&new_listener] { new_listener.on_start(); });
  }

  std::shared_ptr<Engine> engine;
  Platform platform;
  int ranks;
  LinkSpells spells;
  RoutedZone::Links node_links;  ///< up and down, by node of the job; none where no link is described
  RoutedZone::Links rank_links;  ///< the same by rank
  std::vector<std::int64_t> crossed;
  std::deque<Engine::Slot> slots;  ///< flows point to theirs
  std::deque<Engine::Slot> storage_slots;
  Listener* listener = nullptr;
  std::map<double, std::vector<Flow>> waiting;  ///< flows whose latency runs, by when it ends
  double origin_s = 0;
};

Network::Network(const Platform& platform, int ranks)
    : part_(std::make_unique<Part>(std::make_shared<Engine>(platform), platform, ranks)) {}

Network::Network(const Network& beside, const Platform& platform, int ranks)
    : part_(std::make_unique<Part>(beside.part_->engine, platform, ranks)) {}

Network::~Network() = default;

int Network::ranks() const { return part_->ranks; }

double Network::clock_s() { return s4u::Engine::get_clock(); }

double Network::now_s() const { return s4u::Engine::get_clock() - part_->origin_s; }

bool Network::joins(int from, int to) const { return part_->one_node(from, to) ? !part_->rank_links.empty() : !part_->node_links.empty(); }

bool Network::one_node(int from, int to) const { return part_->one_node(from, to); }

BytesPerSecond Network::bandwidth(int from, int to) const {
  return part_->one_node(from, to) ? part_->platform.intra_node_rate() : part_->platform.inter_node_rate();
}

int Network::add_link(const std::string& name, BytesPerSecond bandwidth) {
  Engine& engine = *part_->engine;
  const std::string key = name + " " + exact(bandwidth.value());
  const auto [known, added] = engine.added_by_name.try_emplace(key, static_cast<int>(engine.added_links.size()));
  if (added) engine.added_links.push_back(engine.make_link("storage " + key, bandwidth)->get_impl());
  return known->second;
}

void Network::run(Listener& listener) {
  part_->listen(listener);
  part_->engine->engine->run();
}

void Network::start_together(std::span<const Job> jobs) {
  for (const Job& job : jobs) job.network->part_->listen(*job.listener);
}

void Network::play_until(double date_s) { part_->engine->engine->run_until(part_->origin_s + date_s); }

void Network::call_at(double date_s, int token) {
  const double date = std::max(part_->origin_s + date_s, s4u::Engine::get_clock());
  Timer::set(date, [listener = part_->listener, token, date_s] { listener->on_time(token, date_s); });
}

// Latencies are waited for outside the engine. SimGrid 3.32 weights shares by one over the latency of a route; and where the latencies of
// two flows end at the same time, those that share a link with the second alone keep their old rates until something else happens
// (System::enable_var looks at the first link of a variable only).
void Network::start(const Flow& flow) {
  if (flow.latency <= Seconds(0)) return part_->launch(flow);
  const double date_s = s4u::Engine::get_clock() + flow.latency.value();
  std::vector<Flow>& together = part_->waiting[date_s];
  together.push_back(flow);
  if (together.size() == 1) Timer::set(date_s, [part = part_.get(), date_s] { part->launch_all(date_s); });
}

}  // namespace forerun::sim
