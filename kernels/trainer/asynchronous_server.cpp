#include "kernels/trainer/asynchronous_server.hpp"

#include <algorithm>

namespace forerun {

namespace {

std::size_t count_of(const std::vector<ServedPart>& parts) {
  std::size_t count = 0;
  for (const ServedPart& part : parts) count += part.count;
  return count;
}

/// The update that follows a push.
int update_behind(const StepPlan& plan, int push) {
  auto operation = static_cast<std::size_t>(push);
  while (plan.operations[operation].name != "update") ++operation;
  return static_cast<int>(operation);
}

}  // namespace

AsynchronousServer::AsynchronousServer(const Workload& workload, const StepPlan& plan, const ServedParts& parts, int star, int workers,
                                       NetworkOptions options, RankGroup& group, const Clock& clock)
    : plan_(plan),
      parts_(parts),
      group_(group),
      clock_(clock),
      tags_(plan),
      variables_(workload, plan, parts, star, options, 0),
      workers_(static_cast<std::size_t>(workers)),
      open_(static_cast<std::size_t>(workers)) {
  std::size_t pushed = 0;
  for (int i = 0; i < tags_.ask; ++i) {
    const Operation& operation = plan.operations[static_cast<std::size_t>(i)];
    const auto* transfer = std::get_if<Collective>(&operation.work);
    if (transfer == nullptr || transfer->communicator != star || is_token(operation)) continue;
    if (transfer->operation == Collective::Operation::pull) pull_ = i;
    if (transfer->operation != Collective::Operation::push) continue;
    pushes_.push_back(i);
    updates_.push_back(update_behind(plan, i));
    pushed += count_of(parts[static_cast<std::size_t>(i)]);
  }
  for (Worker& worker : workers_) {
    worker.weights = AlignedArray<float>(count_of(parts[static_cast<std::size_t>(pull_)]));
    worker.gradients = AlignedArray<float>(pushed);
  }
}

void AsynchronousServer::serve(RankLog& log) {
  for (int worker = 0; worker < static_cast<int>(workers_.size()); ++worker) listen(worker);
  for (std::vector<int> slots = awaited(); !slots.empty(); slots = awaited()) {
    const int complete = group_.wait_any(slots);
    const int worker = complete / tags_.count, tag = complete % tags_.count;
    last_served_ = worker;
    std::erase(open_[static_cast<std::size_t>(worker)], tag);
    if (tag != tags_.ask)
      take(worker, tag, log);
    else if (workers_[static_cast<std::size_t>(worker)].ask == kPull)
      answer(worker, log);
  }
  for (int worker = 0; worker < static_cast<int>(workers_.size()); ++worker)
    for (const int tag : {pull_, tags_.applied}) group_.wait(slot(worker, tag));
}

/// What is to come from the workers, those first whose turn was longest ago.
std::vector<int> AsynchronousServer::awaited() const {
  std::vector<int> slots;
  const int workers = static_cast<int>(workers_.size());
  for (int turn = 1; turn <= workers; ++turn) {
    const int worker = (last_served_ + turn) % workers;
    for (const int tag : open_[static_cast<std::size_t>(worker)]) slots.push_back(slot(worker, tag));
  }
  return slots;
}

void AsynchronousServer::listen(int worker) {
  group_.start_receive(slot(worker, tags_.ask), worker, tags_.ask, {&workers_[static_cast<std::size_t>(worker)].ask, 1});
  open_[static_cast<std::size_t>(worker)].push_back(tags_.ask);
}

void AsynchronousServer::answer(int worker, RankLog& log) {
  Worker& asks = workers_[static_cast<std::size_t>(worker)];
  group_.wait(slot(worker, pull_));  // the answer before, which the worker has: it has computed since
  asks.version = made_;
  std::span<float> rest = asks.weights.span();
  for (const ServedPart& part : parts_[static_cast<std::size_t>(pull_)]) {
    std::ranges::copy(variables_.weights(part), rest.begin());
    group_.start_send(slot(worker, pull_), worker, pull_, rest.first(part.count));
    rest = rest.subspan(part.count);
  }
  expect(worker, log);
}

void AsynchronousServer::expect(int worker, RankLog& log) {
  Worker& sends = workers_[static_cast<std::size_t>(worker)];
  sends.pushes_left = pushes_.size();
  for (const int push : pushes_) {
    std::span<float> rest = gradient(sends, push);
    for (const ServedPart& part : parts_[static_cast<std::size_t>(push)]) {
      group_.start_receive(slot(worker, push), worker, push, rest.first(part.count));
      rest = rest.subspan(part.count);
    }
    open_[static_cast<std::size_t>(worker)].push_back(push);
  }
  if (pushes_.empty()) finish(worker, clock_(), log);  // its variables are all frozen
}

std::span<float> AsynchronousServer::gradient(Worker& worker, int push) const {
  std::size_t first = 0;
  for (const int before : pushes_) {
    const std::size_t count = count_of(parts_[static_cast<std::size_t>(before)]);
    if (before == push) return worker.gradients.span().subspan(first, count);
    first += count;
  }
  return {};
}

void AsynchronousServer::take(int worker, int push, RankLog& log) {
  Worker& sends = workers_[static_cast<std::size_t>(worker)];
  const Seconds arrived = clock_();
  variables_.apply(push, gradient(sends, push));
  const Seconds time = clock_() - arrived;
  const auto place = static_cast<std::size_t>(std::ranges::find(pushes_, push) - pushes_.begin());
  log.note(updates_[place], {arrived, time, time});
  if (--sends.pushes_left == 0) finish(worker, arrived, log);
}

void AsynchronousServer::finish(int worker, Seconds arrived, RankLog& log) {
  Worker& sends = workers_[static_cast<std::size_t>(worker)];
  log.staleness.push_back(made_ - sends.version);
  const auto round = static_cast<std::int64_t>(workers_.size());
  if (++made_ % round == 0) log.step_ends.push_back(clock_());
  group_.wait(slot(worker, tags_.applied));
  sends.applied.rounds() = static_cast<float>(made_ / round);
  sends.applied.stay_s() = static_cast<float>((clock_() - arrived).value());
  group_.start_send(slot(worker, tags_.applied), worker, tags_.applied, sends.applied.span());
  listen(worker);
}

}  // namespace forerun
