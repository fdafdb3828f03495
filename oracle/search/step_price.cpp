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
  const std::tuple key{
      draft.times, shape.stages, shape.interleave, static_cast<int>(shape.schedule), shape.micro_batches, draft.layout.stage_ranks};
  if (ends_ != nullptr && key == walked_) return *ends_;
  walked_ = key;
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
  return *(ends_ = &walker_.run(pipeline_));
}

// Sums the gradients of a chunk, each bucket from `ready_s` on; when the lane is free after that.
double Pricer::reduce_buckets(const Draft& draft, int chunk, double ready_s, double free_s) {
  const ChunkKind kind = kind_of(draft, chunk);
  const double bytes = summed_bytes(draft, kind, blocks_of(draft, chunk));
  if (bytes == 0) return free_s;
  const Collective::Operation operation = gradient_reduction(*draft.strategy);
  free_s = std::max(free_s, ready_s);
  if (bytes < draft.strategy->first_bucket.value()) return free_s + over_data(draft, operation, bytes);
  for (const Bucket& bucket : draft.network->buckets(kind, blocks_of(draft, chunk), *draft.strategy))
    free_s += over_data(draft, operation, bucket.bytes.value());
  return free_s;
}

// When the data lane of a stage has summed all gradients; zero without such a lane.
double Pricer::reduce(const Draft& draft, int stage, const PipelineEnds& ends) {
  if (draft.layout.replicas == 1) return 0;
  const int stages = draft.shape.stages, chunks = stages * draft.shape.interleave;
  const bool overlaps = overlaps_data(draft.strategy->overlap);
  double all_s = 0;
  for (int chunk = stage; chunk < chunks; chunk += stages) all_s = std::max(all_s, ends.chunk_end_s[chunk]);
  double free_s = 0;
  double spread = 0;
  for (int chunk = chunks - stages + stage; chunk >= 0; chunk -= stages) {
    free_s = reduce_buckets(draft, chunk, overlaps ? ends.chunk_end_s[chunk] : all_s, free_s);
    spread += draft.network->layers[kind_of(draft, chunk)].spread;
    spread += (blocks_of(draft, chunk) - 1) * draft.network->layers.block.spread;
  }
  const int copies = draft.layout.replicas / draft.strategy->expert;
  if (spread == 0 || copies == 1) return free_s;
  const Communicator group = draft.layout.groups("expert-data", copies, draft.layout.replica_stride * draft.strategy->expert, 0);
  const double bytes = bytes_per_element(scenario_.workload.precision) * spread;
  return std::max(free_s, all_s) + transfer(draft, gradient_reduction(*draft.strategy), bytes, group);
}

// The stage's optimizer, and the parameters gathered after it: when the next step may begin there.
double Pricer::update(const Draft& draft, int stage, double start_s, double data_free_s) {
  const int stages = draft.shape.stages;
  double trained = 0, layers_s = 0;
  for (int chunk = stage; chunk < stages * draft.shape.interleave; chunk += stages) {
    const double further = blocks_of(draft, chunk) - 1;
    trained += draft.network->layers[kind_of(draft, chunk)].trained + further * draft.network->layers.block.trained;
    layers_s += draft.times->bodies[kind_of(draft, chunk)].update_s + further * draft.times->bodies.block.update_s;
  }
  const std::int64_t shares = draft.strategy->zero >= 1 ? draft.layout.replicas : 1;
  if (shares == 1 && !runtime_defaults(draft.strategy->runtime).updates_flat) return start_s + layers_s;
  const auto elements = static_cast<std::int64_t>(trained);
  const Kernel kernel = flat_update(scenario_.workload, (elements + shares - 1) / shares, draft.layout.micro_batch, Bytes(0));
  const double end_s = start_s + scenario_.calibration->compute_scale * gpu_kernel_time(*scenario_.calibration->gpu, kernel).value();
  if (shares == 1) return end_s;
  const double bytes = bytes_per_element(scenario_.workload.precision) * trained;
  return std::max(end_s, data_free_s) + over_data(draft, Collective::Operation::all_gather, bytes);
}

std::optional<double> Pricer::step(const Draft& draft) {
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
  const PipelineEnds& ends = stages == 1 ? alone : walk(draft);
  tails_.assign(static_cast<std::size_t>(stages), {});
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
    tail.end_s = update(draft, stage, start_s, tail.transfers_end_s);
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
