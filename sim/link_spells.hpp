#pragma once

#include <simgrid/kernel/Timer.hpp>
#include <simgrid/s4u.hpp>
#include <vector>

#include "sim/slow_links.hpp"

namespace forerun::sim {

/// Lets links of SimGrid follow slow spells while flows cross them.
///
/// A flow's rate is bounded by the bandwidths that its links have when it starts, so that of a link whose bandwidth rises again the flows
/// that began in the spell stay slow (SimGrid 3.32). Hence a link keeps its bandwidth, and a callback says how much of it is there; setting
/// the bandwidth to what it is makes the engine ask.
class LinkSpells {
 public:
  explicit LinkSpells(const std::vector<SlowLink>& links) : slow_(links), links_(slow_.nodes().size()) {}
  LinkSpells(const LinkSpells&) = delete;
  LinkSpells& operator=(const LinkSpells&) = delete;

  /// One of a node's links; nothing where the node is never slow.
  void follow(simgrid::s4u::Link& link, int node);
  /// A run starts at this date of the engine's.
  void restart(double origin_s);
  /// Dates are the engine's events only while flows are under way: none keeps it running for a spell that nobody meets.
  void flow_starts();
  void flow_ends();

 private:
  void change(double date_s);
  void wait();

  SlowLinks slow_;
  std::vector<std::vector<simgrid::s4u::Link*>> links_;  ///< by place
  double origin_s_ = 0;
  int under_way_ = 0;
  simgrid::kernel::timer::Timer* next_ = nullptr;
};

}  // namespace forerun::sim
