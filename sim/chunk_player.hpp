#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "sim/chunks.hpp"
#include "sim/network.hpp"

namespace forerun::sim {

/// Plays phases of transfers message by message. A message occupies its links while its bytes drain, and arrives its latency later.
class ChunkPlayer {
 public:
  /// Asks the network to call at tokens from `first_token` on; flows have slots and tags of the streams that are played.
  ChunkPlayer(Network& network, int transfers, int first_token);

  void start(int transfer, Chunks chunks);
  void on_flow_done(int tag);
  /// The transfer whose phase is over with what has happened.
  std::optional<int> on_time(int token);

  [[nodiscard]] std::int64_t messages() const { return messages_; }

 private:
  /// How far a stream has come, in messages.
  struct Progress {
    int transfer = 0;
    int started = 0;
    int coming_in = 0;  ///< whose first byte has arrived
    int drained = 0;
    int sent = 0;  ///< that have drained, and so have those that feed them
    int arrived = 0;
  };
  /// A phase that is played.
  struct Live {
    Chunks chunks;
    int first = 0;  ///< stream
    int room = 0;   ///< for streams
    std::int64_t left = 0;
  };

  [[nodiscard]] Live& live_of(int stream) { return lives_[progress_[stream].transfer]; }
  [[nodiscard]] bool may_start(const Live& live, int stream) const;
  [[nodiscard]] bool may_end(const Live& live, int stream) const;
  void begin(Live& live, int stream);
  void arrive(Live& live, int stream);
  void settle(int stream);
  void settle_all();
  void wake_fed(const Live& live, int stream);
  void call_after(Seconds latency, int stream, int kind);

  Network& network_;
  int first_token_;
  std::vector<Live> lives_;         ///< by transfer
  std::vector<Progress> progress_;  ///< by stream, those of a transfer one after another
  std::vector<int> unsettled_;      ///< streams that may be able to go on
  std::int64_t messages_ = 0;
};

}  // namespace forerun::sim
