#include "oracle/route_links.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <unordered_map>
#include <utility>

#include "costs/placement.hpp"
#include "oracle/server_routes.hpp"
#include "platforms/fabric.hpp"

namespace forerun::oracle {
namespace {

using Route = std::vector<std::int64_t>;

/// Bytes of one update, by server.
std::vector<Bytes> bytes_of(const std::vector<ServerCycle::Message>& messages, std::size_t servers) {
  std::vector<Bytes> bytes(servers);
  for (const ServerCycle::Message& message : messages) bytes[static_cast<std::size_t>(message.server)] += message.bytes;
  return bytes;
}

/// Lays the messages of all workers over the links.
class Layer {
 public:
  Layer(const ServerCycle& cycle, const Platform& platform)
      : cycle_(cycle), platform_(platform), fabric_(platform), first_(beside_servers(cycle, platform) ? 0 : fabric_.first_inner()) {
    links_.workers.resize(cycle.workers.size());
  }

  RouteLinks lay() {
    const std::vector<Bytes> pulls = bytes_of(cycle_.pulls, cycle_.servers.size());
    const std::vector<Bytes> pushes = bytes_of(cycle_.pushes, cycle_.servers.size());
    for (std::size_t w = 0; w < cycle_.workers.size(); ++w)
      for (std::size_t s = 0; s < cycle_.servers.size(); ++s) message(w, s, pulls[s], true), message(w, s, pushes[s], false);
    if (links_.none()) return std::move(links_);
    for (std::size_t w = 0; w < cycle_.workers.size(); ++w) {
      Seconds sum;
      for (std::size_t s = 0; s < cycle_.servers.size(); ++s) sum += fair_time(w, s, pulls[s], true) + fair_time(w, s, pushes[s], false);
      links_.shared = std::max(links_.shared, sum);
    }
    return std::move(links_);
  }

 private:
  /// The worker that crossed a link last, and where that stands.
  struct Last {
    std::size_t worker = std::numeric_limits<std::size_t>::max();
    std::size_t crossing = 0;
  };

  /// Links of devices have the numbers after the fabric's.
  [[nodiscard]] Route route(std::size_t worker, std::size_t server, bool outward) const {
    std::int64_t from = cycle_.servers[server], to = cycle_.workers[worker];
    if (!outward) std::swap(from, to);
    const bool inside = node_of(platform_, static_cast<int>(from)) == node_of(platform_, static_cast<int>(to));
    if (inside && from != to && platform_.intra_node.bandwidth > BytesPerSecond(0))
      return {fabric_.links() + 2 * from, fabric_.links() + 2 * to + 1};
    Route route = route_between(fabric_, platform_, static_cast<int>(from), static_cast<int>(to));
    std::erase_if(route, [&](std::int64_t link) { return link < first_; });
    return route;
  }

  [[nodiscard]] bool shared(std::int64_t link) const { return link >= fabric_.links() || fabric_.shared(link); }
  [[nodiscard]] BytesPerSecond bandwidth(std::int64_t link) const {
    return link < fabric_.links() ? fabric_.bandwidth(link) : platform_.intra_node_rate();
  }

  void message(std::size_t worker, std::size_t server, Bytes bytes, bool outward) {
    for (const std::int64_t index : route(worker, server, outward)) {
      if (!shared(index) || bytes == Bytes(0)) continue;
      const auto [place, added] = places_.try_emplace(index, static_cast<int>(links_.loads.size()));
      if (added) links_.loads.emplace_back(), flows_.push_back(0), last_.emplace_back();
      const int link = place->second;
      const Seconds busy = bytes / bandwidth(index);
      links_.loads[static_cast<std::size_t>(link)] += busy;
      ++flows_[static_cast<std::size_t>(link)];
      std::vector<RouteLinks::Crossing>& crossings = links_.workers[worker];
      Last& last = last_[static_cast<std::size_t>(link)];
      if (std::exchange(last.worker, worker) == worker) {
        crossings[last.crossing].busy += busy;
      } else {
        last.crossing = crossings.size();
        crossings.push_back({link, busy, outward});
      }
    }
  }

  // A flow has its part at least of each link that it crosses, of as many as may be under way.
  [[nodiscard]] Seconds fair_time(std::size_t worker, std::size_t server, Bytes bytes, bool outward) const {
    Seconds longest;
    for (const std::int64_t index : route(worker, server, outward)) {
      const auto place = places_.find(index);
      const double flows = place == places_.end() ? 1 : flows_[static_cast<std::size_t>(place->second)];
      longest = std::max(longest, flows * (bytes / bandwidth(index)));
    }
    return longest;
  }

  const ServerCycle& cycle_;
  const Platform& platform_;
  Fabric fabric_;
  std::int64_t first_;                            ///< link that is looked at
  std::unordered_map<std::int64_t, int> places_;  ///< of links, in the order in which they are met
  std::vector<int> flows_;                        ///< by link, of all workers
  std::vector<Last> last_;                        ///< by link
  RouteLinks links_;
};

/// Of workers that ask a link for so many seconds an update, the lightest first; none is quicker than `quickest_s`.
double filled_with(std::vector<double> demands, double quickest_s) {
  std::ranges::sort(demands);
  double rate = 0, left = 1;
  for (const double demand : demands) {
    const double updates = std::min(1 / quickest_s, demand > 0 ? left / demand : 1 / quickest_s);
    rate += updates;
    left = std::max(0.0, left - updates * demand);
  }
  return rate;
}

}  // namespace

// Workers fill the first nodes.
bool beside_servers(const ServerCycle& cycle, const Platform& platform) {
  return std::ranges::any_of(cycle.servers,
                             [&](int server) { return node_of(platform, server) <= node_of(platform, cycle.workers.back()); });
}

RouteLinks route_links(const ServerCycle& cycle, const Platform& platform) {
  if (platform.topology.kind == Topology::Kind::star && !beside_servers(cycle, platform)) return {};
  return Layer(cycle, platform).lay();
}

double most_updates_per_s(const RouteLinks& links, Seconds quickest) {
  const auto all = static_cast<double>(links.workers.size());
  std::vector<std::vector<double>> apart(links.loads.size()), everybody(links.loads.size());
  double elsewhere = 0;
  for (const std::vector<RouteLinks::Crossing>& crossings : links.workers) {
    for (const RouteLinks::Crossing& crossing : crossings)
      everybody[static_cast<std::size_t>(crossing.link)].push_back(crossing.busy.value());
    const auto busiest = std::ranges::max_element(
        crossings, {}, [&](const RouteLinks::Crossing& crossing) { return links.loads[static_cast<std::size_t>(crossing.link)]; });
    if (busiest == crossings.end())
      elsewhere += 1 / quickest.value();
    else
      apart[static_cast<std::size_t>(busiest->link)].push_back(busiest->busy.value());
  }
  double together = elsewhere, most = all / quickest.value();
  for (std::size_t link = 0; link < links.loads.size(); ++link) {
    together += filled_with(apart[link], quickest.value());
    const double others = (all - static_cast<double>(everybody[link].size())) / quickest.value();
    most = std::min(most, others + filled_with(everybody[link], quickest.value()));
  }
  return std::min(most, together);
}

}  // namespace forerun::oracle
