#include "sim/chunk_player.hpp"

#include <algorithm>
#include <utility>

namespace forerun::sim {

namespace {

using Order = Chunks::Order;

// What has come when a stream's token is called.
constexpr int kArrived = 0;
constexpr int kComingIn = 1;
constexpr int kKinds = 2;

}  // namespace

ChunkPlayer::ChunkPlayer(Network& network, int transfers, int first_token)
    : network_(network), first_token_(first_token), lives_(transfers) {}

void ChunkPlayer::start(int transfer, Chunks chunks) {
  Live& live = lives_[transfer];
  live.chunks = std::move(chunks);
  const int streams = static_cast<int>(live.chunks.streams.size());
  if (live.room < streams) {
    live.first = static_cast<int>(progress_.size());
    live.room = streams;
    progress_.resize(progress_.size() + streams);
  }
  live.left = static_cast<std::int64_t>(streams) * live.chunks.count;
  for (int stream = live.first; stream < live.first + streams; ++stream) {
    progress_[stream] = {.transfer = transfer};
    unsettled_.push_back(stream);
  }
  settle_all();
}

void ChunkPlayer::on_flow_done(int tag) {
  ++progress_[tag].drained;
  unsettled_.push_back(tag);
  settle_all();
}

std::optional<int> ChunkPlayer::on_time(int token) {
  const int stream = (token - first_token_) / kKinds;
  Live& live = live_of(stream);
  if ((token - first_token_) % kKinds == kArrived) {
    arrive(live, stream);
  } else {
    ++progress_[stream].coming_in;
    wake_fed(live, stream);
  }
  settle_all();
  return live.left == 0 ? std::optional(progress_[stream].transfer) : std::nullopt;
}

void ChunkPlayer::arrive(Live& live, int stream) {
  --live.left;
  ++progress_[stream].arrived;
  unsettled_.push_back(stream);
  wake_fed(live, stream);
}

void ChunkPlayer::wake_fed(const Live& live, int stream) {
  for (const int fed : live.chunks.streams[stream - live.first].feeds) unsettled_.push_back(live.first + fed);
}

void ChunkPlayer::settle_all() {
  while (!unsettled_.empty()) {
    const int stream = unsettled_.back();
    unsettled_.pop_back();
    settle(stream);
  }
}

void ChunkPlayer::settle(int stream) {
  Live& live = live_of(stream);
  for (;;) {
    if (may_end(live, stream)) {
      ++progress_[stream].sent;
      call_after(live.chunks.latency, stream, kArrived);
    } else if (may_start(live, stream)) {
      begin(live, stream);
    } else {
      return;
    }
  }
}

bool ChunkPlayer::may_start(const Live& live, int stream) const {
  const Chunks& chunks = live.chunks;
  const Progress& own = progress_[stream];
  const int k = own.started;
  if (k == chunks.count) return false;
  const auto feeders = [&](auto&& ready) {
    return std::ranges::all_of(chunks.streams[stream - live.first].fed_by, [&](int s) { return ready(progress_[live.first + s]); });
  };
  switch (chunks.order) {
    case Order::at_once: return true;
    case Order::in_steps: return own.arrived == k && feeders([k](const Progress& feeder) { return feeder.arrived >= k; });
    case Order::pipelined: return own.sent == k && feeders([k](const Progress& feeder) { return feeder.coming_in > k; });
  }
  return true;
}

// The last byte of a piece that is sent on while it comes in cannot leave before it is there.
bool ChunkPlayer::may_end(const Live& live, int stream) const {
  const Progress& own = progress_[stream];
  if (own.sent == own.drained) return false;
  if (live.chunks.order != Order::pipelined) return true;
  return std::ranges::all_of(live.chunks.streams[stream - live.first].fed_by,
                             [&](int s) { return progress_[live.first + s].arrived > own.sent; });
}

void ChunkPlayer::begin(Live& live, int stream) {
  const Chunks::Stream& what = live.chunks.streams[stream - live.first];
  Progress& own = progress_[stream];
  const int to = what.receivers.empty() ? what.to : what.receivers[own.started];
  ++own.started;
  messages_ += to == what.from ? 0 : 1;
  if (to != what.from && network_.joins(what.from, to))
    network_.start({what.from, to, network_.one_node(what.from, to), what.bytes, Seconds(0), stream, stream});
  else
    ++own.drained;
  if (live.chunks.order == Order::pipelined) call_after(live.chunks.latency, stream, kComingIn);
}

void ChunkPlayer::call_after(Seconds latency, int stream, int kind) {
  network_.call_at(network_.now_s() + latency.value(), first_token_ + kKinds * stream + kind);
}

}  // namespace forerun::sim
