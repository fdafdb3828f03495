#include "oracle/worker_queues.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <vector>

#include "oracle/asynchronous.hpp"

namespace forerun::oracle {
namespace {

constexpr int kMostRounds = 2000;
constexpr double kSettled = 1e-10;  // relative, of the rate from round to round

/// What a worker's update asks of a queue that it waits in, or of a link that it only crosses.
struct Visit {
  std::size_t queue = 0;
  double demand_s = 0;
  double held_s = 0;  ///< of the worker, where it waits there
};

struct Worker {
  std::array<Visit, 3> visits;  ///< outward, inward, updating
  std::vector<Visit> crossings;
  double apart_s = 0;  ///< of its cycle, what no queue is met in
  double per_s = 0;    ///< updates
};

/// A link in one direction, or a device.
struct Queue {
  double length = 0;   ///< how many workers it holds
  double crossed = 0;  ///< share of it that workers take who wait elsewhere
  int users = 0;       ///< of both kinds
};

/// Queues are numbered: the server's outward and inward link and its device, then each node's links, then those inside the network.
class Queues {
 public:
  explicit Queues(const ServerLoad& load) : load_(load), queues_(3 + 2 * static_cast<std::size_t>(load.nodes) + load.inner.loads.size()) {
    for (int w = 0; w < load.workers; ++w) workers_.push_back(worker(w, static_cast<std::size_t>(w / load.node_workers)));
    for (const Worker& worker : workers_) {
      for (const Visit& visit : worker.visits) ++queues_[visit.queue].users;
      for (const Visit& crossing : worker.crossings) ++queues_[crossing.queue].users;
    }
    set_apart();
  }

  QueuedRate settle() {
    double rate = 0;
    for (int round = 0; round < kMostRounds; ++round) {
      const double before = rate;
      rate = 0;
      for (Worker& worker : workers_) rate += meet(worker);
      if (std::abs(rate - before) <= kSettled * rate) break;
    }
    return {rate, waited(0) + waited(1), waited(2)};
  }

 private:
  [[nodiscard]] Worker worker(int index, std::size_t node) const {
    Worker worker{{{{0, load_.outward.value()}, {1, load_.inward.value()}, {2, load_.updating.value()}}}, {}};
    for (std::size_t direction = 0; direction < 2; ++direction) {
      Visit& visit = worker.visits[direction];
      double most = load_.workers * visit.demand_s;
      const auto cross = [&](std::size_t queue, double demand_s, double all_s) {
        Visit other{queue, demand_s};
        if (all_s > most) std::swap(visit, other), most = all_s;
        if (other.demand_s > 0) worker.crossings.push_back(other);
      };
      const double node_s = load_.node.value();
      cross(3 + 2 * node + direction, node_s, node_s * load_.workers / load_.nodes);
      for (const InnerLinks::Crossing& crossing : load_.inner.workers[static_cast<std::size_t>(index)]) {
        const auto link = static_cast<std::size_t>(crossing.link);
        if (crossing.outward == (direction == 0))
          cross(3 + 2 * static_cast<std::size_t>(load_.nodes) + link, crossing.busy.value(), load_.inner.loads[link].value());
      }
    }
    return worker;
  }

  void set_apart() {
    double all = 0;
    for (Worker& worker : workers_) all += worker.apart_s = asked(worker);
    for (std::size_t w = 0; w < workers_.size(); ++w)
      workers_[w].apart_s = load_.cycles.empty() ? std::max(0.0, load_.cycle.value() - all / load_.workers)
                                                 : std::max(0.0, load_.cycles[w].value() - workers_[w].apart_s);
  }

  static double asked(const Worker& worker) {
    return std::accumulate(worker.visits.begin(), worker.visits.end(), 0.0,
                           [](double sum, const Visit& visit) { return sum + visit.demand_s; });
  }

  // The worker's rate, and where it stays while others are as they are.
  double meet(Worker& worker) {
    std::array<double, 3> stays{};
    double cycle = worker.apart_s;
    for (std::size_t k = 0; k < stays.size(); ++k) {
      const Visit& visit = worker.visits[k];
      const Queue& queue = queues_[visit.queue];
      const double left = std::max(1 - queue.crossed, 1.0 / queue.users);
      cycle += stays[k] = visit.demand_s / left * (1 + queue.length - visit.held_s);
    }
    for (std::size_t k = 0; k < stays.size(); ++k) {
      Visit& visit = worker.visits[k];
      queues_[visit.queue].length += stays[k] / cycle - visit.held_s;
      visit.held_s = stays[k] / cycle;
    }
    for (const Visit& crossing : worker.crossings) queues_[crossing.queue].crossed += (1 / cycle - worker.per_s) * crossing.demand_s;
    return worker.per_s = 1 / cycle;
  }

  // Behind others, the mean over the workers.
  [[nodiscard]] double waited(std::size_t k) const {
    double sum = 0;
    for (const Worker& worker : workers_) {
      const Visit& visit = worker.visits[k];
      sum += visit.demand_s * (queues_[visit.queue].length - visit.held_s);
    }
    return sum / load_.workers;
  }

  const ServerLoad& load_;
  std::vector<Queue> queues_;
  std::vector<Worker> workers_;
};

}  // namespace

QueuedRate rate_of_routes(const ServerLoad& load) { return Queues(load).settle(); }

}  // namespace forerun::oracle
