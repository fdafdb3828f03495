#pragma once

#include <simgrid/kernel/routing/NetPoint.hpp>
#include <simgrid/kernel/routing/NetZoneImpl.hpp>
#include <simgrid/s4u.hpp>
#include <string>
#include <vector>

namespace forerun::sim {

/// A zone of SimGrid whose routes we give, flow by flow: SimGrid's own kinds know one bandwidth for all levels, and routes that costs/
/// cannot follow. All routes have the same raw latency, whatever they cross: shares of a link are weighted by one over it.
class RoutedZone final : public simgrid::kernel::routing::NetZoneImpl {
 public:
  using StandardLink = simgrid::kernel::resource::StandardLinkImpl;
  using Links = std::vector<StandardLink*>;

  /// `links`: those of the flow that is being started, whatever its hosts.
  RoutedZone(const std::string& name, double latency_s, const Links& links) : NetZoneImpl(name), latency_s_(latency_s), links_(links) {}

  void get_local_route(const simgrid::kernel::routing::NetPoint*, const simgrid::kernel::routing::NetPoint*,
                       simgrid::kernel::routing::Route* route, double* latency) override {
    route->link_list_ = links_;
    if (latency != nullptr) *latency += latency_s_;
  }

 private:
  double latency_s_;
  const Links& links_;
};

}  // namespace forerun::sim
