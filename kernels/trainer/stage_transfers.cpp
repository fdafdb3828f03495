#include "kernels/trainer/stage_transfers.hpp"

#include <algorithm>

namespace forerun {

namespace {

constexpr int kSender = 0;  // members of a pair
constexpr int kReceiver = 1;

}  // namespace

StageTransfers::StageTransfers(const StepPlan& plan, Network& network, const std::vector<std::unique_ptr<RankGroup>>& groups,
                               const Clock& clock)
    : plan_(plan), network_(network), groups_(groups), clock_(clock), progress_(network.chunks().size()) {}

RankGroup& StageTransfers::group(int operation) const {
  const auto& send = std::get<Collective>(plan_.operations[static_cast<std::size_t>(operation)].work);
  return *groups_[static_cast<std::size_t>(send.communicator)];
}

void StageTransfers::begin_step(RankLog* log) {
  log_ = log;
  std::ranges::fill(progress_, Progress{});
  post_what_is_free();
}

void StageTransfers::start(int operation, int micro_batch, std::size_t chunk, bool sends) {
  Message message{operation, micro_batch, chunk, sends, next_slot_++, clock_()};
  RankGroup& pair = group(operation);
  if (sends)
    for (const std::span<float> values : network_.leaving(operation, micro_batch))
      pair.start_send(message.slot, kReceiver, operation, values);
  else
    for (const std::span<float> values : network_.arriving(operation, micro_batch))
      pair.start_receive(message.slot, kSender, operation, values);
  if (log_ != nullptr) {
    auto& logged = log_->operations[static_cast<std::size_t>(operation)];
    message.place = logged.size();
    logged.push_back({message.posted});
  }
  under_way_.push_back(message);
}

void StageTransfers::post(std::size_t chunk) {
  const int micro_batch = progress_[chunk].posted++;
  const StageChunk& ends = network_.chunks()[chunk];
  for (const int operation : {ends.receive_forward, ends.receive_backward})
    if (operation >= 0) start(operation, micro_batch, chunk, false);
}

void StageTransfers::post_what_is_free() {
  for (std::size_t chunk = 0; chunk < progress_.size(); ++chunk) {
    const int held = network_.chunks()[chunk].held;
    Progress& progress = progress_[chunk];
    const auto leaves = [&](const Message& message) {
      return message.sent && message.chunk == chunk && message.micro_batch <= progress.posted - held;
    };
    while (progress.posted < network_.micro_batches() && progress.posted < progress.over + held && std::ranges::none_of(under_way_, leaves))
      post(chunk);
  }
}

void StageTransfers::run(StepEntry entry) {
  const auto chunk = static_cast<std::size_t>(entry.chunk);
  const StageChunk& ends = network_.chunks()[chunk];
  if (entry.operation == ends.send_forward || entry.operation == ends.send_backward)
    return start(entry.operation, entry.micro_batch, chunk, true);
  while (progress_[chunk].posted <= entry.micro_batch) {
    settle_sent(chunk, progress_[chunk].posted - ends.held);
    post(chunk);
  }
  const auto named = std::ranges::find_if(
      under_way_, [&](const Message& message) { return message.operation == entry.operation && message.micro_batch == entry.micro_batch; });
  if (named != under_way_.end()) settle(static_cast<std::size_t>(named - under_way_.begin()));
}

void StageTransfers::end_micro_batch(int chunk) {
  ++progress_[static_cast<std::size_t>(chunk)].over;
  post_what_is_free();
}

void StageTransfers::settle_sent(std::size_t chunk, int micro_batch) {
  for (std::size_t i = 0; i < under_way_.size();)
    if (under_way_[i].sent && under_way_[i].chunk == chunk && under_way_[i].micro_batch <= micro_batch)
      settle(i);
    else
      ++i;
}

void StageTransfers::settle(std::size_t message) {
  const Message settled = under_way_[message];
  under_way_.erase(under_way_.begin() + static_cast<std::ptrdiff_t>(message));
  const Seconds start = clock_();
  group(settled.operation).wait(settled.slot);
  const Seconds end = clock_();
  note(settled, end, end - start);
}

void StageTransfers::advance() {
  const auto complete = [&](const Message& message) {
    if (!group(message.operation).advance(message.slot)) return false;
    note(message, clock_(), Seconds(0));
    return true;
  };
  if (std::erase_if(under_way_, complete) > 0) post_what_is_free();
}

void StageTransfers::end_step() {
  while (!under_way_.empty()) settle(0);
}

void StageTransfers::note(const Message& message, Seconds end, Seconds wait) {
  if (log_ == nullptr) return;
  RankLog::Interval& logged = log_->operations[static_cast<std::size_t>(message.operation)][message.place];
  logged.busy = end - message.posted;
  logged.wait = wait;
}

}  // namespace forerun
