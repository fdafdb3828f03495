#include "kernels/trainer/executor.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "core/error.hpp"
#include "kernels/trainer/stage_chunks.hpp"

namespace forerun {

namespace {

bool has_buffers(const Repeat& repeat) {
  return !repeat.buffers.empty() || std::ranges::any_of(repeat.body, [](const Node& node) {
    const auto* inner = std::get_if<Repeat>(&node);
    return inner != nullptr && has_buffers(*inner);
  });
}

void check_operation(const Operation& operation) {
  using enum Collective::Operation;
  if (operation.kind() == OperationKind::disk)
    throw MissingCapability("the trainer reads samples and writes checkpoints between a plan's operations, and runs none of a disk");
  const auto* delay = std::get_if<Delay>(&operation.work);
  if (delay != nullptr && delay->duration > Seconds(0))
    throw MissingCapability("the trainer runs its own operations only; a delay belongs to another runtime (use runtime=forerun)");
  const auto* transfer = std::get_if<Collective>(&operation.work);
  if (transfer == nullptr) return;
  constexpr std::array done{all_reduce, all_gather, reduce_scatter, shift, barrier, send, pull, push};
  if (std::ranges::find(done, transfer->operation) == done.end())
    throw MissingCapability("the trainer's ranks do no all-to-alls and no broadcasts");
}

void note(RankLog* log, int operation, Seconds start, Seconds busy, Seconds wait) {
  if (log != nullptr) log->note(operation, {start, busy, wait});
}

std::vector<std::unique_ptr<RankGroup>> groups_of(const StepPlan& plan, RankGroup& all) {
  std::vector<std::unique_ptr<RankGroup>> groups(plan.communicators.size());
  for (std::size_t c = 0; c < groups.size(); ++c)
    if (const std::vector<int> members = group_of(plan.communicators[c], all.rank()); !members.empty()) groups[c] = all.among(members);
  return groups;
}

}  // namespace

void require_executable(const StepPlan& plan) {
  if (has_buffers(plan.step)) throw MissingCapability("the trainer runs one thread a rank, which no buffer holds up");
  for (const Operation& operation : plan.operations) check_operation(operation);
}

Executor::Executor(const StepPlan& plan, Overlap overlap, Network& network, RankGroup& group, const Clock& clock, ServerTransfers* servers)
    : plan_(plan),
      overlap_(overlap),
      network_(network),
      clock_(clock),
      groups_(groups_of(plan, group)),
      transfers_(plan, network, groups_, clock),
      servers_(servers) {
  require_executable(plan);
  if (plan.ranks != group.ranks()) throw MissingCapability("a plan of several ranks needs forerun-ranks");
}

void Executor::step(RankLog* log) {
  Seconds begun;
  if (Timeline* timeline = network_.device().timeline(); timeline != nullptr) {
    timeline->clear();
    timeline->mark();
    begun = clock_();
  }
  transfers_.begin_step(tells_transfers(log) ? log : nullptr);
  if (servers_ != nullptr) servers_->begin_step();
  for (const StepEntry entry : network_.order()) {
    run(entry, log);
    if (entry.last) transfers_.end_micro_batch(entry.chunk);
  }
  transfers_.end_step();
  if (servers_ != nullptr) drain(log);  // what a step pushes is overwritten by the next
  network_.device().finish();
  read_timeline(begun, log);
  ++step_;
}

RankGroup& Executor::group(int operation) const {
  const auto& transfer = std::get<Collective>(plan_.operations[static_cast<std::size_t>(operation)].work);
  return *groups_[static_cast<std::size_t>(transfer.communicator)];
}

void Executor::run(StepEntry entry, RankLog* log) {
  const int index = entry.operation;
  const Operation& operation = plan_.operations[static_cast<std::size_t>(index)];
  settle_dependencies(operation, log);
  if (const auto* transfer = std::get_if<Collective>(&operation.work)) {
    if (transfer->operation == Collective::Operation::send) return transfers_.run(entry);
    if (entry.beside >= 0) return exchange(entry, log);
    const bool of_server = transfer->operation == Collective::Operation::pull || transfer->operation == Collective::Operation::push;
    return of_server ? serve(index, log) : reduce(index, log);
  }
  timed(index, log, [&] {
    if (servers_ != nullptr && servers_->serves(index))
      servers_->run(index);
    else if (operation.kind() == OperationKind::compute)
      network_.run(entry);
  });
  advance(log);
}

template <class Call>
void Executor::timed(int operation, RankLog* log, Call&& call) {
  Timeline* timeline = log != nullptr ? network_.device().timeline() : nullptr;
  const std::size_t begun = timeline != nullptr ? timeline->mark() : 0;
  const Seconds start = clock_();
  call();
  const Seconds time = clock_() - start;
  note(log, operation, start, time, time);
  if (timeline != nullptr)
    unread_.push_back({operation, log->operations[static_cast<std::size_t>(operation)].size() - 1, begun, timeline->mark()});
}

/// Of what a device did behind this thread, the log has so far when it was launched. `begun`: of the step, as its first mark.
void Executor::read_timeline(Seconds begun, RankLog* log) {
  Timeline* timeline = network_.device().timeline();
  for (const Unread& unread : unread_) {
    RankLog::Interval& interval = log->operations[static_cast<std::size_t>(unread.operation)][unread.place];
    interval.start = begun + timeline->between(0, unread.begun);
    interval.busy = interval.wait = timeline->between(unread.begun, unread.ended);
  }
  unread_.clear();
}

void Executor::exchange(StepEntry entry, RankLog* log) {
  timed(entry.operation, log, [&] { network_.exchange(entry, plan_, group(entry.operation)); });
  advance(log);
}

void Executor::reduce(int index, RankLog* log) {
  const auto& collective = std::get<Collective>(plan_.operations[static_cast<std::size_t>(index)].work);
  const bool barrier = collective.operation == Collective::Operation::barrier;
  if (overlaps_data(overlap_) && !barrier) {
    const Seconds start = clock_();
    group(index).start_all_reduce(index, network_.bucket(index));
    in_flight_.push_back({index, step_, start, tells_transfers(log)});
    return;
  }
  timed(index, log, [&] { barrier ? group(index).barrier() : group(index).all_reduce(network_.bucket(index)); });
}

/// Nobody times what a GPU moves beside its kernels: the host would say when it was launched.
bool Executor::tells_transfers(const RankLog* log) const { return log != nullptr && network_.device().timeline() == nullptr; }

void Executor::serve(int index, RankLog* log) {
  in_flight_.push_back({index, step_, clock_(), log != nullptr});
  servers_->start(index, group(index));
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
    group(transfer.operation).wait(transfer.operation);
    const Seconds end = clock_();
    if (transfer.logged) note(log, transfer.operation, transfer.posted, end - transfer.posted, end - start);
  }
  in_flight_ = std::move(remaining);
}

void Executor::advance(RankLog* log) {
  transfers_.advance();
  std::erase_if(in_flight_, [&](const InFlight& transfer) {
    if (!group(transfer.operation).advance(transfer.operation)) return false;
    if (transfer.logged) note(log, transfer.operation, transfer.posted, clock_() - transfer.posted, Seconds(0));
    return true;
  });
}

void Executor::drain(RankLog* log) {
  while (!in_flight_.empty()) settle(in_flight_.size() - 1, log);
}

}  // namespace forerun
