#include <algorithm>

#include "io/format.hpp"
#include "platforms/fabric.hpp"

// A fabric's links and routes where it is a dragonfly: links from each router to the others of its group, group by group, then those
// from each group to the others.
namespace forerun {

namespace {

/// The place of `other` among all but `self`.
constexpr std::int64_t among_others(std::int64_t self, std::int64_t other) { return other < self ? other : other - 1; }
/// Who has that place.
constexpr std::int64_t other_at(std::int64_t self, std::int64_t place) { return place < self ? place : place + 1; }

}  // namespace

void Fabric::lay_dragonfly() {
  routers_ = topology_.shape[1];
  const std::int64_t of_group = topology_.shape[0] * routers_;
  groups_ = (nodes_ + of_group - 1) / of_group;
  of_router_ = std::max<std::int64_t>(1, (groups_ - 1 + routers_ - 1) / routers_);
  switches_ = groups_ * routers_;
  first_global_ = first_inner() + groups_ * routers_ * (routers_ - 1);
  links_ = first_global_ + groups_ * (groups_ - 1);
}

std::int64_t Fabric::local_link(std::int64_t group, std::int64_t from, std::int64_t to) const {
  return first_inner() + (group * routers_ + from) * (routers_ - 1) + among_others(from, to);
}

// The router of a group that leads to another.
std::int64_t Fabric::gateway(std::int64_t group, std::int64_t other) const { return among_others(group, other) / of_router_; }

void Fabric::hop_groups(int from, int to, std::vector<std::int64_t>& links) const {
  const std::int64_t source = from / topology_.shape[0];
  const std::int64_t target = to / topology_.shape[0];
  const std::int64_t group = source / routers_;
  const std::int64_t other = target / routers_;
  std::int64_t at = source % routers_;
  if (group != other) {
    const std::int64_t leaves = gateway(group, other);
    if (at != leaves) links.push_back(local_link(group, at, leaves));
    links.push_back(first_global_ + group * (groups_ - 1) + among_others(group, other));
    at = gateway(other, group);
  }
  if (at != target % routers_) links.push_back(local_link(other, at, target % routers_));
}

void Fabric::describe_dragonfly_link(Link& link, std::int64_t index) const {
  if (index < first_global_) {
    const std::int64_t place = index - first_inner();
    const std::int64_t router = place / (routers_ - 1);
    const std::int64_t other = other_at(router % routers_, place % (routers_ - 1));
    link.level = 1;
    link.name = forerun::format("group {} router {} to {}", router / routers_, router % routers_, other);
    link.from = nodes_ + router;
    link.to = nodes_ + router / routers_ * routers_ + other;
    return;
  }
  const std::int64_t group = (index - first_global_) / (groups_ - 1);
  const std::int64_t other = other_at(group, (index - first_global_) % (groups_ - 1));
  link.level = 2;
  link.name = forerun::format("group {} to {}", group, other);
  link.from = nodes_ + group * routers_ + gateway(group, other);
  link.to = nodes_ + other * routers_ + gateway(other, group);
}

}  // namespace forerun
