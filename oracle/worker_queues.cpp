#include "oracle/worker_queues.hpp"

#include <array>
#include <cmath>
#include <cstddef>
#include <vector>

#include "oracle/asynchronous.hpp"

namespace forerun::oracle {
namespace {

constexpr int kMostRounds = 2000;
constexpr double kSettled = 1e-10;  // relative, of the rate from round to round

/// The queues that a worker meets, with what it asks of each.
struct Visit {
  int queue = 0;
  double demand_s = 0;
  double held_s = 0;  ///< of the worker there
};
using Visits = std::array<Visit, 3>;  // outward, inward, updating

/// Queues are numbered: the server's outward and inward link and its device, then each node's links, then those inside the network.
class Queues {
 public:
  explicit Queues(const ServerLoad& load) : load_(load) {
    for (int w = 0; w < load.workers; ++w) visits_.push_back(visits_of(w, w / load.node_workers));
    lengths_.assign(3 + 2 * static_cast<std::size_t>(load.nodes) + load.inner.loads.size(), 0);
  }

  QueuedRate settle() {
    double demands = 0;
    for (const Visits& visits : visits_)
      for (const Visit& visit : visits) demands += visit.demand_s;
    const double apart = std::max(0.0, load_.cycle.value() - demands / load_.workers);
    double rate = 0;
    for (int round = 0; round < kMostRounds; ++round) {
      const double before = rate;
      rate = 0;
      for (Visits& visits : visits_) rate += meet(visits, apart);
      if (std::abs(rate - before) <= kSettled * rate) break;
    }
    return {rate, waited(0) + waited(1), waited(2)};
  }

 private:
  [[nodiscard]] Visits visits_of(int worker, int node) const {
    Visits visits{{{0, load_.outward.value()}, {1, load_.inward.value()}, {2, load_.updating.value()}}};
    for (int direction = 0; direction < 2; ++direction) {
      Visit& visit = visits[static_cast<std::size_t>(direction)];
      double most = load_.workers * visit.demand_s;
      const auto busier = [&](int queue, double demand, double all) {
        if (all > most) visit = {queue, demand}, most = all;
      };
      const double node_s = load_.node.value();
      busier(3 + 2 * node + direction, node_s, node_s * load_.workers / load_.nodes);
      for (const InnerLinks::Crossing& crossing : load_.inner.workers[static_cast<std::size_t>(worker)])
        if (crossing.outward == (direction == 0))
          busier(3 + 2 * load_.nodes + crossing.link, crossing.busy.value(),
                 load_.inner.loads[static_cast<std::size_t>(crossing.link)].value());
    }
    return visits;
  }

  // The worker's rate, and where it stays while others are as they are.
  double meet(Visits& visits, double apart) {
    std::array<double, 3> stays{};
    double cycle = apart;
    for (std::size_t k = 0; k < visits.size(); ++k) {
      const Visit& visit = visits[k];
      cycle += stays[k] = visit.demand_s * (1 + lengths_[static_cast<std::size_t>(visit.queue)] - visit.held_s);
    }
    for (std::size_t k = 0; k < visits.size(); ++k) {
      Visit& visit = visits[k];
      lengths_[static_cast<std::size_t>(visit.queue)] += stays[k] / cycle - visit.held_s;
      visit.held_s = stays[k] / cycle;
    }
    return 1 / cycle;
  }

  // Behind others, the mean over the workers.
  [[nodiscard]] double waited(std::size_t k) const {
    double sum = 0;
    for (const Visits& visits : visits_)
      sum += visits[k].demand_s * (lengths_[static_cast<std::size_t>(visits[k].queue)] - visits[k].held_s);
    return sum / load_.workers;
  }

  const ServerLoad& load_;
  std::vector<Visits> visits_;
  std::vector<double> lengths_;  ///< how many workers each queue holds
};

}  // namespace

QueuedRate rate_of_routes(const ServerLoad& load) { return Queues(load).settle(); }

}  // namespace forerun::oracle
