#pragma once

#include <functional>
#include <simgrid/kernel/routing/NetPoint.hpp>
#include <simgrid/kernel/routing/NetZoneImpl.hpp>
#include <simgrid/s4u.hpp>
#include <string>
#include <utility>
#include <vector>

namespace forerun::sim {

/// A zone of SimGrid whose routes we give: SimGrid's own kinds know one bandwidth for all levels, and routes that costs/ cannot follow.
/// All routes have the same raw latency, whatever they cross: shares of a link are weighted by one over it.
class RoutedZone final : public simgrid::kernel::routing::NetZoneImpl {
 public:
  using StandardLink = simgrid::kernel::resource::StandardLinkImpl;
  using Links = std::vector<StandardLink*>;
  /// Appends the links from one host to another, both by the order in which they were created.
  using Router = std::function<void(unsigned long from, unsigned long to, Links& links)>;

  RoutedZone(const std::string& name, double latency_s, Router router)
      : NetZoneImpl(name), latency_s_(latency_s), router_(std::move(router)) {}

  void get_local_route(const simgrid::kernel::routing::NetPoint* from, const simgrid::kernel::routing::NetPoint* to,
                       simgrid::kernel::routing::Route* route, double* latency) override {
    router_(from->id(), to->id(), route->link_list_);
    if (latency != nullptr) *latency += latency_s_;
  }

 private:
  double latency_s_;
  Router router_;
};

}  // namespace forerun::sim
