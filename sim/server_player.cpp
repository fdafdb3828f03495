#include "sim/server_player.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

#include "core/error.hpp"
#include "sim/play.hpp"

namespace forerun::sim {

namespace {

// Draws that belong to no operation of a plan.
constexpr int kStartDraw = -1;
constexpr int kStreamsDraw = -2;

// TCP connections that share a link share it unevenly, and differently each time. A message of asynchronous workers has as many streams'
// share of a link, from the fewest to the most: the logarithm of two messages' ratio then varies by 0.40, measured 0.19 to 0.66
// (docs/validation.md, bench/tcp_shares.py).
constexpr int kFewestStreams = 2;
constexpr int kMostStreams = 4;
constexpr int kMostWarmUp = 64;  // times as many updates as are asked for

}  // namespace

ServerPlayer::ServerPlayer(const ServerCycle& cycle, const ServerPlayOptions& options, Network& network)
    : cycle_(cycle),
      options_(options),
      network_(network),
      server_count_(static_cast<int>(cycle.servers.size())),
      workers_(cycle.workers.size()),
      lanes_(cycle.workers.size() * cycle.servers.size()),
      servers_(cycle.servers.size()),
      streams_left_(2 * lanes_.size()),
      pushes_after_(cycle.computes.size()),
      arrived_(cycle.pushes.size(), 0) {
  for (int push = 0; push < static_cast<int>(cycle.pushes.size()); ++push) {
    assert(cycle.pushes[push].after >= 0);
    pushes_after_[cycle.pushes[push].after].push_back(push);
  }
}

ServersPlayed ServerPlayer::play() {
  network_.run(*this);
  if (!over()) throw SimulationFailed("workers and parameter servers wait for one another");
  const double span_s = counted_to_s_ - counted_from_s_;
  played_.step = Seconds(span_s / options_.rounds);
  Parts sum;
  for (const Worker& worker : workers_) sum += worker.parts;
  played_.parts = sum * (played_.step.value() / sum.total().value());
  std::ranges::sort(played_.staleness);
  if (!options_.synchronous) played_.behind = static_cast<std::int64_t>(workers_.size()) - updated_workers_;
  return std::move(played_);
}

int ServerPlayer::slot(int worker, int server, bool push) const { return 2 * (worker * server_count_ + server) + (push ? 1 : 0); }

double ServerPlayer::slowed(int device, int operation, std::int64_t instance) const {
  const double drawn = options_.jitter > 0 ? jitter_draw(options_.seed, device, operation, instance) : 0;
  return (1 + drawn * options_.jitter) * (options_.slowness.empty() ? 1 : options_.slowness[device]);
}

void ServerPlayer::on_start() {
  for (int worker = 0; worker < static_cast<int>(workers_.size()); ++worker) {
    const double apart = options_.synchronous ? 0 : jitter_draw(options_.seed, worker, kStartDraw, 0);
    release(worker, apart * cycle_.alone().value());
  }
}

void ServerPlayer::on_time(int token, double date_s) {
  const Event event = events_[token];  // handling it adds others
  free_events_.push_back(token);
  handle(event, date_s);
}

void ServerPlayer::on_flow_done(int tag) {
  if (--streams_left_[tag] == 0) arrived(tag, network_.now_s());
}

void ServerPlayer::at(double date_s, Event event) {
  if (free_events_.empty()) free_events_.push_back(static_cast<int>(events_.size())), events_.emplace_back();
  const int token = free_events_.back();
  free_events_.pop_back();
  events_[token] = event;
  network_.call_at(date_s, token);
}

void ServerPlayer::handle(const Event& event, double now_s) {
  switch (event.kind) {
    case EventKind::start: return begin(event.index, now_s);
    case EventKind::arrived: return arrived(event.index, now_s);
    case EventKind::computed: return compute(event.index, event.entry, now_s);
    case EventKind::served: return served(event.index, now_s);
  }
}

// Charges the phase that ends: a worker waits for links while it pulls and sends, and for others after that.
void ServerPlayer::leave(int index, double now_s) {
  Worker& worker = workers_[index];
  if (rounds_done_ >= options_.warm_up && !over()) {
    const Seconds spent(now_s - std::max(worker.since_s, counted_from_s_));
    if (worker.phase == Phase::computing)
      worker.parts.compute += spent;
    else if (worker.phase == Phase::idle || worker.phase == Phase::released)
      worker.parts.bubble += spent;
    else
      worker.parts.comm_exposed += spent;
  }
  worker.since_s = now_s;
}

void ServerPlayer::release(int index, double date_s) {
  workers_[index].phase = Phase::released;
  at(date_s, {EventKind::start, index, 0});
}

// All that the worker has computed is sent: it goes on with the next step, or waits for that, or for what it asked of the servers.
void ServerPlayer::rest(int index, double now_s) {
  Worker& worker = workers_[index];
  leave(index, now_s);
  worker.phase = Phase::idle;
  const bool goes_on = options_.synchronous ? worker.step < steps_ : worker.updates_left == 0;
  if (goes_on) release(index, now_s + token_s(index));
}

void ServerPlayer::begin(int index, double now_s) {
  if (over()) return;
  Worker& worker = workers_[index];
  leave(index, now_s);
  worker.phase = Phase::pulling;
  worker.step = steps_;
  worker.version = updates_;
  ++worker.cycles;
  worker.pulls_left = static_cast<int>(cycle_.pulls.size());
  worker.pushes_left = worker.updates_left = static_cast<int>(cycle_.pushes.size());
  for (const ServerCycle::Message& pull : cycle_.pulls) flow(slot(index, pull.server, false), pull, now_s);
}

void ServerPlayer::flow(int slot, const ServerCycle::Message& message, double now_s) {
  const int worker = cycle_.workers[slot / 2 / server_count_];
  const int server = cycle_.servers[slot / 2 % server_count_];
  const bool push = slot % 2 == 1;
  if (worker == server) return at(now_s, {EventKind::arrived, slot, 0});
  const bool inside = network_.one_node(worker, server);
  const Seconds latency = inside ? message.latency.inside : message.latency.between;
  if (!network_.joins(worker, server)) return at(now_s + latency.value(), {EventKind::arrived, slot, 0});
  const int streams = inside || options_.synchronous ? 1 : streams_of(slot);
  const int most = options_.synchronous ? 1 : kMostStreams;
  streams_left_[slot] = streams;
  for (int stream = 0; stream < streams; ++stream)
    network_.start({.from = push ? worker : server,
                    .to = push ? server : worker,
                    .inside = inside,
                    .bytes = message.bytes / streams,
                    .latency = latency,
                    .slot = slot * most + stream,
                    .tag = slot});
}

double ServerPlayer::token_s(int index) const {
  const int worker = cycle_.workers[index], server = cycle_.servers.front();
  if (worker == server) return 0;
  return (network_.one_node(worker, server) ? cycle_.token.inside : cycle_.token.between).value();
}

int ServerPlayer::streams_of(int slot) {
  const double drawn = jitter_draw(options_.seed, slot, kStreamsDraw, messages_++);
  return kFewestStreams + static_cast<int>(drawn * (kMostStreams - kFewestStreams + 1));
}

void ServerPlayer::arrived(int slot, double now_s) {
  const int index = slot / 2 / server_count_;
  const int server = slot / 2 % server_count_;
  Worker& worker = workers_[index];
  if (slot % 2 == 0) {
    if (--worker.pulls_left > 0) return;
    leave(index, now_s);
    worker.phase = Phase::computing;
    return compute(index, -1, now_s);
  }
  Lane& lane = lanes_[slot / 2];
  const int push = lane.waiting.front();
  lane.waiting.pop_front();
  lane.busy = false;
  --worker.pushes_left;
  if (options_.synchronous) {
    if (worker.step == steps_ && arrived_[push] < cycle_.needed)
      servers_[server].waiting.push_back({push, index, ++arrived_[push] == cycle_.needed});
    else
      ++played_.dropped;
  } else {
    servers_[server].waiting.push_back({push, index, true});
  }
  send_next(index, server, now_s);
  if (worker.pushes_left == 0 && worker.phase == Phase::sending) rest(index, now_s);
  serve(server, now_s);
}

// The worker is through with an entry of its computations (-1: with none): what waits for it goes out, and the next one starts.
void ServerPlayer::compute(int index, int entry, double now_s) {
  Worker& worker = workers_[index];
  if (entry >= 0)
    for (const int push : pushes_after_[entry]) {
      const int server = cycle_.pushes[push].server;
      lanes_[index * server_count_ + server].waiting.push_back(push);
      send_next(index, server, now_s);
    }
  const int last = static_cast<int>(cycle_.computes.size()) - 1;
  if (entry == last) {
    if (worker.pushes_left == 0) return rest(index, now_s);
    leave(index, now_s);
    worker.phase = Phase::sending;
    return;
  }
  // Up to the next entry that something waits for.
  double duration_s = 0;
  int next = entry;
  do {
    const ServerCycle::Compute& computation = cycle_.computes[++next];
    for (std::int64_t time = 0; time < computation.times; ++time) {
      const std::int64_t instance = (worker.cycles - 1) * computation.times + time;
      duration_s += computation.duration.value() * slowed(cycle_.workers[index], computation.operation, instance);
    }
  } while (next < last && pushes_after_[next].empty());
  at(now_s + duration_s, {EventKind::computed, index, next});
}

void ServerPlayer::send_next(int worker, int server, double now_s) {
  Lane& lane = lanes_[worker * server_count_ + server];
  if (lane.busy || lane.waiting.empty()) return;
  lane.busy = true;
  flow(slot(worker, server, true), cycle_.pushes[lane.waiting.front()], now_s);
}

void ServerPlayer::serve(int index, double now_s) {
  Server& server = servers_[index];
  if (server.busy || server.waiting.empty()) return;
  server.busy = true;
  const Gradient& gradient = server.waiting.front();
  const ServerCycle::Message& push = cycle_.pushes[gradient.push];
  const Seconds work = push.accumulating + (gradient.last ? push.updating : Seconds(0));
  const double factor = slowed(cycle_.servers[index], push.update, server.computations++);
  at(now_s + work.value() * factor, {EventKind::served, index, 0});
}

void ServerPlayer::served(int index, double now_s) {
  Server& server = servers_[index];
  const Gradient gradient = server.waiting.front();
  server.waiting.pop_front();
  server.busy = false;
  if (!options_.synchronous) {
    if (--workers_[gradient.worker].updates_left == 0) end_cycle(gradient.worker, now_s);
  } else if (gradient.last && ++updated_ == static_cast<int>(cycle_.pushes.size())) {
    end_step(now_s);
  }
  serve(index, now_s);
}

void ServerPlayer::end_round(double now_s) {
  const bool last = rounds_done_ + 1 == options_.warm_up + options_.rounds;
  for (int worker = 0; last && worker < static_cast<int>(workers_.size()); ++worker) leave(worker, now_s);
  ++rounds_done_;
  if (rounds_done_ == options_.warm_up) counted_from_s_ = now_s;
  if (last) counted_to_s_ = now_s;
}

void ServerPlayer::end_step(double now_s) {
  ++steps_;
  updated_ = 0;
  std::ranges::fill(arrived_, 0);
  end_round(now_s);
  for (int worker = 0; worker < static_cast<int>(workers_.size()); ++worker)
    if (workers_[worker].phase == Phase::idle) release(worker, now_s + token_s(worker));
}

// Where workers beside servers run ahead, others make no update for long.
bool ServerPlayer::warmed_up() const {
  const auto workers = static_cast<std::int64_t>(workers_.size());
  return updated_workers_ == workers || updates_ >= kMostWarmUp * options_.warm_up * workers;
}

void ServerPlayer::end_cycle(int index, double now_s) {
  const auto workers = static_cast<std::int64_t>(workers_.size());
  if (rounds_done_ >= options_.warm_up && !over()) played_.staleness.push_back(updates_ - workers_[index].version);
  if (!std::exchange(workers_[index].updated, true)) ++updated_workers_;
  if (++updates_ % workers == 0 && (rounds_done_ + 1 != options_.warm_up || warmed_up())) end_round(now_s);
  if (workers_[index].phase == Phase::idle) release(index, now_s + token_s(index));
}

}  // namespace forerun::sim
