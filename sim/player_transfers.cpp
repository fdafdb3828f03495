#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>

#include "sim/player.hpp"

// The player's transfers: from the arrival of the first rank to the finish of all.
namespace forerun::sim {

namespace {

constexpr double kNever = std::numeric_limits<double>::infinity();
// Room for rounding between a flow's least duration and the engine's.
constexpr double kSlightlyLess = 1 - 1e-9;

int edges(const OperationCost& cost, const Communicator& communicator) { return cost.closed ? communicator.size : communicator.size - 1; }

Bytes edge_bytes(const OperationCost& cost, const Network& network, int from, int to) {
  return network.one_node(from, to) ? cost.edge_bytes : cost.crossing * cost.edge_bytes;
}

}  // namespace

const Communicator& Player::communicator_of(int transfer) const {
  const Operation& operation = plan_.operations[program_.transfer_operation[transfer]];
  return plan_.communicators[std::get<Collective>(operation.work).communicator];
}

void Player::prepare_transfers(Contention contention) {
  for (int t = 0; t < program_.transfers(); ++t) {
    const OperationCost& cost = costs_[program_.transfer_operation[t]];
    const Communicator& communicator = communicator_of(t);
    if (contention == Contention::off || communicator.size < 2 || cost.edge_bytes <= Bytes(0)) continue;
    double longest_s = 0;
    for (int member = 0; member < edges(cost, communicator); ++member) {
      const int from = communicator.rank(group_of(t), member);
      const int to = communicator.rank(group_of(t), (member + 1) % communicator.size);
      if (!network_.joins(from, to)) continue;
      ++transfers_[t].flows;
      longest_s = std::max(longest_s, (edge_bytes(cost, network_, from, to) / network_.bandwidth(from, to)).value());
    }
    transfers_[t].least_s = (cost.latency.value() + longest_s) * kSlightlyLess;
  }
}

void Player::arrive_at_transfer(int rank, const Program::Slot& slot) {
  const int communicator = std::get<Collective>(plan_.operations[slot.operation].work).communicator;
  const int transfer = program_.transfer_of(slot.operation, communicator, rank);
  if (++transfers_[transfer].arrived == plan_.communicators[communicator].size) start_transfer(transfer);
}

void Player::start_transfer(int index) {
  Transfer& transfer = transfers_[index];
  const Communicator& communicator = communicator_of(index);
  const int operation = program_.transfer_operation[index];
  transfer.arrived = 0;
  transfer.start_s = now_s_;
  if (transfer.flows == 0) {
    schedule(now_s_ + costs_[operation].duration().value(), -1, index);
  } else {
    transfer.flows_left = transfer.flows;
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
    note_start(rank, program_.slots[place(rank, lane).slot]);
  }
}

void Player::launch_flows(int index) {
  const Communicator& communicator = communicator_of(index);
  const int operation = program_.transfer_operation[index];
  Flow flow;
  flow.latency = costs_[operation].latency;
  flow.tag = index;
  const int lane = plan_.operations[operation].lane;
  const int group = group_of(index);
  for (int member = 0; member < edges(costs_[operation], communicator); ++member) {
    flow.from = communicator.rank(group, member);
    flow.to = communicator.rank(group, member + 1 < communicator.size ? member + 1 : 0);
    flow.bytes = edge_bytes(costs_[operation], network_, flow.from, flow.to);
    flow.slot = lane * plan_.ranks + flow.from;
    if (network_.joins(flow.from, flow.to)) network_.start(flow);
  }
}

void Player::finish_transfer(int index) {
  const Communicator& communicator = communicator_of(index);
  const int lane = plan_.operations[program_.transfer_operation[index]].lane;
  const int group = group_of(index);
  for (int member = 0; member < communicator.size; ++member) {
    const int rank = communicator.rank(group, member);
    finish_slot(rank, place(rank, lane).slot);
  }
}

void Player::lower_horizon() {
  horizon_s_ = kNever;
  for (const int transfer : under_way_) horizon_s_ = std::min(horizon_s_, transfers_[transfer].start_s + transfers_[transfer].least_s);
}

}  // namespace forerun::sim
