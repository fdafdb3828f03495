#include "oracle/search/pricer.hpp"

#include <algorithm>

#include "core/error.hpp"
#include "costs/price.hpp"
#include "costs/summary.hpp"
#include "oracle/evaluate.hpp"
#include "oracle/search/space.hpp"
#include "strategies/fully_sharded.hpp"
#include "strategies/lower.hpp"
#include "strategies/offload.hpp"

namespace forerun::oracle {

Pricer::Pricer(Scenario scenario) : scenario_(std::move(scenario)), whole_(scenario_), steps_(run_steps(scenario_)) {
  if (scenario_.platform.topology.kind != Topology::Kind::star) {
    Scenario star = scenario_;
    star.platform.topology = {};
    over_star_ = std::make_unique<Pricer>(std::move(star));
    return;
  }
  blocks_ = alike_blocks(scenario_.workload);
  if (blocks_ && (blocks_->times < kProbedBlocks || !scenario_.calibration->gpu)) blocks_.reset();
  if (!blocks_) return;
  probe_.platform = scenario_.platform;
  probe_.calibration = scenario_.calibration;
  probe_.workload = with_blocks(scenario_.workload, *blocks_, kProbedBlocks);
}

Quote Pricer::price(const Strategy& strategy, const Hopeful& hopeful) {
  scenario_.strategy = strategy;
  if (over_star_ && hopeful) {
    Quote bound = over_star_->price(strategy, hopeful);
    if (!bound.feasible() || bound.given_up) return bound;
    bound.given_up = !hopeful(bound.step_s, bound.memory_bytes);
    if (bound.given_up) return bound;
  }
  try {
    if (!over_star_ && comes_apart(strategy))
      if (const std::optional<Quote> quote = price_from_pieces(strategy, hopeful)) {
        ++counts_.from_pieces;
        return *quote;
      }
    ++counts_.by_lowering;
    return whole_.price(hopeful);
  } catch (const MissingCapability&) {
    return {.obstacle = Obstacle::other};
  }
}

// Stages lie alike on nodes: several in each, or each on whole ones.
bool Pricer::congruent(int stage_ranks) const {
  const int per_node = scenario_.platform.devices_per_node;
  return per_node % stage_ranks == 0 || stage_ranks % per_node == 0;
}

bool Pricer::comes_apart(const Strategy& strategy) const {
  // forerun's trainer keeps the gradients of all activations, so that the largest of them does not tell a chunk's memory.
  if (strategy.runtime == Runtime::forerun && strategy.recompute == Recompute::none) return false;
  if (updates_in_host(scenario_)) return false;
  return blocks_ && strategy.micro_batch > 0 && (strategy.zero < 3 || strategy.pipeline * strategy.expert == 1) && strategy.filter == 1 &&
         strategy.channel == 1 && strategy.spatial.parts() == 1 && scenario_.platform.loader_rate == 0 && !scenario_.platform.data &&
         congruent(strategy.ranks() / strategy.pipeline);
}

Pricer::Split& Pricer::split(const Strategy& strategy) {
  const SplitKey key{strategy.tensor, strategy.sequence_parallel ? 1 : 0, strategy.context,
                     strategy.expert, static_cast<int>(strategy.runtime), strategy.vocabulary_multiple};
  if (last_split_ != nullptr && key == last_split_key_) return *last_split_;
  const auto [place, added] = splits_.try_emplace(key);
  last_split_key_ = key;
  last_split_ = &place->second;
  if (!added) return *last_split_;
  probe_.strategy = strategy;
  auto model = local_model(probe_, std::get<Layout>(lay_out(scenario_)));
  if (std::holds_alternative<Infeasible>(model))
    last_split_->possible = false;
  else
    last_split_->model = std::move(std::get<LocalModel>(model));
  if (last_split_->possible) last_split_->folds = folds_of(last_split_->model);
  return *last_split_;
}

// The least degree of the data axis with which groups of other axes lie on nodes as they do with the strategy's own.
int Pricer::data_that_matters(const Strategy& strategy) const {
  const int per_node = scenario_.platform.devices_per_node;
  if (strategy.order == Strategy{}.order) {
    // Groups are runs of ranks, experts those of data and context.
    const int context = strategy.context, expert = strategy.expert, copies = std::max(context, expert);
    const bool alike = congruent(strategy.tensor) && congruent(strategy.tensor * context) && congruent(strategy.tensor * expert);
    return alike && copies % context == 0 && copies % expert == 0 ? copies / context : strategy.data;
  }
  // Members of a group lie a data axis apart: none on another's node, whether the axis takes up one node or many.
  const bool far = strategy.order == kDataInnermost && strategy.expert == 1 && strategy.data % per_node == 0;
  return far ? per_node : strategy.data;
}

const TimePieces* Pricer::times_of(const Strategy& strategy, LocalModel& model) {
  const int data = data_that_matters(strategy);
  const bool apart = strategy.pipeline > 1 && strategy.schedule == Schedule::zero_bubble_h1;
  std::int64_t order = 0;
  for (const Axis axis : strategy.order) order = 8 * order + static_cast<std::int64_t>(axis);
  const Key key{strategy.tensor,
                2 * strategy.context + (strategy.sequence_parallel ? 1 : 0),
                strategy.expert,
                strategy.micro_batch,
                static_cast<std::int64_t>(strategy.recompute),
                2 * (overlaps_tensor(strategy.overlap) ? 1 : 0) + (apart ? 1 : 0),
                data,
                order,
                static_cast<std::int64_t>(strategy.collective),
                static_cast<std::int64_t>(strategy.runtime),
                strategy.vocabulary_multiple};
  if (last_times_ != nullptr && key == last_key_) return last_times_;
  const auto [place, added] = times_of_.try_emplace(key);
  if (added) {
    probe_.strategy = strategy;
    probe_.strategy.data = data;
    if (!apart) probe_.strategy.schedule = Schedule::one_f_one_b;
    model.samples = strategy.micro_batch;
    place->second = price_bodies(probe_, model);
    ++counts_.pieces;
  }
  if (!place->second) return nullptr;
  last_key_ = key;
  return last_times_ = &*place->second;
}

ChunkKind Pricer::kind_of(const Draft& draft, int chunk) {
  const int last = draft.shape.stages * draft.shape.interleave - 1;
  if (last == 0) return ChunkKind::whole;
  return chunk == 0 ? ChunkKind::first : chunk == last ? ChunkKind::last : ChunkKind::middle;
}

Pricer::Draft& Pricer::draft_of(const Strategy& strategy) {
  Strategy common = strategy;
  common.zero = 0;
  common.overlap = overlaps_tensor(strategy.overlap) ? Overlap::tensor : Overlap::none;
  if (common != drafted_) {
    draft_ = new_draft(strategy);
    drafted_ = common;
  }
  draft_.strategy = &strategy;
  return draft_;
}

Pricer::Draft Pricer::new_draft(const Strategy& strategy) {
  Draft draft;
  const auto no = [&](Obstacle obstacle) {
    draft.obstacle = obstacle;
    return draft;
  };
  const auto layout = lay_out(scenario_);
  if (std::holds_alternative<Infeasible>(layout)) return no(Obstacle::division);
  draft.layout = std::get<Layout>(layout);
  draft.shape = {strategy.schedule, strategy.pipeline, draft.layout.micro_batches, strategy.interleave};
  const std::int64_t chunks = std::int64_t{draft.shape.stages} * draft.shape.interleave;
  if (draft.shape.interleave > 1 && draft.shape.micro_batches % draft.shape.stages != 0) return no(Obstacle::schedule);
  draft.split = &split(strategy);
  if (!draft.split->possible) return no(Obstacle::network);
  if (chunks > blocks_->times) return no(Obstacle::stages);
  draft.blocks = blocks_->times / static_cast<int>(chunks);
  draft.larger = blocks_->times % static_cast<int>(chunks);
  auto& pieces = draft.split->by_recompute[static_cast<std::size_t>(strategy.recompute)];
  if (!pieces) pieces = read_network(draft.split->model, strategy);
  draft.network = &*pieces;
  hold(draft);
  return draft;
}

std::optional<Quote> Pricer::price_from_pieces(const Strategy& strategy, const Hopeful& hopeful) {
  Draft& draft = draft_of(strategy);
  Quote quote{.obstacle = draft.obstacle};
  if (!quote.feasible()) return quote;
  quote.memory_bytes = largest_memory(draft);
  const double available = scenario_.platform.memory_of_device().value();
  if (available > 0 && quote.memory_bytes > available) {
    quote.obstacle = Obstacle::memory;
    return quote;
  }
  if (draft.times == nullptr) draft.times = times_of(strategy, draft.split->model);
  if (draft.times == nullptr) return {};
  if (hopeful) {
    quote.step_s = least_step(draft);
    quote.given_up = !hopeful(quote.step_s, quote.memory_bytes);
    if (quote.given_up) return quote;
  }
  const std::optional<double> step_s = shards_parameters(strategy, draft.layout.replicas) ? sharded_step(draft) : step(draft);
  if (!step_s) return {};
  quote.step_s = *step_s;
  return quote;
}

double Pricer::least_step(const Draft& draft) const {
  const int stages = draft.shape.stages, chunks = stages * draft.shape.interleave;
  double busiest_s = 0;
  for (int stage = 0; stage < stages; ++stage) {
    double busy_s = 0;
    for (int chunk = stage; chunk < chunks; chunk += stages) {
      const BodyTimes& one = draft.times->bodies[kind_of(draft, chunk)];
      const BodyTimes& block = draft.times->bodies.block;
      busy_s += one.forward_s + one.backward_s + one.weight_s +
                (blocks_of(draft, chunk) - 1) * (block.forward_s + block.backward_s + block.weight_s);
    }
    busiest_s = std::max(busiest_s, busy_s);
  }
  return static_cast<double>(draft.shape.micro_batches) * busiest_s;
}

// A stage's chunks, whose amounts add up, are one to stage_memory(). No stage holds more micro-batches than the one before it, so that of
// stages with the same layers the first tells.
void Pricer::hold(Draft& draft) const {
  const int last = draft.shape.stages - 1, fewer = draft.larger % draft.shape.stages;
  int before = -1;
  for (const int stage : {0, 1, fewer, last}) {
    if (stage <= before || stage > last) continue;
    draft.held[draft.held_count++] = {memory_of(draft, stage), last == 0 ? 1 : micro_batches_held(draft.shape, stage)};
    before = stage;
  }
}

double Pricer::largest_memory(const Draft& draft) const {
  Bytes largest;
  for (std::size_t i = 0; i < draft.held_count; ++i) {
    const Draft::Held& held = draft.held[i];
    largest = std::max(largest, stage_memory({&held.chunks, 1}, *draft.strategy, draft.layout.replicas, held.in_flight).total());
  }
  if (shards_parameters(*draft.strategy, draft.layout.replicas)) largest += draft.network->unsharded;
  return (largest + framework_memory(*draft.strategy, scenario_.platform)).value();
}

ChunkMemory Pricer::memory_of(const Draft& draft, int stage) const {
  const OfChunks<ChunkLayers>& layers = draft.network->layers;
  const auto samples = static_cast<double>(draft.layout.micro_batch);
  ChunkMemory chunks;
  const auto add = [&](const ChunkMemory& one, double times) {
    chunks.weights += times * one.weights, chunks.gradients += times * one.gradients, chunks.optimizer += times * one.optimizer;
    chunks.activations += times * samples * one.activations, chunks.further_activations += times * samples * one.further_activations;
  };
  for (int chunk = stage; chunk < draft.chunks(); chunk += draft.shape.stages) {
    const ChunkMemory& one = layers[kind_of(draft, chunk)].memory;
    add(one, 1);
    chunks.activation_gradients = std::max(chunks.activation_gradients, samples * one.activation_gradients);
  }
  add(layers.block.memory, draft.further_blocks(stage));
  return chunks;
}

}  // namespace forerun::oracle
