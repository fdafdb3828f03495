#include "sim/disk_player.hpp"

#include <algorithm>
#include <limits>
#include <string>

#include "costs/disk_time.hpp"
#include "costs/placement.hpp"
#include "platforms/fabric.hpp"

namespace forerun::sim {

namespace {

// A request is played as so many bytes: the engine's payloads are whole.
constexpr double kBytesPerRequest = 1e6;

}  // namespace

DiskPlayer::DiskPlayer(const StepPlan& plan, const std::vector<OperationCost>& costs, const Platform& platform, const Folding& folding,
                       Contention contention, Network& network)
    : plan_(plan), costs_(costs), platform_(platform), folding_(folding), network_(network), plays_(plan.operations.size(), 0) {
  for (int i = 0; i < static_cast<int>(plan.operations.size()) && contention == Contention::on; ++i) {
    const auto* access = std::get_if<DiskAccess>(&plan.operations[i].work);
    if (access == nullptr || costs[i].drain <= Seconds(0)) continue;
    plays_[i] = 1;
    if (access->communicator < 0) continue;
    const Communicator& groups = plan.communicators[access->communicator];
    std::vector<char>& members = members_[i];
    members.assign(plan.ranks, 0);
    for (int group = 0; group < groups.groups; ++group) members[groups.rank(group, 0)] = 1;
  }
}

bool DiskPlayer::takes_part(int rank, int operation) const {
  if (std::get<DiskAccess>(plan_.operations[operation].work).rank == DiskAccess::Demand{}) return false;
  const auto some = members_.find(operation);
  return some == members_.end() || some->second[rank] != 0;
}

DiskPlayer::Way& DiskPlayer::way_of_rank(int rank, int operation) {
  const auto [place, added] = ways_.try_emplace({rank, operation});
  if (added) lay_links(place->second, rank, std::get<DiskAccess>(plan_.operations[operation].work));
  place->second.of_bytes.latency = place->second.of_requests.latency = costs_[operation].latency;
  return place->second;
}

void DiskPlayer::lay_links(Way& way, int rank, const DiskAccess& access) {
  const Storage& storage = storage_of(access, platform_);
  const Storage::Access& own = way_of(access, storage);
  const bool reads = access.direction == DiskAccess::Direction::read;
  const bool of_reads = reads || storage.one_budget;
  const Storage::Access& shared = of_reads ? storage.read : own;
  const int node = node_of(platform_, rank), place = platform_.place_of(node);
  const std::string name = storage.name + (storage.is_own() ? " of node " + std::to_string(place) : "") + (of_reads ? " read" : " write");
  // A rank stands for its copies, which share a server with it.
  const double shares = storage.is_own() ? 1.0 : folding_.copies();
  double least_s = 0;
  const auto cross = [&](StorageWay& links, const std::string& link, double capacity, double amount, double whole) {
    links.links.push_back(network_.add_link(link, BytesPerSecond(capacity / shares)));
    least_s = std::max(least_s, amount * shares / whole);
  };
  double bytes = access.rank.bytes.value();
  if (own.bandwidth > BytesPerSecond(0)) {
    if (of_reads && !reads) bytes *= shared.bandwidth / own.bandwidth;
    cross(way.bytes, name, shared.bandwidth.value(), bytes, shared.bandwidth.value());
  }
  if (const double open_s = connection_time(access, platform_).value(); open_s > 0) {
    // A reader's connections are none of a writer's, whatever their budget.
    const std::string device = std::to_string(place * platform_.devices_per_node + rank % platform_.devices_per_node);
    const double capacity = bytes / open_s;
    way.bytes.links.push_back(network_.add_link(name + (reads ? " to device " : " from device ") + device, BytesPerSecond(capacity)));
    least_s = std::max(least_s, open_s);
  }
  if (!storage.is_own() && platform_.inter_node.bandwidth > BytesPerSecond(0)) {
    way.bytes.node_link = static_cast<int>(reads ? Fabric::down(node) : Fabric::up(node));
    least_s = std::max(least_s, bytes / node_rate(access, platform_).value());
  }
  double requests = access.rank.requests;
  if (own.requests_per_s > 0 && requests > 0) {
    if (of_reads && !reads && shared.requests_per_s > 0) requests *= shared.requests_per_s / own.requests_per_s;
    const double most = shared.requests_per_s > 0 ? shared.requests_per_s : own.requests_per_s;
    cross(way.requests, name + " requests", most * kBytesPerRequest, requests, most);
  }
  way.of_bytes.bytes = Bytes(bytes);
  way.of_requests.bytes = Bytes(requests * kBytesPerRequest);
  way.of_bytes.way = &way.bytes;
  way.of_requests.way = &way.requests;
  way.least_s = least_s;
}

void DiskPlayer::begin(int place, int rank, int operation, int slot, double start_s) {
  Way& way = way_of_rank(rank, operation);
  const double bound_s = start_s + (costs_[operation].latency.value() + way.least_s) * kSlightlyLess;
  under_way_[place] = {&way, {rank, slot}, 0, bound_s};
  bounds_.insert(bound_s);
}

int DiskPlayer::launch(int place) {
  Access& access = under_way_.at(place);
  int number = 0;
  for (Flow Way::*flow : {&Way::of_bytes, &Way::of_requests}) {
    Flow started = access.way->*flow;
    if (started.way->links.empty() && started.way->node_link < 0) continue;
    started.tag = -1 - place;
    started.slot = 2 * place + number++;
    network_.start(started);
  }
  return access.flows = number;
}

bool DiskPlayer::flow_done(int place) { return --under_way_.at(place).flows == 0; }

DiskPlayer::Finished DiskPlayer::finish(int place) {
  const auto access = under_way_.find(place);
  const Finished who = access->second.who;
  bounds_.erase(bounds_.find(access->second.bound_s));
  under_way_.erase(access);
  return who;
}

double DiskPlayer::earliest_s() const { return bounds_.empty() ? std::numeric_limits<double>::infinity() : *bounds_.begin(); }

}  // namespace forerun::sim
