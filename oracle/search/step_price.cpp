#include <algorithm>

#include "costs/gpu/kernel_time.hpp"
#include "costs/transfer_time.hpp"
#include "oracle/search/pricer.hpp"
#include "strategies/data_parallel.hpp"
#include "strategies/runtimes.hpp"
#include "strategies/step_writer.hpp"
#include "workloads/formulas.hpp"

// A step's time from pieces: the pipeline, then each stage's reduction of gradients, its update and its gathering of parameters.
namespace forerun::oracle {

namespace {

/// Whether chunk or stage `i` of so many, the first `larger` of which have one block more, is as the one before it.
bool as_before(int i, int count, int larger) { return i > 1 && i < count - 1 && i != larger; }

}  // namespace

int Pricer::kind_of(const Draft& draft, Collective::Operation operation) {
  return 16 * static_cast<int>(operation) + static_cast<int>(draft.strategy->collective);
}

double Pricer::transfer(const Draft& draft, Collective::Operation operation, double bytes, const Communicator& communicator) {
  const Collective collective{operation, operation == Collective::Operation::send ? CollectiveAlgorithm::ring : draft.strategy->collective,
                              0, Bytes(bytes)};
  return transfer_cost(collective, communicator, scenario_.platform, *scenario_.calibration).duration().value();
}

double Pricer::over_data(const Draft& draft, Collective::Operation operation, double bytes) {
  const Layout& layout = draft.layout;
  const TransferKey key{kind_of(draft, operation), layout.replicas, layout.replica_stride, layout.stage_ranks, bytes};
  const auto [place, added] = data_transfers_.try_emplace(key);
  if (added) place->second = transfer(draft, operation, bytes, layout.groups("data", layout.replicas, layout.replica_stride, 0));
  return place->second;
}

double Pricer::between_stages(const Draft& draft, Collective::Operation operation, double bytes, int from, int to) {
  const int kind = kind_of(draft, operation);
  const auto [place, added] = pair_transfers_.try_emplace({kind, draft.layout.stage_ranks, 4096 * from + to, bytes});
  if (added) place->second = transfer(draft, operation, bytes, draft.layout.pairs("forward", from, to));
  return place->second;
}

const Pricer::Sends& Pricer::sends(const Draft& draft) {
  const int stages = draft.shape.stages;
  const double bytes = draft.times->sent.value();
  const auto [place, added] = sends_.try_emplace({static_cast<int>(draft.strategy->collective), draft.layout.stage_ranks, stages, bytes});
  for (int stage = 0; added && stage < stages; ++stage) {
    const int next = (stage + 1) % stages, before = (stage + stages - 1) % stages;
    place->second.forward_s.push_back(between_stages(draft, Collective::Operation::send, bytes, stage, next));
    place->second.backward_s.push_back(between_stages(draft, Collective::Operation::send, bytes, stage, before));
  }
  return place->second;
}

const PipelineEnds& Pricer::walk(const Draft& draft) {
  const ScheduleShape& shape = draft.shape;
  ++counts_.walks;
  pipeline_.shape = shape;
  pipeline_.chunks.clear();
  for (int chunk = 0; chunk < shape.stages * shape.interleave; ++chunk) {
    const BodyTimes& one = draft.times->bodies[kind_of(draft, chunk)];
    const BodyTimes& block = draft.times->bodies.block;
    const double further = blocks_of(draft, chunk) - 1;
    pipeline_.chunks.push_back(
        {one.forward_s + further * block.forward_s, one.backward_s + further * block.backward_s, one.weight_s + further * block.weight_s});
  }
  const Sends& sent = sends(draft);
  pipeline_.send_forward_s = sent.forward_s;
  pipeline_.send_backward_s = sent.backward_s;
  return walker_.run(pipeline_);
}

// How long the buckets of a chunk's gradients take on the data lane.
double Pricer::sum_of(const Draft& draft, int chunk) {
  const ChunkKind kind = kind_of(draft, chunk);
  const double bytes = summed_bytes(draft, kind, blocks_of(draft, chunk));
  if (bytes == 0) return 0;
  const Collective::Operation operation = gradient_reduction(*draft.strategy);
  if (bytes < draft.strategy->first_bucket.value()) return over_data(draft, operation, bytes);
  double sum_s = 0;
  for (const Bucket& bucket : draft.network->buckets(kind, blocks_of(draft, chunk), *draft.strategy))
    sum_s += over_data(draft, operation, bucket.bytes.value());
  return sum_s;
}

// How long a stage takes for what follows its passes: gradients of experts, the optimizer, and the parameters gathered after it.
Pricer::Tail Pricer::tail_of(const Draft& draft, int stage) {
  const Strategy& strategy = *draft.strategy;
  const OfChunks<ChunkLayers>& layers = draft.network->layers;
  const double further = draft.further_blocks(stage);
  double trained = further * layers.block.trained, spread = further * layers.block.spread;
  double layers_s = further * draft.times->bodies.block.update_s;
  for (int chunk = stage; chunk < draft.chunks(); chunk += draft.shape.stages) {
    const ChunkKind kind = kind_of(draft, chunk);
    trained += layers[kind].trained, spread += layers[kind].spread;
    layers_s += draft.times->bodies[kind].update_s;
  }
  Tail tail;
  if (const int copies = draft.layout.replicas / strategy.expert; spread > 0 && copies > 1) {
    const Communicator group = draft.layout.groups("expert-data", copies, draft.layout.replica_stride * strategy.expert, 0);
    tail.experts_s = transfer(draft, gradient_reduction(strategy), bytes_per_gradient(scenario_.workload) * spread, group);
  }
  const std::int64_t shares = strategy.zero >= 1 ? draft.layout.replicas : 1;
  tail.update_s = layers_s;
  if (shares == 1 && !runtime_defaults(strategy.runtime).updates_flat) return tail;
  const auto elements = static_cast<std::int64_t>(trained);
  const Kernel kernel = flat_update(scenario_.workload, (elements + shares - 1) / shares, draft.layout.micro_batch, Bytes(0));
  tail.update_s = scenario_.calibration->compute_scale * gpu_kernel_time(*scenario_.calibration->gpu, kernel).value();
  if (shares > 1)
    tail.gather_s = over_data(draft, Collective::Operation::all_gather, bytes_per_element(scenario_.workload.precision) * trained);
  return tail;
}

// When the data lane of a stage has summed all gradients; zero without such a lane.
double Pricer::reduce(const Draft& draft, int stage, const PipelineEnds& ends) const {
  if (draft.layout.replicas == 1) return 0;
  const int stages = draft.shape.stages;
  const bool overlaps = overlaps_data(draft.strategy->overlap);
  double all_s = 0;
  for (int chunk = stage; chunk < draft.chunks(); chunk += stages) all_s = std::max(all_s, ends.chunk_end_s[chunk]);
  double free_s = 0;
  for (int chunk = draft.chunks() - stages + stage; chunk >= 0; chunk -= stages)
    free_s = std::max(free_s, overlaps ? ends.chunk_end_s[chunk] : all_s) + sums_s_[chunk];
  const double experts_s = tails_[stage].experts_s;
  return experts_s == 0 ? free_s : std::max(free_s, all_s) + experts_s;
}

void Pricer::add_tails(Draft& draft) {
  const int stages = draft.shape.stages;
  sums_s_.resize(static_cast<std::size_t>(draft.chunks()));
  for (int chunk = 0; draft.layout.replicas > 1 && chunk < draft.chunks(); ++chunk)
    sums_s_[chunk] = as_before(chunk, draft.chunks(), draft.larger) ? sums_s_[chunk - 1] : sum_of(draft, chunk);
  tails_.resize(static_cast<std::size_t>(stages));
  for (int stage = 0; stage < stages; ++stage)
    tails_[stage] = as_before(stage, stages, draft.larger % stages) ? tails_[stage - 1] : tail_of(draft, stage);
  draft.tailed = draft.strategy->zero >= 1;
}

std::optional<double> Pricer::step(Draft& draft) {
  const bool shares = draft.strategy->zero >= 1;
  std::optional<double>& step_s = draft.step_s[2 * (shares ? 1 : 0) + (overlaps_data(draft.strategy->overlap) ? 1 : 0)];
  if (!step_s) {
    if (draft.tailed != shares) add_tails(draft);
    step_s = new_step(draft);
  }
  return step_s;
}

std::optional<double> Pricer::new_step(Draft& draft) {
  const int stages = draft.shape.stages, last = stages - 1;
  const double micro_batches = static_cast<double>(draft.shape.micro_batches);
  PipelineEnds alone;
  if (stages == 1) {
    const BodyTimes& whole = draft.times->bodies[ChunkKind::whole];
    const BodyTimes& block = draft.times->bodies.block;
    // Buckets that close within the backward pass are summed beside it, or beside sums over the tensor axis: their times do not add up.
    const bool within = draft.strategy->overlap != Overlap::none && draft.layout.replicas > 1 &&
                        summed_bytes(draft, ChunkKind::whole, draft.blocks) >= draft.strategy->first_bucket.value();
    if (within) return {};
    const double end_s = micro_batches * (whole.forward_s + whole.backward_s + (draft.blocks - 1) * (block.forward_s + block.backward_s));
    alone = {{0}, {end_s}, {end_s}};
  }
  if (stages > 1 && draft.ends == nullptr) draft.ends = &walk(draft);
  const PipelineEnds& ends = stages == 1 ? alone : *draft.ends;
  for (int stage = 0; stage < stages; ++stage) tails_[stage].transfers_end_s = reduce(draft, stage, ends);
  if (stages > 1 && draft.network->tied > Bytes(0)) {
    const double start_s =
        std::max({ends.chunk_end_s.front(), ends.chunk_end_s.back(), tails_[0].transfers_end_s, tails_[last].transfers_end_s});
    const double end_s = start_s + between_stages(draft, Collective::Operation::all_reduce, draft.network->tied.value(), 0, last);
    tails_[0].summed_end_s = tails_[last].summed_end_s = end_s;
  }
  double latest_s = 0;
  for (int stage = 0; stage < stages; ++stage) {
    Tail& tail = tails_[stage];
    const double start_s = std::max({ends.stage_end_s[stage], tail.transfers_end_s, tail.summed_end_s});
    tail.end_s = start_s + tail.update_s;
    if (tail.gather_s > 0) tail.end_s = std::max(tail.end_s, tail.transfers_end_s) + tail.gather_s;
    latest_s = std::max(latest_s, tail.end_s);
  }
  // The next step is this one shifted by what the first stage takes, if the others are ready when its first micro-batch reaches them.
  const double period_s = tails_.front().end_s;
  for (int stage = 1; stage < stages; ++stage)
    if (tails_[stage].end_s - period_s > ends.first_start_s[stage]) return {};
  if (!steps_) return period_s;
  const auto steps = static_cast<double>(*steps_);
  return ((steps - 1) * period_s + latest_s) / steps;
}

}  // namespace forerun::oracle
