#include "kernels/trainer/asynchronous_worker.hpp"

#include <algorithm>

namespace forerun {

namespace {

/// What the stay at a server leaves of a wait, which may have begun after it.
Seconds at_least_zero(Seconds time) { return std::max(time, Seconds(0)); }

}  // namespace

AsynchronousWorker::AsynchronousWorker(const StepPlan& plan, const ServedParts& parts, Network& network, RankGroup& group,
                                       const Clock& clock)
    : plan_(plan), parts_(parts), network_(network), group_(group), clock_(clock), tags_(plan) {
  for (const int rank : server_ranks(plan)) servers_.push_back({rank});
}

std::int64_t AsynchronousWorker::cycle(const Batch& batch, RankLog& log) {
  network_.begin_step(batch);
  for (const StepEntry entry : network_.order()) run(entry, log);
  log.step_ends.push_back(clock_());
  log.losses.push_back(network_.loss());
  return static_cast<std::int64_t>(servers_.front().applied.rounds());
}

void AsynchronousWorker::run(StepEntry entry, RankLog& log) {
  const Operation& operation = plan_.operations[static_cast<std::size_t>(entry.operation)];
  if (const auto* transfer = std::get_if<Collective>(&operation.work)) {
    if (is_token(operation)) return finish_pushes(entry.operation, log);
    return transfer->operation == Collective::Operation::pull ? pull(entry.operation) : push(entry.operation);
  }
  if (operation.kind() != OperationKind::compute) return;
  finish_pulls(log);
  const Seconds start = clock_();
  network_.run(entry);
  const Seconds time = clock_() - start;
  log.note(entry.operation, {start, time, time});
}

AsynchronousWorker::Server& AsynchronousWorker::server_of(int operation) {
  const auto& transfer = std::get<Collective>(plan_.operations[static_cast<std::size_t>(operation)].work);
  return servers_[static_cast<std::size_t>(transfer.communicator)];
}

int AsynchronousWorker::applied_slot(const Server& server) const { return tags_.count + static_cast<int>(&server - servers_.data()); }

void AsynchronousWorker::pull(int operation) {
  Server& server = server_of(operation);
  pulls_.push_back({operation, clock_()});
  server.ask = kPull;
  for (const ServedPart& part : parts_[static_cast<std::size_t>(operation)])
    group_.start_receive(operation, server.rank, operation, in_network(network_.layout(), network_.weights(), part));
  group_.start_send(operation, server.rank, tags_.ask, {&server.ask, 1});
}

void AsynchronousWorker::finish_pulls(RankLog& log) {
  for (const Posted& pull : pulls_) {
    const Seconds start = clock_();
    group_.wait(pull.operation);
    const Seconds end = clock_();
    log.note(pull.operation, {pull.date, end - pull.date, end - start});
  }
  pulls_.clear();
}

void AsynchronousWorker::push(int operation) {
  Server& server = server_of(operation);
  pushes_.push_back({operation, clock_()});
  for (const ServedPart& part : parts_[static_cast<std::size_t>(operation)])
    group_.start_send(operation, server.rank, operation, in_network(network_.layout(), network_.gradients(), part));
}

void AsynchronousWorker::finish_pushes(int token, RankLog& log) {
  const Seconds start = clock_();
  for (Server& server : servers_) group_.start_receive(applied_slot(server), server.rank, tags_.applied, server.applied.span());
  for (const Posted& push : pushes_) group_.wait(push.operation);
  for (Server& server : servers_) {
    group_.wait(applied_slot(server));
    const Seconds stay(server.applied.stay_s());
    const Seconds end = clock_();
    for (const Posted& push : pushes_)
      if (&server_of(push.operation) == &server)
        log.note(push.operation, {push.date, at_least_zero(end - push.date - stay), at_least_zero(end - start - stay)});
    if (&server == &servers_.front()) log.note(token, {end - stay, stay, stay});
  }
  pushes_.clear();
}

void AsynchronousWorker::leave() {
  for (Server& server : servers_) {
    server.ask = kLeave;
    group_.start_send(applied_slot(server), server.rank, tags_.ask, {&server.ask, 1});
  }
  for (const Server& server : servers_) group_.wait(applied_slot(server));
}

}  // namespace forerun
