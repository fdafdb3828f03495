#pragma once

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "costs/transfer_time.hpp"
#include "sim/chunk_player.hpp"
#include "sim/disk_player.hpp"
#include "sim/durations.hpp"
#include "sim/folding.hpp"
#include "sim/network.hpp"
#include "sim/overlap.hpp"
#include "sim/play.hpp"
#include "sim/program.hpp"
#include "sim/recorder.hpp"

namespace forerun::sim {

/// Plays a plan's program on a network: each lane of each rank walks its slots as time passes.
///
/// Compute, delays and transfers without links are dates in a heap of our own, taken in order of time. They are taken ahead of the
/// network's clock as long as no flow that is under way can have ended, which costs the engine nothing; only flows and dates
/// beyond that bound are its events.
class Player final : public Listener {
 public:
  Player(const StepPlan& plan, const Program& program, const std::vector<OperationCost>& costs, const Platform& platform,
         const PlayOptions& options, Network& network);

  Played play();

  /// For one that plays beside others on its network, whose clock is theirs too: it begins at this date,
  void begin_at(double date_s) { begin_s_ = date_s; }
  /// takes nothing ahead of the clock beyond this one,
  void look_ahead_until(double date_s) { until_s_ = date_s; }
  /// and has come so far. No makespan, no tail.
  [[nodiscard]] const Played& so_far() const { return played_; }
  /// Flows, or messages, that it has started.
  [[nodiscard]] std::int64_t flows() const { return chunks_ ? chunks_->messages() : played_.flows; }
  /// What holds it up, where it can go no further.
  [[nodiscard]] std::string blockage() const;

 private:
  static constexpr int kNextDate = -1;  ///< a token, of the next date of our own
  static constexpr int kBegin = -2;
  static constexpr int kFirstPlace = -3;  ///< of the access to a disk at place 0; then downwards

  struct Event {
    double date_s;
    int rank;   ///< -1 for a transfer
    int index;  ///< slot, or transfer
  };
  /// A lane of a rank: where it is in the program, and whether that operation is running or waits for peers.
  struct Place {
    int slot = -1;
    bool busy = false;
    int body = 0;  ///< of the pipeline that it is in: how many of its sequence are done
  };
  /// A transfer of one group. It ends no earlier than `least_s` after its start, whoever it shares links with.
  struct Transfer {
    bool plays = false;  ///< it has edges over described links; else it is a date of our own
    double least_s = 0;
    int members = 0;  ///< that are simulated
    int arrived = 0;
    int phase = 0;
    int flows_left = 0;  ///< of the phase
    double start_s = 0;
  };

  void on_start() override;
  void on_time(int token, double date_s) override;
  void on_flow_done(int tag) override;

  void begin();
  void advance(double clock_s);
  void schedule(double date_s, int rank, int index);
  [[nodiscard]] bool slows(int operation) const;

  void try_lane(int rank, int lane);
  [[nodiscard]] bool may_start(int rank, const Program::Slot& slot, int instance) const;
  void note_start(int rank, const Program::Slot& slot);
  void finish_slot(int rank, int slot_index);
  int following(int slot_index, int instances, int rank);
  void end_step(int rank, int lane, int steps);

  void access_disk(int rank, int slot_index);
  void end_disk_flow(int place);
  void report() const;

  void prepare_transfers();
  void arrive_at_transfer(int rank, const Program::Slot& slot);
  void start_transfer(int transfer);
  void launch_flows(int transfer);
  void end_phase(int transfer);
  double measure_phase(int transfer, int phase);
  [[nodiscard]] const std::vector<Edge>& edges(int transfer, int phase);
  [[nodiscard]] Bytes edge_bytes(const PlayedPhase& phase, const Edge& edge) const;
  void finish_transfer(int transfer);
  void lower_horizon();
  [[nodiscard]] const Communicator& communicator_of(int transfer) const;
  [[nodiscard]] int group_of(int transfer) const { return transfer - program_.first_group[program_.transfer_operation[transfer]]; }

  [[nodiscard]] Place& place(int rank, int lane) { return places_[lane_of(rank, lane)]; }
  [[nodiscard]] std::size_t lane_of(int rank, int lane) const { return static_cast<std::size_t>(folding_.index(rank)) * lanes_ + lane; }
  [[nodiscard]] std::size_t counter(int rank, int operation) const {
    return static_cast<std::size_t>(folding_.index(rank)) * program_.operations + operation;
  }

  const StepPlan& plan_;
  const Program& program_;
  const std::vector<OperationCost>& costs_;
  const Platform& platform_;
  const PlayOptions& options_;
  Network& network_;
  Durations durations_;
  Phases phases_;
  Folding folding_;
  DiskPlayer disks_;
  OverlappedCompute overlap_;
  std::optional<ChunkPlayer> chunks_;  ///< where transfers are played message by message
  int lanes_;
  std::vector<Place> places_;
  std::vector<int> started_;  ///< instances, by simulated rank x operation
  std::vector<int> finished_;
  std::vector<Transfer> transfers_;
  std::vector<Edge> edges_;            ///< of the phase that is being looked at
  std::vector<int> starts_;            ///< flows that each rank starts in it, counted
  int flows_at_once_ = 1;              ///< most that a rank starts in a phase
  std::vector<int> under_way_;         ///< transfers whose flows run or are about to
  std::vector<Event> events_;          ///< a heap, earliest first
  std::deque<int> lanes_through_;      ///< by step that some lane is through with and another not
  std::vector<double> lane_starts_s_;  ///< kept where every rank is logged
  int lanes_in_use_ = 0;
  double begin_s_ = 0;
  double until_s_;
  double now_s_ = 0;
  double horizon_s_;                ///< before it no flow ends
  double asked_for_s_;              ///< the earliest date that the network was asked to call at
  std::int64_t instances_ = 0;      ///< of all operations, that have finished
  std::int64_t all_instances_ = 0;  ///< of the steps that are played
  Recorder recorder_;
  Played played_;
};

}  // namespace forerun::sim
