#include "sim/overlap.hpp"

#include <algorithm>
#include <utility>

namespace forerun::sim {

OverlappedCompute::OverlappedCompute(double factor, std::size_t ranks, Schedule schedule)
    : factor_(factor), schedule_(std::move(schedule)), ranks_(factor > 1 ? ranks : 0) {}

void OverlappedCompute::start(std::size_t place, int rank, int slot, double seconds, double now_s) {
  Rank& here = ranks_[place];
  const double end_s = now_s + seconds * factor(here);
  here.running.push_back({slot, seconds, now_s, end_s});
  schedule_(end_s, rank, slot);
}

bool OverlappedCompute::ends(std::size_t place, int slot, double date_s) {
  std::vector<Running>& running = ranks_[place].running;
  const auto found = std::ranges::find_if(running, [&](const Running& each) { return each.slot == slot && each.end_s == date_s; });
  if (found == running.end()) return false;
  running.erase(found);
  return true;
}

void OverlappedCompute::transfer_starts(std::size_t place, int rank, double now_s) {
  Rank& here = ranks_[place];
  change(here, here.transfers + 1, rank, now_s);
}

void OverlappedCompute::transfer_ends(std::size_t place, int rank, double now_s) {
  Rank& here = ranks_[place];
  change(here, here.transfers - 1, rank, now_s);
}

// What is left of each computation goes on at the other speed.
void OverlappedCompute::change(Rank& changed, int transfers, int rank, double now_s) {
  const double before = factor(changed);
  changed.transfers = transfers;
  const double after = factor(changed);
  if (before == after) return;
  for (Running& each : changed.running) {
    each.left_s = std::max(0.0, each.left_s - (now_s - each.since_s) / before);
    each.since_s = now_s;
    each.end_s = now_s + each.left_s * after;
    schedule_(each.end_s, rank, each.slot);
  }
}

}  // namespace forerun::sim
