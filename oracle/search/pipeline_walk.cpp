#include "oracle/search/pipeline_walk.hpp"

#include <algorithm>
#include <cmath>

namespace forerun::oracle {

namespace {

// Rounds may differ by rounding alone: by so much of the time so far, over all rounds.
constexpr double kTolerance = 4e-13;
// Of 1F1B, a multiple of two: to look whether all has shifted takes about as long as a round.
constexpr int kHalvesBetweenLooks = 8;

}  // namespace

const PipelineEnds& PipelineWalk::run(const PipelineTimes& times) {
  times_ = &times;
  const auto stages = static_cast<std::size_t>(times.shape.stages);
  ends_.first_start_s.assign(stages, 0);
  ends_.stage_end_s.assign(stages, 0);
  ends_.chunk_end_s.assign(times.chunks.size(), 0);
  if (times.shape.schedule == Schedule::gpipe)
    fill_and_drain();
  else if (times.shape.interleave > 1)
    interleave();
  else
    alternate();
  return ends_;
}

// Stages and lanes in a row are a tandem queue of constant services c: micro-batch i leaves the k-th of them at
//   c_0 + ... + c_k + i max(c_0, ..., c_k)   [max-plus; all of them are there at once, and queues are in order].
// Buffers of two micro-batches and more change nothing: a send that waits for one would wait for the lane or the stage behind it anyway.
void PipelineWalk::fill_and_drain() {
  const PipelineTimes& t = *times_;
  const int p = t.shape.stages;
  const auto rest = static_cast<double>(t.shape.micro_batches - 1);
  double first_s = 0, slowest_s = 0;
  const auto serve = [&](double service_s) {
    first_s += service_s;
    slowest_s = std::max(slowest_s, service_s);
  };
  for (int s = 0; s < p; ++s) {
    ends_.first_start_s[s] = first_s;
    serve(t.chunks[s].forward_s);
    if (s < p - 1) serve(t.send_forward_s[s]);
  }
  // The last stage turns round when it is through; the others are through by the time that gradients reach them.
  first_s += rest * slowest_s;
  slowest_s = 0;
  for (int s = p - 1; s >= 0; --s) {
    serve(t.chunks[s].backward_s + t.chunks[s].weight_s);
    ends_.stage_end_s[s] = first_s + rest * slowest_s;
    if (s > 0) serve(t.send_backward_s[s]);
  }
  ends_.chunk_end_s = ends_.stage_end_s;
}

// Every `step`-th stage from the first on; what it sends goes to the stage `sent` on.
template <int step, int sent>
inline void PipelineWalk::take_up(Passes Stage::*passes, std::int64_t first, std::int64_t end) {
  Stage* const stages = stages_.data() + 1;
  for (std::int64_t s = first; step > 0 ? s < end : s > end; s += step) {
    Stage& stage = stages[s];
    Passes& own = stage.*passes;
    stage.free_s = std::max(stage.free_s, own.arrival_s) + own.duration_s;
    own.lane_free_s = std::max(own.lane_free_s, stage.free_s) + own.send_s;
    (stages[s + sent].*passes).arrival_s = own.lane_free_s;
  }
}

// Whether all stages and lanes are free a constant later than they were the last time; keeps when they are.
bool PipelineWalk::shifted(double& growth_s) {
  bool same = !kept_.empty();
  if (same) {
    const double free_s = stages_[1].free_s;
    growth_s = free_s - kept_[1].free_s;
    const double tolerance_s = kTolerance / static_cast<double>(times_->shape.micro_batches) * free_s;
    const auto as_before = [&](double now_s, double before_s) { return std::abs(now_s - before_s - growth_s) <= tolerance_s; };
    for (std::size_t s = 1; same && s + 1 < stages_.size(); ++s) {
      const Stage &now = stages_[s], &before = kept_[s];
      same = as_before(now.free_s, before.free_s) && as_before(now.forward.lane_free_s, before.forward.lane_free_s) &&
             as_before(now.backward.lane_free_s, before.backward.lane_free_s);
    }
  }
  kept_ = stages_;
  return same;
}

// Stages q = 0, 1, ... from the last one on, which is how many forward bodies they take up ahead. Half a round h takes up forward (h + q) /
// 2 where h + q is even and backward (h - 1 - q) / 2 on the other stages: what these wait for, their neighbours did in the half before.
void PipelineWalk::alternate() {
  const PipelineTimes& t = *times_;
  const std::int64_t p = t.shape.stages, last = p - 1;
  std::int64_t m = t.shape.micro_batches;
  const bool late_weights = t.shape.schedule == Schedule::zero_bubble_h1;
  const bool weights = std::ranges::any_of(t.chunks, [](const PipelineTimes::Chunk& chunk) { return chunk.weight_s > 0; });
  stages_.assign(static_cast<std::size_t>(p + 2), {});
  kept_.clear();
  Stage* const stages = stages_.data() + 1;
  for (std::int64_t q = 0; q < p; ++q) {
    stages[q].forward.duration_s = t.chunks[last - q].forward_s;
    stages[q].backward.duration_s = t.chunks[last - q].backward_s;
    if (q > 0) stages[q].forward.send_s = t.send_forward_s[last - q];
    if (q < last) stages[q].backward.send_s = t.send_backward_s[last - q];
  }
  double skipped_s = 0;
  for (std::int64_t h = -last; h < 2 * m + last; ++h) {
    if (h <= 0) ends_.first_start_s[last + h] = stages[-h].forward.arrival_s;
    const auto from = [](std::int64_t q, std::int64_t like) { return q <= 0 ? like & 1 : q + ((q ^ like) & 1); };
    take_up<2, -1>(&Stage::forward, from(-h, h), std::min(p, 2 * m - 1 - h));
    take_up<2, 1>(&Stage::backward, from(h + 1 - 2 * m, h + 1), std::min(p, h));
    // Zero-bubble H1 takes up a stage's weight bodies as many rounds late as there are stages before it.
    for (std::int64_t q = from(std::max(h + 1 - 2 * m, late_weights ? 2 * p - 1 - h : 0), h + 1); weights && q < std::min(p, h); q += 2)
      stages[q].free_s += t.chunks[last - q].weight_s;
    if (h % kHalvesBetweenLooks != 0 || h < (late_weights ? 2 * p - 1 : p)) continue;
    double growth_s = 0;
    if (const std::int64_t left = (2 * m - 1 - p - h) / kHalvesBetweenLooks; left > 0 && shifted(growth_s)) {
      m -= left * (kHalvesBetweenLooks / 2);
      skipped_s = static_cast<double>(left) * growth_s;
    }
  }
  for (std::int64_t s = 0; s < p; ++s) {
    const std::int64_t late = late_weights ? std::min(s, t.shape.micro_batches) : 0;
    ends_.stage_end_s[s] = stages[last - s].free_s + skipped_s + static_cast<double>(late) * t.chunks[s].weight_s;
  }
  ends_.chunk_end_s = ends_.stage_end_s;
}

// Virtual micro-batches ("slots") go through a stage in groups of p: slot k is turn (k / p) % v, of chunk stage + turn x p forward, of
// chunk stage + (v - 1 - turn) p backward. A slot waits for the same slot of the stage before, on the first stage (forward) for the slot p
// earlier of the last one. Stage s takes up min(2 (p - s - 1) + (v - 1) p, v m) slots ahead. Round j takes up forward slot j + v p - 1 - s
// and backward slot j + 1 - p + s: all that they wait for was sent in the round before. On one stage each, a turn begins.
void PipelineWalk::interleave() {
  const PipelineTimes& t = *times_;
  const std::int64_t p = t.shape.stages, v = t.shape.interleave, period = p * v, last = p - 1;
  std::int64_t slots = t.shape.micro_batches * v;
  stages_.assign(static_cast<std::size_t>(p + 2), {});
  kept_.clear();
  Stage* const stages = stages_.data() + 1;
  for (std::int64_t s = 0; s < last; ++s) {
    stages[s].forward.send_s = t.send_forward_s[s];
    stages[s + 1].backward.send_s = t.send_backward_s[s + 1];
  }
  bool around = false, back_around = false;  // whether the last stage sends to the first one, and the first to the last
  std::int64_t begun = 0, chunk = 0;         // the stage that begins a turn forward, and the chunk
  double skipped_s = 0;
  for (std::int64_t round = 1 - period; round < slots + last; ++round) {
    if (round >= 0) {
      const std::int64_t back_chunk = chunk + 1 == period ? chunk : period - 2 - chunk, s = begun == last ? last : last - 1 - begun;
      if (back_chunk + p < period) ends_.chunk_end_s[back_chunk + p] = stages[s].free_s;
      stages[s].backward.duration_s = t.chunks[back_chunk].backward_s;
      if (s == 0) stages[s].backward.send_s = (back_around = back_chunk >= p) ? t.send_backward_s[s] : 0;
    }
    stages[begun].forward.duration_s = t.chunks[chunk].forward_s;
    if (begun == last) stages[begun].forward.send_s = (around = chunk + p < period) ? t.send_forward_s[begun] : 0;
    const std::int64_t behind = round + period;  // stages that have begun
    if (behind <= p) ends_.first_start_s[begun] = stages[begun].forward.arrival_s;
    take_up<-1, 1>(&Stage::forward, std::min(p, behind) - 1, std::max<std::int64_t>(0, behind - slots) - 1);
    if (around) stages[0].forward.arrival_s = stages[p].forward.arrival_s;
    // Two stages have one lane from the last to the first, for activations and for gradients.
    for (std::int64_t s = 0; p == 2 && s < p; ++s) stages[s].backward.lane_free_s = stages[s].forward.lane_free_s;
    take_up<1, -1>(&Stage::backward, std::max<std::int64_t>(0, last - round), std::min(p, slots + last - round));
    if (back_around) stages[last].backward.arrival_s = stages[-1].backward.arrival_s;
    for (std::int64_t s = 0; p == 2 && s < p; ++s) stages[s].forward.lane_free_s = stages[s].backward.lane_free_s;
    if (++begun == p) begun = 0;
    if (++chunk == period) chunk = 0;
    if (round < last || chunk != last) continue;
    const std::int64_t left = (slots - round) / period - 1;
    if (double growth_s = 0; left > 0 && shifted(growth_s)) {
      slots -= left * period;
      skipped_s = static_cast<double>(left) * growth_s;
    }
  }
  for (std::int64_t s = 0; s < p; ++s) ends_.chunk_end_s[s] = stages[s].free_s;
  for (double& end_s : ends_.chunk_end_s) end_s += skipped_s;
  std::copy_n(ends_.chunk_end_s.begin(), p, ends_.stage_end_s.begin());
}

}  // namespace forerun::oracle
