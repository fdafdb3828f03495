#pragma once

#include <compare>
#include <cstdint>
#include <vector>

#include "core/scenario.hpp"
#include "costs/price.hpp"
#include "platforms/fabric.hpp"

namespace forerun::oracle {

/// Whether workers' ways to the servers differ: by links inside the network, or because some have a server on their node.
bool routes_differ(const Scenario& scenario);

/// The links that a message crosses between the nodes of two ranks; none within a node.
std::vector<std::int64_t> route_between(const Fabric& fabric, const Platform& platform, int from, int to);

/// What each pull and push of a plan takes by the route between one worker and its server, alone.
class ServerRoutes {
 public:
  ServerRoutes(const Scenario& scenario, const StepPlan& plan);

  struct Time {
    double latency_s = 0;
    double byte_s = 0;  ///< over the slowest link of the route
    friend auto operator<=>(const Time&, const Time&) = default;
  };
  using Times = std::vector<Time>;  ///< by server and direction

  [[nodiscard]] int workers() const { return workers_; }
  [[nodiscard]] Times of(int worker) const;
  [[nodiscard]] Times mean() const;
  /// Of each message by itself: no worker has shorter ones.
  [[nodiscard]] Times shortest() const;
  void set(const Times& times, std::vector<OperationCost>& costs) const;

 private:
  struct End {
    Collective::Operation operation = Collective::Operation::pull;
    int server = 0;

    friend bool operator==(const End&, const End&) = default;
  };
  struct Transfer {
    std::size_t operation = 0;  ///< of the plan
    std::size_t end = 0;
    Bytes bytes;
  };

  [[nodiscard]] Time time(const End& end, int worker) const;

  const Platform& platform_;
  Fabric fabric_;
  int workers_ = 1;
  std::vector<End> ends_;
  std::vector<Transfer> transfers_;
};

}  // namespace forerun::oracle
