#pragma once

#include <simgrid/kernel/routing/NetPoint.hpp>
#include <simgrid/kernel/routing/NetZoneImpl.hpp>
#include <simgrid/s4u.hpp>
#include <string>
#include <vector>

namespace forerun::sim {

/// A zone of SimGrid whose routes we give, flow by flow: SimGrid's own kinds know one bandwidth for all levels, and routes that costs/
/// cannot follow. No route has a latency: flows are started once theirs is over (sim/network.cpp).
class RoutedZone final : public simgrid::kernel::routing::NetZoneImpl {
 public:
  using StandardLink = simgrid::kernel::resource::StandardLinkImpl;
  using Links = std::vector<StandardLink*>;

  /// `links`: those of the flow that is being started, whatever its hosts.
  RoutedZone(const std::string& name, const Links& links) : NetZoneImpl(name), links_(links) {}

  void get_local_route(const simgrid::kernel::routing::NetPoint*, const simgrid::kernel::routing::NetPoint*,
                       simgrid::kernel::routing::Route* route, double* /*latency*/) override {
    route->link_list_ = links_;
  }

 private:
  const Links& links_;
};

}  // namespace forerun::sim
