#include "kernels/trainer/executor.hpp"

#include <algorithm>
#include <span>
#include <utility>

#include "core/error.hpp"

namespace forerun {

namespace {

bool has_buffers(const Repeat& repeat) {
  return !repeat.buffers.empty() || std::ranges::any_of(repeat.body, [](const Node& node) {
    const auto* inner = std::get_if<Repeat>(&node);
    return inner != nullptr && has_buffers(*inner);
  });
}

/// Throws MissingCapability for an operation that one rank's thread cannot do: the group knows all ranks and two things to do with them.
void check_operation(const StepPlan& plan, const Operation& operation) {
  if (operation.kind() == OperationKind::disk)
    throw MissingCapability("the trainer's samples are ready in memory, and it writes no checkpoints");
  if (operation.kind() == OperationKind::delay)
    throw MissingCapability("the trainer runs its own operations only; a delay belongs to another runtime (use runtime=forerun)");
  const auto* transfer = std::get_if<Collective>(&operation.work);
  if (transfer == nullptr) return;
  if (transfer->operation != Collective::Operation::all_reduce && transfer->operation != Collective::Operation::barrier)
    throw MissingCapability("the trainer's ranks do all-reduces and barriers only");
  const Communicator& members = plan.communicators[static_cast<std::size_t>(transfer->communicator)];
  if (members.groups != 1 || members.size != plan.ranks)
    throw MissingCapability("the trainer's ranks communicate all together only; `" + std::string(members.name) + "` is a part of them");
}

void note(RankLog* log, int operation, Seconds busy, Seconds wait) {
  if (log != nullptr) log->operations[static_cast<std::size_t>(operation)].push_back({busy, wait});
}

}  // namespace

Executor::Executor(const StepPlan& plan, Overlap overlap, Network& network, RankGroup* group, const Clock& clock)
    : plan_(plan), overlap_(overlap), network_(network), group_(group), clock_(clock) {
  if (plan.classes.size() != 1) throw MissingCapability("the trainer runs plans of one rank class only");
  if (plan.ranks > 1 && group == nullptr) throw MissingCapability("a plan of several ranks needs forerun-ranks");
  if (has_buffers(plan.step)) throw MissingCapability("the trainer runs one thread a rank, which no buffer holds up");
  for (const Operation& operation : plan.operations) check_operation(plan, operation);
}

void Executor::step(RankLog* log) {
  for (const StepEntry entry : network_.order()) run(entry, log);
  ++step_;
}

void Executor::run(StepEntry entry, RankLog* log) {
  const int index = entry.operation;
  const Operation& operation = plan_.operations[static_cast<std::size_t>(index)];
  settle_dependencies(operation, log);
  if (operation.kind() == OperationKind::transfer) return reduce(index, log);
  const Seconds start = clock_();
  network_.run(entry);
  const Seconds time = clock_() - start;
  note(log, index, time, time);
  advance(log);
}

void Executor::reduce(int index, RankLog* log) {
  const auto& collective = std::get<Collective>(plan_.operations[static_cast<std::size_t>(index)].work);
  const bool barrier = collective.operation == Collective::Operation::barrier;
  const Seconds start = clock_();
  if (overlap_ == Overlap::data && !barrier) {
    group_->start_all_reduce(index, network_.bucket(index));
    in_flight_.push_back({index, step_, start, log != nullptr});
    return;
  }
  barrier ? group_->barrier() : group_->all_reduce(network_.bucket(index));
  const Seconds time = clock_() - start;
  note(log, index, time, time);
}

void Executor::settle_dependencies(const Operation& operation, RankLog* log) {
  const auto all = std::span(plan_.dependencies);
  for (const Dependency& dependency : all.subspan(operation.first_dependency, operation.dependency_count)) {
    const auto named = std::ranges::find_if(in_flight_, [&](const InFlight& transfer) {
      return transfer.operation == dependency.operation && transfer.step <= step_ - dependency.offset;
    });
    if (named != in_flight_.end()) settle(static_cast<std::size_t>(named - in_flight_.begin()), log);
  }
}

/// A lane runs one operation at a time: what was posted on it earlier ends earlier.
void Executor::settle(std::size_t last, RankLog* log) {
  const auto lane_of = [&](std::size_t flight) { return plan_.operations[static_cast<std::size_t>(in_flight_[flight].operation)].lane; };
  const int lane = lane_of(last);
  std::vector<InFlight> remaining;
  for (std::size_t k = 0; k < in_flight_.size(); ++k) {
    const InFlight& transfer = in_flight_[k];
    if (k > last || lane_of(k) != lane) {
      remaining.push_back(transfer);
      continue;
    }
    const Seconds start = clock_();
    group_->wait(transfer.operation);
    const Seconds end = clock_();
    if (transfer.logged) note(log, transfer.operation, end - transfer.posted, end - start);
  }
  in_flight_ = std::move(remaining);
}

void Executor::advance(RankLog* log) {
  std::erase_if(in_flight_, [&](const InFlight& transfer) {
    if (!group_->advance(transfer.operation)) return false;
    if (transfer.logged) note(log, transfer.operation, clock_() - transfer.posted, Seconds(0));
    return true;
  });
}

void Executor::drain(RankLog* log) {
  while (!in_flight_.empty()) settle(in_flight_.size() - 1, log);
}

}  // namespace forerun
