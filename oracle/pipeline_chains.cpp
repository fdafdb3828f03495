#include <algorithm>
#include <cmath>

#include "oracle/evaluator.hpp"

// The evaluator's pipelines whose bodies are chains: each body is one duration.
namespace forerun::oracle {

namespace {

// Walks that begin alike up to rounding.
constexpr double kRelativeTolerance = 1e-13;

}  // namespace

// Whether each stage's compute lane is the last to be free of all that its bodies use and wait for, but for their first operations.
bool Evaluator::admits_chains(const PipelineRun& run) const {
  const auto entered_s = [&](int body) {
    const int rank_class = run.layout.pipeline->chunks[body / 3].rank_class;
    return std::pair(rank_class, lanes_free_[rank_class * lane_count_ + plan_.compute_lane]);
  };
  for (const PipelineRun::SideLane& side : run.side_lanes)
    if (const auto [rank_class, free_s] = entered_s(side.body); lanes_free_[rank_class * lane_count_ + side.lane] > free_s) return false;
  return std::ranges::all_of(run.outside, [&](const PipelineRun::OutsideWait& outside) {
    return outside.first || moment_of(waits_[outside.wait]).time_s <= entered_s(outside.body).second;
  });
}

void Evaluator::walk_chains(PipelineRun& run) {
  enter_chains(run);
  const std::vector<double> entered = run.serial->pipeline.free_s;
  walk_serial(run.serial->pipeline);
  log_chains(run, entered);
  if (run.serial->pipeline.watched >= 0) charge_chains(run);
  leave_chains(run);
  if (run.serial->pipeline.watched >= 0) record_chains(run);
  for (const PipelineRun::Count& count : run.counts) iterations_[count.entry] += count.iterations;
}

void Evaluator::enter_chains(PipelineRun& run) {
  SerialPipeline& pipeline = run.serial->pipeline;
  for (int stage = 0; stage < pipeline.shape.stages; ++stage)
    pipeline.free_s[stage] = lane_free(run.layout.pipeline->chunks[stage].rank_class, plan_.compute_lane);
  run.own_free_s.clear();
  for (std::size_t l = 0; l < pipeline.lanes.size(); ++l) {
    const SendLane& lane = run.serial->lanes[l];
    pipeline.lanes[l].free_s = std::max(lane_free(lane.sender, lane.lane), lane_free(lane.receiver, lane.lane));
    run.own_free_s.push_back(lane_free(recording_, lane.lane));
  }
  for (SerialPipeline::Body& body : pipeline.bodies) body.ready_s = 0;
  for (const PipelineRun::OutsideWait& outside : run.outside) {
    if (!outside.first) continue;
    const Arrival awaited = moment_of(waits_[outside.wait]);
    double& ready_s = pipeline.bodies[outside.body].ready_s;
    if (awaited.time_s > ready_s) ready_s = awaited.time_s, run.ready_records[outside.body] = awaited.cause;
  }
}

// The maxima in which the walk meets what was before it. All others grow as their results do, if these all grow alike.
void Evaluator::log_chains(PipelineRun& run, const std::vector<double>& entered) {
  const SerialPipeline& pipeline = run.serial->pipeline;
  const int stages = pipeline.shape.stages;
  std::vector<double> began;
  for (int stage = 0; stage < stages; ++stage) {
    log_.argument(entered[stage]);
    for (const PipelineRun::SideLane& side : run.side_lanes)
      if (side.body / 3 % stages == stage) log_.argument(lane_free(run.layout.pipeline->chunks[stage].rank_class, side.lane));
    for (const PipelineRun::OutsideWait& outside : run.outside)
      if (!outside.first && outside.body / 3 % stages == stage) log_.argument(moment_of(waits_[outside.wait]).time_s);
    log_.close_maximum();
    log_.argument(entered[stage]);
    log_.argument(pipeline.bodies[3 * stage].first_input_s);
    log_.close_maximum();
    began.push_back(pipeline.bodies[3 * stage].first_start_s);
  }
  for (std::size_t l = 0; l < pipeline.lanes.size(); ++l) {
    const SendLane& lane = run.serial->lanes[l];
    for (const double argument : {lane_free(lane.sender, lane.lane), lane_free(lane.receiver, lane.lane), pipeline.lanes[l].first_ready_s})
      log_.argument(argument);
    log_.close_maximum();
    began.push_back(pipeline.lanes[l].first_start_s);
  }
  for (const PipelineRun::OutsideWait& outside : run.outside) {
    if (!outside.first) continue;
    log_.argument(moment_of(waits_[outside.wait]).time_s);
    log_.argument(pipeline.bodies[outside.body].first_arrival_s);
    log_.close_maximum();
    began.push_back(pipeline.bodies[outside.body].first_start_s);
  }
  const double tolerance = kRelativeTolerance * *std::ranges::max_element(began);
  const double origin = began.front();
  bool alike = run.before.size() == began.size();
  for (std::size_t i = 0; i < began.size(); ++i) {
    began[i] -= origin;
    alike = alike && std::abs(began[i] - run.before[i]) <= tolerance;
  }
  run.before = std::move(began);
  ++run.walks;
  // Walks that begin otherwise are no period: an argument that never grows by the same amount says so.
  log_.argument(alike ? 0.0 : (1 + origin) * static_cast<double>(run.walks * run.walks));
  log_.close_maximum();
}

Parts Evaluator::charge_gap(const PipelineRun& run, const SerialPipeline::Wait& gap) const {
  Parts parts;
  double until_s = gap.until_s;
  const SerialPipeline::Body& body = run.serial->pipeline.bodies[gap.body];
  int record = gap.transfer < 0 ? run.ready_records[gap.body] : -1;
  for (int t = gap.transfer; t >= 0 && until_s > gap.from_s; --t) {
    const SerialPipeline::Transfer& transfer = run.serial->pipeline.transfers[body.lane][t];
    const double began_s = std::max(gap.from_s, transfer.start_s);
    add(parts, part_of(plan_, plan_.operations[send_to(*run.layout.pipeline, transfer.body)]), until_s - began_s);
    const double before_s = t > 0 ? run.serial->pipeline.transfers[body.lane][t - 1].finish_s : run.own_free_s[body.lane];
    until_s = std::max(gap.from_s, std::min(began_s, before_s));
    parts.bubble += Seconds(began_s - until_s);
    if (t == 0) record = lane_records_[run.serial->lanes[body.lane].lane];
  }
  if (until_s <= gap.from_s) return parts;
  if (record < 0)
    parts.overhead += Seconds(until_s - gap.from_s);
  else
    parts += charge_wait(plan_, records_, record, gap.from_s);
  return parts;
}

void Evaluator::charge_chains(const PipelineRun& run) {
  const SerialPipeline& pipeline = run.serial->pipeline;
  for (std::size_t b = 0; b < pipeline.bodies.size(); ++b)
    if (static_cast<int>(b) / 3 % pipeline.shape.stages == pipeline.watched)
      parts_ += run.serial->bodies[b].parts * static_cast<double>(pipeline.shape.micro_batches);
  for (const SerialPipeline::Wait& gap : pipeline.waits) parts_ += charge_gap(run, gap) * gap.times;
}

void Evaluator::leave_chains(PipelineRun& run) {
  const SerialPipeline& pipeline = run.serial->pipeline;
  const auto finish_of = [&](int body, int operation) {
    return pipeline.bodies[body].last_start_s + run.serial->bodies[body].last_finish_s[operation - run.layout.bodies[body].first];
  };
  for (int stage = 0; stage < pipeline.shape.stages; ++stage)
    lane_free(run.layout.pipeline->chunks[stage].rank_class, plan_.compute_lane) = pipeline.free_s[stage];
  for (const PipelineRun::SideLane& side : run.side_lanes) {
    double& free_s = lane_free(run.layout.pipeline->chunks[side.body / 3].rank_class, side.lane);
    free_s = std::max(free_s, finish_of(side.body, side.operation));
  }
  for (std::size_t l = 0; l < pipeline.lanes.size(); ++l) {
    const SendLane& lane = run.serial->lanes[l];
    lane_free(lane.sender, lane.lane) = lane_free(lane.receiver, lane.lane) = pipeline.lanes[l].free_s;
  }
  for (const PipelineRun::Named& named : run.named) {
    History& history = histories_[named.operation];
    const int to = named.body + (named.body % 3 == 0 ? 3 : -3);
    const double finish_s = named.send ? pipeline.bodies[to].last_transfer_finish_s : finish_of(named.body, named.operation);
    const double start_s = named.send ? pipeline.bodies[to].last_transfer_start_s : finish_s - instructions_[named.operation].duration_s;
    // Earlier instances hold up nothing that the last one does not.
    for (int slot = history.first; slot < history.first + history.depth; ++slot)
      starts_[slot] = start_s, finishes_[slot] = finish_s, instance_records_[slot] = -1;
    history.count += named.instances;
  }
}

// What a later charge may reach: the last thing on each lane, and sends that go on behind the compute lane's back.
void Evaluator::record_chains(PipelineRun& run) {
  const SerialPipeline& pipeline = run.serial->pipeline;
  const int stage = pipeline.watched;
  int last = -1;
  const auto note = [&](int operation, int lane, double ready_s, double start_s, double finish_s) {
    records_.push_back({operation, lane_records_[lane], ready_s, start_s, finish_s});
    lane_records_[lane] = static_cast<int>(records_.size()) - 1;
  };
  for (int b = 0; b < static_cast<int>(pipeline.bodies.size()); ++b)
    if (b / 3 % pipeline.shape.stages == stage && !pipeline.bodies[b].empty)
      if (last < 0 || pipeline.bodies[b].last_start_s >= pipeline.bodies[last].last_start_s) last = b;
  for (const PipelineRun::SideLane& side : run.side_lanes) {
    if (side.body / 3 % pipeline.shape.stages != stage) continue;
    const double finish_s = lane_free(recording_, side.lane);
    note(side.operation, side.lane, finish_s - instructions_[side.operation].duration_s,
         finish_s - instructions_[side.operation].duration_s, finish_s);
  }
  const double free_s = pipeline.free_s[stage];
  const int operation = run.layout.bodies[last].end - 1;
  note(operation, plan_.compute_lane, free_s - instructions_[operation].duration_s, free_s - instructions_[operation].duration_s, free_s);
  for (std::size_t l = 0; l < pipeline.lanes.size(); ++l) {
    const std::vector<SerialPipeline::Transfer>& transfers = pipeline.transfers[l];
    if (transfers.empty()) continue;
    const auto late = std::ranges::find_if(
        transfers, [&](const SerialPipeline::Transfer& transfer) { return transfer.finish_s + pipeline.skipped_s > free_s; });
    for (auto transfer = std::min(late, transfers.end() - 1); transfer != transfers.end(); ++transfer) {
      const double before_s = transfer == transfers.begin() ? run.own_free_s[l] : (transfer - 1)->finish_s;
      const bool ours = run.serial->lanes[l].sender == recording_;
      const double arrival_s = std::max(before_s, ours ? transfer->ready_s : 0.0) + pipeline.skipped_s;
      const int send = send_to(*run.layout.pipeline, transfer->body);
      const int before = lane_records_[run.serial->lanes[l].lane];
      note(send, run.serial->lanes[l].lane, arrival_s, transfer->start_s + pipeline.skipped_s, transfer->finish_s + pipeline.skipped_s);
      // Nothing that a sender waits for but its lane ends after its compute lane.
      if (before_s + pipeline.skipped_s < arrival_s)
        records_.back().cause = lane_records_[plan_.compute_lane];
      else
        records_.back().cause = before;
      if (transfer == transfers.end() - 1) instance_records_[histories_[send].first] = lane_records_[run.serial->lanes[l].lane];
    }
  }
}

}  // namespace forerun::oracle
