#include "sim/player.hpp"

#include <algorithm>
#include <cassert>
#include <limits>
#include <tuple>

#include "core/error.hpp"
#include "io/format.hpp"

namespace forerun::sim {

namespace {

// So often that a line of progress moves, so seldom that it costs nothing.
constexpr std::int64_t kReportEvery = 1 << 16;

constexpr double kNever = std::numeric_limits<double>::infinity();

constexpr auto kLater = [](const auto& a, const auto& b) {
  return std::tie(a.date_s, a.rank, a.index) > std::tie(b.date_s, b.rank, b.index);
};

Phases phases_of(const StepPlan& plan, const std::vector<OperationCost>& costs, const Platform& platform, Contention contention) {
  Phases phases(plan.operations.size());
  for (std::size_t i = 0; i < phases.size() && contention == Contention::on; ++i)
    if (const auto* collective = std::get_if<Collective>(&plan.operations[i].work))
      phases[i] = played_phases(costs[i], *collective, plan.communicators[collective->communicator], platform);
  return phases;
}

/// Whether a disk operation is that of some ranks of its class alone.
bool sets_ranks_apart(const Operation& operation) {
  const auto* access = std::get_if<DiskAccess>(&operation.work);
  return access != nullptr && access->communicator >= 0;
}

/// Nothing sets one rank apart from others.
bool may_fold(const StepPlan& plan, const Platform& platform, const PlayOptions& options) {
  return std::ranges::none_of(plan.operations, sets_ranks_apart) && options.fold == Fold::where_proven && options.mode == Mode::flow &&
         options.logging == Logging::observed_rank && options.perturbations.empty() && platform.devices_alike() &&
         platform.slow_links.empty();
}

}  // namespace

Player::Player(const StepPlan& plan, const Program& program, const std::vector<OperationCost>& costs, const Platform& platform,
               const PlayOptions& options, Network& network)
    : plan_(plan),
      program_(program),
      costs_(costs),
      platform_(platform),
      options_(options),
      network_(network),
      durations_(plan, costs, platform, options),
      phases_(phases_of(plan, costs, platform, options.contention)),
      folding_(may_fold(plan, platform, options) ? sim::fold(plan, program, phases_, platform) : Folding(plan.ranks)),
      disks_(plan, costs, platform, folding_, options.contention, network),
      overlap_(options.overlap_slowdown, folding_.ranks().size(),
               [this](double date_s, int rank, int slot) { schedule(date_s, rank, slot); }),
      lanes_(program.lanes),
      places_(folding_.ranks().size() * program.lanes),
      started_(folding_.ranks().size() * program.operations, 0),
      finished_(started_.size(), 0),
      transfers_(program.transfers()),
      until_s_(kNever),
      horizon_s_(kNever),
      asked_for_s_(kNever),
      recorder_(plan, program) {
  assert(costs.size() == plan.operations.size() && network.ranks() >= plan.ranks);
  if (options.logging == Logging::every_rank) lane_starts_s_.assign(places_.size(), 0.0);
  played_.observed_rank = folding_.rank_for(durations_.most_computing_rank());
  played_.copies = folding_.copies();
  if (options.mode == Mode::message) chunks_.emplace(network, program.transfers(), program.transfers());
  prepare_transfers();
  events_.reserve(places_.size());
  for (const int rank : folding_.ranks()) {
    const int rank_class = program.class_of[rank];
    if (rank_class >= 0) all_instances_ += options.steps * program.instances[rank_class];
    for (int lane = 0; rank_class >= 0 && lane < lanes_; ++lane) {
      place(rank, lane).slot = program.first_slot[rank_class * lanes_ + lane];
      if (place(rank, lane).slot >= 0) ++lanes_in_use_;
    }
  }
}

Played Player::play() {
  if (lanes_in_use_ == 0 || options_.steps < 1) return std::move(played_);
  network_.run(*this);
  played_.flows = flows();
  if (static_cast<std::int64_t>(played_.step_finishes.size()) < options_.steps) throw SimulationFailed(blockage());
  played_.makespan = played_.step_finishes.back();
  played_.tail = recorder_.tail(played_.makespan.value());
  return std::move(played_);
}

void Player::on_start() {
  if (begin_s_ > 0)
    network_.call_at(begin_s_, kBegin);
  else
    begin();
}

void Player::begin() {
  now_s_ = begin_s_;
  for (const int rank : folding_.ranks())
    for (int lane = 0; lane < lanes_; ++lane) try_lane(rank, lane);
  advance(begin_s_);
}

void Player::on_time(int token, double date_s) {
  if (token == kBegin) return begin();
  if (token == kNextDate && date_s >= asked_for_s_) asked_for_s_ = kNever;
  if (token <= kFirstPlace) {
    played_.flows += disks_.launch(kFirstPlace - token);
  } else if (token >= program_.transfers()) {
    if (const std::optional<int> transfer = chunks_->on_time(token)) end_phase(*transfer);
  } else if (token >= 0) {
    launch_flows(token);
  }
  advance(date_s);
}

void Player::on_flow_done(int tag) {
  if (tag < 0)
    end_disk_flow(-1 - tag);
  else if (chunks_)
    chunks_->on_flow_done(tag);
  else if (--transfers_[tag].flows_left == 0)
    end_phase(tag);
}

// On to the transfer's next phase, or after the last to its finish.
void Player::end_phase(int index) {
  Transfer& transfer = transfers_[index];
  transfer.flows_left = 0;
  ++transfer.phase;
  launch_flows(index);
  if (transfer.flows_left > 0) return;
  const double clock_s = network_.now_s();
  now_s_ = std::max(now_s_, clock_s);
  under_way_.erase(std::find(under_way_.begin(), under_way_.end(), index));
  lower_horizon();
  finish_transfer(index);
  advance(clock_s);
}

// Takes dates in order until one lies beyond both the clock and the earliest end of a flow (or what others' clock allows).
void Player::advance(double clock_s) {
  while (!events_.empty() && events_.front().date_s <= std::max(clock_s, std::min(horizon_s_, until_s_))) {
    std::pop_heap(events_.begin(), events_.end(), kLater);
    const Event event = events_.back();
    events_.pop_back();
    if (event.rank >= 0 && slows(program_.slots[event.index].operation) &&
        !overlap_.ends(folding_.index(event.rank), event.index, event.date_s))
      continue;
    now_s_ = std::max(now_s_, event.date_s);
    if (event.rank < 0)
      finish_transfer(event.index);
    else
      finish_slot(event.rank, event.index);
  }
  if (events_.empty() || events_.front().date_s >= asked_for_s_) return;
  asked_for_s_ = events_.front().date_s;
  network_.call_at(asked_for_s_, kNextDate);
}

void Player::schedule(double date_s, int rank, int index) {
  events_.push_back({date_s, rank, index});
  std::push_heap(events_.begin(), events_.end(), kLater);
}

// Whether transfers of its rank put the operation's end off.
bool Player::slows(int operation) const { return overlap_.matters() && plan_.operations[operation].kind() == OperationKind::compute; }

void Player::try_lane(int rank, int lane) {
  Place& here = place(rank, lane);
  if (here.slot < 0 || here.busy) return;
  const Program::Slot& slot = program_.slots[here.slot];
  const int instance = started_[counter(rank, slot.operation)];
  if (!may_start(rank, slot, instance)) return;
  here.busy = true;
  if (rank == played_.observed_rank) recorder_.arrive(slot, instance, now_s_);
  if (program_.first_group[slot.operation] >= 0) return arrive_at_transfer(rank, slot);
  if (disks_.plays(slot.operation)) return access_disk(rank, here.slot);
  const double seconds = durations_.seconds(rank, slot.operation, instance);
  if (slows(slot.operation))
    overlap_.start(folding_.index(rank), rank, here.slot, seconds, now_s_);
  else
    schedule(now_s_ + seconds, rank, here.slot);
  note_start(rank, slot);
}

bool Player::may_start(int rank, const Program::Slot& slot, int instance) const {
  for (int w = slot.first_wait; w < slot.first_wait + slot.waits; ++w) {
    const Program::Wait& wait = program_.waits[w];
    const std::vector<int>& done = wait.started ? started_ : finished_;
    if (done[counter(rank, wait.operation)] < wait.needed(instance)) return false;
  }
  return true;
}

void Player::note_start(int rank, const Program::Slot& slot) {
  ++started_[counter(rank, slot.operation)];
  if (rank == played_.observed_rank) recorder_.start(slot.lane, now_s_);
  if (!lane_starts_s_.empty()) lane_starts_s_[lane_of(rank, slot.lane)] = now_s_;
  for (int w = slot.first_start_wake; w < slot.first_start_wake + slot.start_wakes; ++w) try_lane(rank, program_.wakes[w]);
}

void Player::finish_slot(int rank, int slot_index) {
  if (++instances_ % kReportEvery == 0 && options_.progress) report();
  const Program::Slot& slot = program_.slots[slot_index];
  const int instances = ++finished_[counter(rank, slot.operation)];
  if (rank == played_.observed_rank) recorder_.finish(slot.lane, now_s_);
  if (!lane_starts_s_.empty())
    played_.log.push_back({rank, slot.operation, instances - 1, Seconds(lane_starts_s_[lane_of(rank, slot.lane)]), Seconds(now_s_)});
  Place& here = place(rank, slot.lane);
  here.busy = false;
  here.slot = following(slot_index, instances, rank);
  try_lane(rank, slot.lane);
  for (int w = slot.first_finish_wake; w < slot.first_finish_wake + slot.finish_wakes; ++w) try_lane(rank, program_.wakes[w]);
}

void Player::report() const {
  options_.progress({static_cast<double>(instances_), static_cast<double>(all_instances_),
                     forerun::format("of {} step{} of {} rank{} simulated", options_.steps, options_.steps == 1 ? "" : "s",
                                     counted(std::ssize(folding_.ranks())), folding_.ranks().size() == 1 ? "" : "s")});
}

// The slot after an operation that has finished `instances` times; -1 after the last step.
int Player::following(int slot_index, int instances, int rank) {
  const Program::Slot& slot = program_.slots[slot_index];
  for (int j = slot.first_jump; j < slot.first_jump + slot.jumps; ++j) {
    const Program::Jump& jump = program_.jumps[j];
    if (jump.sequence >= 0) {
      const Program::Sequence& sequence = program_.sequences[jump.sequence];
      int& done = place(rank, slot.lane).body;
      if (++done < sequence.count) return program_.order[sequence.first + done];
      done = 0;
      continue;
    }
    const int iterations = instances / jump.per_iteration;
    if (jump.count == 0) {
      end_step(rank, slot.lane, iterations);
      return options_.endless || iterations < options_.steps ? jump.target : -1;
    }
    if (iterations % jump.count != 0) return jump.target;
  }
  return slot.next;
}

void Player::end_step(int rank, int lane, int steps) {
  if (rank == played_.observed_rank && lane == plan_.compute_lane) {
    played_.compute_finishes.emplace_back(now_s_);
    played_.compute_parts.push_back(recorder_.take_parts());
  }
  const std::size_t step = steps - 1 - played_.step_finishes.size();
  if (step >= lanes_through_.size()) lanes_through_.resize(step + 1, 0);
  if (++lanes_through_[step] < lanes_in_use_) return;
  lanes_through_.pop_front();
  played_.step_finishes.emplace_back(now_s_);
}

}  // namespace forerun::sim
