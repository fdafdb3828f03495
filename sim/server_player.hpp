#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "core/prediction.hpp"
#include "sim/network.hpp"
#include "strategies/server_cycle.hpp"

namespace forerun::sim {

/// How workers and parameter servers are followed.
struct ServerPlayOptions {
  bool synchronous = true;
  double jitter = 0;             ///< compute takes 1 + u jitter, u from jitter_draw()
  std::vector<double> slowness;  ///< what compute of each device takes besides; empty: as long on all
  std::uint64_t seed = 1;
  int warm_up = 2;  ///< rounds (steps; asynchronous: as many updates as workers) that are not counted; asynchronous: until each worker has
                    ///< made an update, or 64 times as many are made
  int rounds = 16;  ///< that are
};

/// What came of it. Of a step: synchronous, or as many asynchronous updates as there are workers.
struct ServersPlayed {
  Seconds step;
  Parts parts;                          ///< the mean over the workers; they add up to `step`
  std::vector<std::int64_t> staleness;  ///< updates by updates that others made since its worker pulled; sorted; none where synchronous
  std::int64_t dropped = 0;             ///< gradients that came too late
  std::int64_t behind = 0;              ///< asynchronous workers that have not made an update
};

/// Plays each worker's cycle with parameter servers, flow by flow.
///
/// A worker pulls from all servers at once, computes, and sends each gradient once it is there and the one before it on the same server's
/// lane has gone. A server takes what arrives in order, one computation at a time.
/// Synchronous: the first `needed` gradients of a variable are added; those that come later, or of an earlier step, are dropped. Once
/// all variables are updated a token lets waiting workers go on; a late one goes on once its own gradients have gone, with the newest
/// variables  [TensorFlow, python/training/sync_replicas_optimizer.py].
/// Asynchronous: each gradient is an update, and its worker goes on once all of its own are made. Workers start spread over a cycle at
/// random, by the seed, and messages that meet on a link share it unevenly, at random. Fair shares would keep whatever lag two workers
/// have; uneven ones move it each time that they meet, until they meet no more: workers fall into turns.
class ServerPlayer final : public Listener {
 public:
  ServerPlayer(const ServerCycle& cycle, const ServerPlayOptions& options, Network& network);

  ServersPlayed play();

 private:
  enum class Phase { idle, released, pulling, computing, sending };
  enum class EventKind { start, arrived, computed, served };
  struct Event {
    EventKind kind = EventKind::start;
    int index = 0;  ///< a worker's, a slot's or a server's
    int entry = 0;  ///< of the worker's computes
  };
  struct Worker {
    Phase phase = Phase::idle;
    std::int64_t cycles = 0;   ///< begun
    std::int64_t step = 0;     ///< whose variables it has
    std::int64_t version = 0;  ///< updates that were made when it pulled
    bool updated = false;      ///< an asynchronous cycle has ended
    int pulls_left = 0;
    int pushes_left = 0;
    int updates_left = 0;
    double since_s = 0;  ///< when the phase began
    Parts parts;
  };
  /// What a worker has for a server and has not sent; the first is under way.
  struct Lane {
    std::deque<int> waiting;
    bool busy = false;
  };
  /// A gradient on its server.
  struct Gradient {
    int push = 0;
    int worker = 0;
    bool last = false;  ///< the update follows it
  };
  struct Server {
    std::deque<Gradient> waiting;
    bool busy = false;
    std::int64_t computations = 0;
  };

  void on_start() override;
  void on_time(int token, double date_s) override;
  void on_flow_done(int tag) override;

  void at(double date_s, Event event);
  void handle(const Event& event, double now_s);
  void begin(int worker, double now_s);
  void release(int worker, double date_s);
  void rest(int worker, double now_s);
  void compute(int worker, int entry, double now_s);
  void send_next(int worker, int server, double now_s);
  void arrived(int slot, double now_s);
  void serve(int server, double now_s);
  void served(int server, double now_s);
  void end_step(double now_s);
  void end_cycle(int worker, double now_s);
  [[nodiscard]] bool warmed_up() const;
  [[nodiscard]] double token_s(int worker) const;
  void flow(int slot, const ServerCycle::Message& message, double now_s);
  int streams_of(int slot);
  void leave(int worker, double now_s);
  /// What a device's computation takes, over its time on one that nothing slows.
  [[nodiscard]] double slowed(int device, int operation, std::int64_t instance) const;
  [[nodiscard]] int slot(int worker, int server, bool push) const;
  [[nodiscard]] bool over() const { return rounds_done_ >= options_.warm_up + options_.rounds; }
  void end_round(double now_s);

  const ServerCycle& cycle_;
  const ServerPlayOptions& options_;
  Network& network_;
  int server_count_;
  std::vector<Event> events_;
  std::vector<int> free_events_;  ///< places of those that have happened
  std::vector<Worker> workers_;
  std::vector<Lane> lanes_;  ///< by worker x server
  std::vector<Server> servers_;
  std::vector<int> streams_left_;               ///< of the message of each slot
  std::int64_t messages_ = 0;                   ///< that had streams of their own
  std::vector<std::vector<int>> pushes_after_;  ///< by entry of computes
  std::vector<int> arrived_;                    ///< synchronous, by push: gradients of this step
  int updated_ = 0;                             ///< pushes of this step that are
  std::int64_t steps_ = 0;
  std::int64_t updates_ = 0;
  std::int64_t updated_workers_ = 0;
  std::int64_t rounds_done_ = 0;
  double counted_from_s_ = 0;
  double counted_to_s_ = 0;
  ServersPlayed played_;
};

}  // namespace forerun::sim
