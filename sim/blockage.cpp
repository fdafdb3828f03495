#include <string>

#include "io/format.hpp"
#include "sim/player.hpp"

// What a deadlocked play reports.
namespace forerun::sim {

namespace {

std::string describe(const StepPlan& plan, int operation) {
  const Operation& named = plan.operations[operation];
  std::string text = "`" + std::string(named.name) + "`";
  if (named.layer >= 0) text += " " + std::to_string(named.layer);
  return text;
}

}  // namespace

// The first lane that waits for an operation of its rank, else the first transfer that waits for a peer.
std::string Player::blockage() const {
  std::string waiting_for_peers;
  for (const int rank : folding_.ranks())
    for (int lane = 0; lane < lanes_; ++lane) {
      const Place& here = places_[lane_of(rank, lane)];
      if (here.slot < 0) continue;
      const Program::Slot& slot = program_.slots[here.slot];
      const int instance = started_[counter(rank, slot.operation)];
      const std::string who = forerun::format("the plan blocks at {:.9g} s: {} (instance {}) on lane `{}` of rank {} waits for ", now_s_,
                                              describe(plan_, slot.operation), instance, plan_.lanes[lane].name, rank);
      if (here.busy) {
        if (waiting_for_peers.empty()) waiting_for_peers = who + "ranks that never arrive";
        continue;
      }
      for (int w = slot.first_wait; w < slot.first_wait + slot.waits; ++w) {
        const Program::Wait& wait = program_.waits[w];
        const int done = (wait.started ? started_ : finished_)[counter(rank, wait.operation)];
        if (done < wait.needed(instance))
          return who + forerun::format("{} to {} {} times ({} so far)", describe(plan_, wait.operation), wait.started ? "start" : "finish",
                                       wait.needed(instance), done);
      }
    }
  return waiting_for_peers;
}

}  // namespace forerun::sim
