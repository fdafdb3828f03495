#include "sim/link_spells.hpp"

#include <algorithm>
#include <cmath>

namespace forerun::sim {

using simgrid::kernel::timer::Timer;
using simgrid::s4u::Engine;
using simgrid::s4u::Link;

void LinkSpells::follow(Link& link, int node) {
  const auto found = std::ranges::find(slow_.nodes(), node);
  if (found == slow_.nodes().end()) return;
  const auto place = static_cast<std::size_t>(found - slow_.nodes().begin());
  links_[place].push_back(&link);
  link.set_sharing_policy(Link::SharingPolicy::NONLINEAR,
                          [this, place](double bandwidth, int /*flows*/) { return bandwidth / slow_.factor(place); });
}

void LinkSpells::restart(double origin_s) {
  slow_.restart();
  origin_s_ = origin_s;
}

void LinkSpells::flow_starts() {
  ++under_way_;
  if (links_.empty()) return;
  wait();
}

void LinkSpells::flow_ends() {
  if (--under_way_ > 0 || next_ == nullptr) return;
  next_->remove();
  next_ = nullptr;
}

void LinkSpells::change(double date_s) {
  for (const std::size_t place : slow_.advance(date_s))
    for (Link* link : links_[place]) link->set_bandwidth(link->get_bandwidth());
}

void LinkSpells::wait() {
  const double date_s = slow_.next_s();
  if (next_ != nullptr || under_way_ == 0 || !std::isfinite(date_s)) return;
  next_ = Timer::set(std::max(origin_s_ + date_s, Engine::get_clock()), [this, date_s] {
    next_ = nullptr;
    change(date_s);
    wait();
  });
}

}  // namespace forerun::sim
