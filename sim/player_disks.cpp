#include <algorithm>

#include "sim/player.hpp"

// The player's disk operations: each rank's by itself.
namespace forerun::sim {

void Player::access_disk(int rank, int slot_index) {
  const Program::Slot& slot = program_.slots[slot_index];
  const int place = static_cast<int>(lane_of(rank, slot.lane));
  if (!disks_.takes_part(rank, slot.operation)) {
    schedule(now_s_, rank, slot_index);
  } else {
    disks_.begin(place, rank, slot.operation, slot_index, now_s_);
    horizon_s_ = std::min(horizon_s_, disks_.earliest_s());
    if (now_s_ <= network_.now_s())
      played_.flows += disks_.launch(place);
    else
      network_.call_at(now_s_, kFirstPlace - place);
  }
  note_start(rank, slot);
}

void Player::end_disk_flow(int place) {
  if (!disks_.flow_done(place)) return;
  const DiskPlayer::Finished access = disks_.finish(place);
  const double clock_s = network_.now_s();
  now_s_ = std::max(now_s_, clock_s);
  lower_horizon();
  finish_slot(access.rank, access.slot);
  advance(clock_s);
}

}  // namespace forerun::sim
