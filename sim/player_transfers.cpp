#include <algorithm>
#include <cstdint>
#include <string>

#include "sim/player.hpp"

// The player's transfers: from the arrival of the first rank to the finish of all.
namespace forerun::sim {

const Communicator& Player::communicator_of(int transfer) const {
  const Operation& operation = plan_.operations[program_.transfer_operation[transfer]];
  return plan_.communicators[std::get<Collective>(operation.work).communicator];
}

void Player::prepare_transfers() {
  starts_.assign(plan_.ranks, 0);
  for (int operation = 0; operation < program_.operations; ++operation) {
    if (program_.first_group[operation] < 0) continue;
    const int communicator = std::get<Collective>(plan_.operations[operation].work).communicator;
    for (const int rank : folding_.ranks())
      if (program_.group_of[communicator * program_.ranks + rank] >= 0)
        ++transfers_[program_.transfer_of(operation, communicator, rank)].members;
  }
  for (int t = 0; t < program_.transfers(); ++t) {
    if (transfers_[t].members == 0) continue;
    double least_s = 0;
    for (int phase = 0; phase < static_cast<int>(phases_[program_.transfer_operation[t]].size()); ++phase)
      least_s += measure_phase(t, phase);
    // Messages may overtake the sum of a price.
    transfers_[t].least_s = options_.mode == Mode::flow ? least_s * kSlightlyLess : 0;
  }
}

// The least that a phase takes: nothing where it has no edges over described links.
double Player::measure_phase(int index, int number) {
  const PlayedPhase& phase = phases_[program_.transfer_operation[index]][number];
  double longest_s = -1;
  for (const Edge& edge : edges(index, number)) {
    if (!network_.joins(edge.from, edge.to)) continue;
    transfers_[index].plays = true;
    flows_at_once_ = std::max(flows_at_once_, ++starts_[edge.from]);
    longest_s = std::max(longest_s, (edge_bytes(phase, edge) / network_.bandwidth(edge.from, edge.to)).value());
  }
  for (const Edge& edge : edges_) starts_[edge.from] = 0;
  return longest_s < 0 ? 0 : phase.latency.value() + longest_s;
}

const std::vector<Edge>& Player::edges(int index, int phase) {
  edges_.clear();
  edges_of(phases_[program_.transfer_operation[index]][phase].phase, communicator_of(index), group_of(index), platform_, edges_);
  if (folding_.copies() > 1) std::erase_if(edges_, [this](const Edge& edge) { return !folding_.simulates(edge.from); });
  return edges_;
}

Bytes Player::edge_bytes(const PlayedPhase& phase, const Edge& edge) const {
  return edge.weight * (network_.one_node(edge.from, edge.to) ? phase.inside : phase.between);
}

void Player::arrive_at_transfer(int rank, const Program::Slot& slot) {
  const int communicator = std::get<Collective>(plan_.operations[slot.operation].work).communicator;
  const int transfer = program_.transfer_of(slot.operation, communicator, rank);
  if (++transfers_[transfer].arrived == transfers_[transfer].members) start_transfer(transfer);
}

void Player::start_transfer(int index) {
  Transfer& transfer = transfers_[index];
  const Communicator& communicator = communicator_of(index);
  const int operation = program_.transfer_operation[index];
  transfer.arrived = 0;
  transfer.start_s = now_s_;
  if (!transfer.plays) {
    schedule(now_s_ + costs_[operation].duration().value(), -1, index);
  } else {
    transfer.phase = 0;
    under_way_.push_back(index);
    horizon_s_ = std::min(horizon_s_, now_s_ + transfer.least_s);
    if (now_s_ <= network_.now_s())
      launch_flows(index);
    else
      network_.call_at(now_s_, index);
  }
  const int lane = plan_.operations[operation].lane;
  for (int member = 0; member < communicator.size; ++member) {
    const int rank = communicator.rank(group_of(index), member);
    if (!folding_.simulates(rank)) continue;
    if (overlap_.matters()) overlap_.transfer_starts(folding_.index(rank), rank, now_s_);
    note_start(rank, program_.slots[place(rank, lane).slot]);
  }
}

// Starts the flows of the transfer's phase, or of the next one that has some.
void Player::launch_flows(int index) {
  Transfer& transfer = transfers_[index];
  const int operation = program_.transfer_operation[index];
  const std::vector<PlayedPhase>& phases = phases_[operation];
  const int lane = plan_.operations[operation].lane;
  for (; transfer.phase < static_cast<int>(phases.size()); ++transfer.phase) {
    const PlayedPhase& phase = phases[transfer.phase];
    if (chunks_) {
      chunks_->start(index, chunks_of(phase, communicator_of(index), group_of(index), platform_));
      transfer.flows_left = 1;
      return;
    }
    Flow flow;
    flow.latency = phase.latency;
    flow.tag = index;
    for (const Edge& edge : edges(index, transfer.phase)) {
      if (!network_.joins(edge.from, edge.to)) continue;
      flow.from = edge.from;
      flow.to = folding_.rank_for(edge.to);
      flow.inside = network_.one_node(edge.from, edge.to);
      flow.bytes = edge_bytes(phase, edge);
      flow.slot = static_cast<int>(lane_of(flow.from, lane)) * flows_at_once_ + starts_[edge.from]++;
      network_.start(flow);
      ++transfer.flows_left, ++played_.flows;
    }
    for (const Edge& edge : edges_) starts_[edge.from] = 0;
    if (transfer.flows_left > 0) return;
  }
}

void Player::finish_transfer(int index) {
  const Communicator& communicator = communicator_of(index);
  const int lane = plan_.operations[program_.transfer_operation[index]].lane;
  const int group = group_of(index);
  for (int member = 0; member < communicator.size; ++member) {
    const int rank = communicator.rank(group, member);
    if (!folding_.simulates(rank)) continue;
    if (overlap_.matters()) overlap_.transfer_ends(folding_.index(rank), rank, now_s_);
    finish_slot(rank, place(rank, lane).slot);
  }
}

void Player::lower_horizon() {
  horizon_s_ = disks_.earliest_s();
  for (const int transfer : under_way_) horizon_s_ = std::min(horizon_s_, transfers_[transfer].start_s + transfers_[transfer].least_s);
}

}  // namespace forerun::sim
