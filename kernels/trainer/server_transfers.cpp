#include "kernels/trainer/server_transfers.hpp"

#include <algorithm>

#include "kernels/trainer/stage_chunks.hpp"

namespace forerun {

namespace {

constexpr int kServer = 0;  // member of a star; the others are workers

const Collective& transfer_of(const StepPlan& plan, int operation) {
  return std::get<Collective>(plan.operations[static_cast<std::size_t>(operation)].work);
}

/// The star of the server that an operation between pushes belongs to.
int star_behind(const StepPlan& plan, int operation) {
  for (int i = operation; i >= 0; --i)
    if (const auto* transfer = std::get_if<Collective>(&plan.operations[static_cast<std::size_t>(i)].work)) return transfer->communicator;
  return -1;
}

}  // namespace

ServerTransfers::ServerTransfers(const Workload& workload, const StepPlan& plan, const std::vector<ServedVariable>& variables,
                                 int rank_class, Network& network, const NetworkOptions& options)
    : plan_(plan), network_(network), parts_(served_parts(plan, variables)), servers_(plan.communicators.size()) {
  for (int i = 0; i < static_cast<int>(plan.operations.size()); ++i) {
    const auto* pull = std::get_if<Collective>(&plan.operations[static_cast<std::size_t>(i)].work);
    if (pull == nullptr || pull->operation != Collective::Operation::pull || is_token(plan.operations[static_cast<std::size_t>(i)]))
      continue;
    const auto star = static_cast<std::size_t>(pull->communicator);
    if (class_of(plan, plan.communicators[star].rank(0, kServer)) == rank_class)
      servers_[star] =
          std::make_unique<ParameterServer>(workload, plan, parts_, pull->communicator, options, plan.communicators[star].size - 1);
  }
}

void ServerTransfers::begin_step() {
  for (const auto& server : servers_)
    if (server != nullptr) server->begin_step();
}

std::vector<StateArray> ServerTransfers::state() {
  std::vector<StateArray> arrays;
  for (std::size_t star = 0; star < servers_.size(); ++star)
    if (servers_[star] != nullptr)
      for (StateArray& array : servers_[star]->state("server " + std::to_string(star) + " ")) arrays.push_back(std::move(array));
  return arrays;
}

void ServerTransfers::go_on_after(std::int64_t steps) {
  for (const auto& server : servers_)
    if (server != nullptr) server->go_on_after(steps);
}

ParameterServer* ServerTransfers::server_of(int operation) const {
  const int star = star_behind(plan_, operation);
  return star < 0 ? nullptr : servers_[static_cast<std::size_t>(star)].get();
}

void ServerTransfers::start(int operation, RankGroup& star) {
  if (is_token(plan_.operations[static_cast<std::size_t>(operation)])) return pass_token(operation, star);
  transfer_of(plan_, operation).operation == Collective::Operation::pull ? pull(operation, star) : push(operation, star);
}

void ServerTransfers::pull(int operation, RankGroup& star) {
  ParameterServer* server = server_of(operation);
  for (const ServedPart& part : parts_[static_cast<std::size_t>(operation)]) {
    if (server == nullptr) {
      star.start_receive(operation, kServer, operation, in_network(network_.layout(), network_.weights(), part));
      continue;
    }
    for (int worker = 1; worker < star.ranks(); ++worker) star.start_send(operation, worker, operation, server->weights(part));
    if (works()) std::ranges::copy(server->weights(part), in_network(network_.layout(), network_.weights(), part).begin());
  }
}

void ServerTransfers::push(int operation, RankGroup& star) {
  ParameterServer* server = server_of(operation);
  const std::vector<ServedPart>& parts = parts_[static_cast<std::size_t>(operation)];
  if (server == nullptr) {
    for (const ServedPart& part : parts)
      star.start_send(operation, kServer, operation, in_network(network_.layout(), network_.gradients(), part));
    return;
  }
  for (int worker = 1; worker < star.ranks(); ++worker) {
    std::span<float> inbox = server->inbox(operation, worker - 1);
    for (const ServedPart& part : parts) {
      star.start_receive(operation, worker, operation, inbox.first(part.count));
      inbox = inbox.subspan(part.count);
    }
  }
}

void ServerTransfers::pass_token(int operation, RankGroup& star) {
  if (star.rank() != kServer) return star.start_receive(operation, kServer, operation, {&token_, 1});
  for (int worker = 1; worker < star.ranks(); ++worker) star.start_send(operation, worker, operation, {&token_, 1});
}

bool ServerTransfers::serves(int operation) const {
  return plan_.operations[static_cast<std::size_t>(operation)].kind() == OperationKind::compute &&
         !parts_[static_cast<std::size_t>(operation)].empty();
}

void ServerTransfers::run(int operation) {
  std::vector<std::span<float>> own;
  if (works())
    for (const ServedPart& part : parts_[static_cast<std::size_t>(operation)])
      own.push_back(in_network(network_.layout(), network_.gradients(), part));
  server_of(operation)->run(operation, own);
}

}  // namespace forerun
