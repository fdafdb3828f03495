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
  double stay_s = 0;  ///< where it waits: R
  double held = 0;    ///< Q
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
  double crossed = 0;  ///< U: share of it that workers take who wait elsewhere
  int waiting = 0;     ///< workers that do here
  int crossing = 0;    ///< and those
};

/// Queues are numbered: the server's outward and inward link and its device, then each node's links, then those inside the network.
class Queues {
 public:
  explicit Queues(const ServerLoad& load) : load_(load), queues_(3 + 2 * static_cast<std::size_t>(load.nodes) + load.links.loads.size()) {
    for (int w = 0; w < load.workers; ++w) workers_.push_back(worker(w, static_cast<std::size_t>(w / load.node_workers)));
    for (const Worker& worker : workers_)
      for (const Visit& visit : worker.visits) ++queues_[visit.queue].waiting;
    for (Worker& worker : workers_) {
      std::erase_if(worker.crossings, [&](const Visit& crossing) { return queues_[crossing.queue].waiting == 0; });
      for (const Visit& crossing : worker.crossings) ++queues_[crossing.queue].crossing;
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
      for (const RouteLinks::Crossing& crossing : load_.links.workers[static_cast<std::size_t>(index)]) {
        const auto link = static_cast<std::size_t>(crossing.link);
        if (crossing.outward == (direction == 0))
          cross(3 + 2 * static_cast<std::size_t>(load_.nodes) + link, crossing.busy.value(), load_.links.loads[link].value());
      }
    }
    return worker;
  }

  void set_apart() {
    double all = 0;
    for (const Worker& worker : workers_) all += asked_s(worker);
    for (std::size_t w = 0; w < workers_.size(); ++w)
      workers_[w].apart_s = load_.cycles.empty() ? std::max(0.0, load_.cycle.value() - all / load_.workers)
                                                 : std::max(0.0, load_.cycles[w].value() - asked_s(workers_[w]));
  }

  static double asked_s(const Worker& worker) {
    return std::accumulate(worker.visits.begin(), worker.visits.end(), 0.0,
                           [](double sum, const Visit& visit) { return sum + visit.demand_s; });
  }

  // The worker's rate, and where it stays while others are as they are.
  double meet(Worker& worker) {
    double cycle = worker.apart_s;
    for (Visit& visit : worker.visits) {
      const Queue& queue = queues_[visit.queue];
      const double fair = static_cast<double>(queue.waiting) / (queue.waiting + queue.crossing);
      visit.stay_s = visit.demand_s / std::max(1 - queue.crossed, fair) * (1 + queue.length - visit.held);
      cycle += visit.stay_s;
    }
    for (Visit& visit : worker.visits) {
      queues_[visit.queue].length += visit.stay_s / cycle - visit.held;
      visit.held = visit.stay_s / cycle;
    }
    for (const Visit& crossing : worker.crossings) queues_[crossing.queue].crossed += (1 / cycle - worker.per_s) * crossing.demand_s;
    return worker.per_s = 1 / cycle;
  }

  // Behind others, the mean over the workers.
  [[nodiscard]] double waited(std::size_t k) const {
    double sum = 0;
    for (const Worker& worker : workers_) sum += worker.visits[k].stay_s - worker.visits[k].demand_s;
    return sum / load_.workers;
  }

  const ServerLoad& load_;
  std::vector<Queue> queues_;
  std::vector<Worker> workers_;
};

}  // namespace

QueuedRate rate_of_routes(const ServerLoad& load) { return Queues(load).settle(); }

}  // namespace forerun::oracle
