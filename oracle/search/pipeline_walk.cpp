#include "oracle/search/pipeline_walk.hpp"

#include <algorithm>
#include <cmath>

namespace forerun::oracle {

namespace {

// Rounds may differ by rounding alone: by so much of the time so far, over all rounds.
constexpr double kTolerance = 4e-13;

}  // namespace

const PipelineEnds& PipelineWalk::run(const PipelineTimes& times) {
  times_ = &times;
  const auto stages = static_cast<std::size_t>(times.shape.stages);
  ends_.first_start_s.assign(stages, 0);
  ends_.stage_end_s.assign(stages, 0);
  ends_.chunk_end_s.assign(times.chunks.size(), 0);
  forward_lane_s_.assign(stages, 0);
  backward_lane_s_.assign(stages, 0);
  if (times.shape.schedule == Schedule::gpipe)
    fill_and_drain();
  else if (times.shape.interleave > 1)
    interleave();
  else
    alternate();
  return ends_;
}

inline double PipelineWalk::send(double& lane_free_s, double ready_s, double duration_s) {
  lane_free_s = std::max(lane_free_s, ready_s) + duration_s;
  return lane_free_s;
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

// Whether all that `each` hands over, at least one time, is a constant later than it was the last time; keeps it.
template <class Each>
bool PipelineWalk::shifted(double& growth_s, Each&& each) {
  bool same = true;
  double tolerance_s = 0;
  double* kept_s = state_s_.data();
  each([&](double now_s) {
    if (kept_s == state_s_.data()) {
      growth_s = now_s - *kept_s;
      tolerance_s = kTolerance / static_cast<double>(times_->shape.micro_batches) * now_s;
    }
    same = same && std::abs(now_s - *kept_s - growth_s) <= tolerance_s;
    *kept_s++ = now_s;
  });
  return same;
}

// Round j: each stage takes up forward w + j, where it has one, and backward j, w = its warm-up. What forward w + j of a stage waits for is
// the round before's forward of its neighbour, whose warm-up is one longer; backward j waits for the same round's of the next stage.
void PipelineWalk::alternate() {
  const PipelineTimes& t = *times_;
  const std::int64_t p = t.shape.stages, m = t.shape.micro_batches;
  const bool late_weights = t.shape.schedule == Schedule::zero_bubble_h1;
  std::vector<double>& free_s = ends_.stage_end_s;
  arrivals_s_.assign(static_cast<std::size_t>(p), 0);  // of the next forward
  // Stage by stage: all that one sends ahead arrives in order, and the next one takes up all but the last of it ahead, too.
  warm_s_.assign(static_cast<std::size_t>(p), 0);
  for (std::int64_t s = 0; s < p; ++s) {
    arrivals_s_[s] = warm_s_[p - s - 1];
    for (std::int64_t i = 0; i < std::min(p - s - 1, m); ++i) {
      const double start_s = std::max(free_s[s], warm_s_[i]);
      if (i == 0) ends_.first_start_s[s] = start_s;
      free_s[s] = start_s + t.chunks[s].forward_s;
      warm_s_[i] = send(forward_lane_s_[s], free_s[s], t.send_forward_s[s]);
    }
  }
  state_s_.assign(static_cast<std::size_t>(3 * p), 0);
  const auto forward = [&](std::int64_t j, std::int64_t s) {
    const std::int64_t i = p - s - 1 + j;
    if (i >= m) return;
    const double start_s = std::max(free_s[s], arrivals_s_[s]);
    if (i == 0) ends_.first_start_s[s] = start_s;
    free_s[s] = start_s + t.chunks[s].forward_s;
    if (s < p - 1) arrivals_s_[s + 1] = send(forward_lane_s_[s], free_s[s], t.send_forward_s[s]);
  };
  // From the last stage on, so that a stage's next arrival is taken up before it is written anew; each goes on to the next round's forward
  // body, of which no other one's backward body has to know.
  for (std::int64_t s = p - 1; s >= 0; --s) forward(0, s);
  for (std::int64_t j = 0; j < m; ++j) {
    double arrival_s = 0;
    for (std::int64_t s = p - 1; s >= 0; --s) {
      free_s[s] = std::max(free_s[s], arrival_s) + t.chunks[s].backward_s;
      if (s > 0) arrival_s = send(backward_lane_s_[s], free_s[s], t.send_backward_s[s]);
      if (!late_weights || j >= s) free_s[s] += t.chunks[s].weight_s;
      forward(j + 1, s);
    }
    // Zero-bubble H1 has taken up weight bodies on every stage by then.
    // Arrivals and lanes matter where the next body or send would wait for them.
    double growth_s = 0;
    const auto state = [&](auto&& keep) {
      for (std::int64_t s = 0; s < p; ++s) {
        keep(free_s[s]);
        if (s > 0) keep(arrivals_s_[s]), keep(backward_lane_s_[s]);
      }
    };
    if (const std::int64_t left = m - p - j - 1; left > 0 && shifted(growth_s, state) && j > (late_weights ? p : 0)) {
      const double skipped_s = static_cast<double>(left) * growth_s;
      for (std::vector<double>* moved : {&free_s, &arrivals_s_, &forward_lane_s_, &backward_lane_s_})
        for (double& time_s : *moved) time_s += skipped_s;
      j += left;
    }
  }
  for (std::int64_t s = 0; late_weights && s < p; ++s) free_s[s] += static_cast<double>(std::min(s, m)) * t.chunks[s].weight_s;
  ends_.chunk_end_s = free_s;
}

// Virtual micro-batches ("slots") go through a stage in groups of p: slot k is turn (k / p) % v, of chunk stage + turn x p forward, of
// chunk stage + (v - 1 - turn) p backward. A slot waits for the same slot of the stage before, on the first stage (forward) for the slot p
// earlier of the last one. Round j of a stage is forward slot w + j and backward slot j, w = its warm-up and j from -w on; beside round j
// of the last stage, stage s takes up its round j - (p - 1 - s), for which all of its inputs were sent in earlier rounds.
void PipelineWalk::interleave() {
  const PipelineTimes& t = *times_;
  const std::int64_t p = t.shape.stages, v = t.shape.interleave;
  std::int64_t slots = t.shape.micro_batches * v;
  // As warm_up(), also where there are not so many slots.
  const auto ahead = [&](std::int64_t s) { return 2 * (p - s - 1) + (v - 1) * p; };
  stages_.clear();
  for (std::int64_t s = 0; s < p; ++s)
    stages_.push_back({.index = s, .ahead = ahead(s), .forward = {.chunk = s}, .backward = {.chunk = s + (v - 1) * p}});
  // What a round takes up was sent in the round before it. So where p v rounds, after which the same chunks come again, leave all just a
  // constant later than it was, further ones do too, and are left out.
  const std::int64_t first = std::min(p - 1 - ahead(0), -ahead(p - 1)), period = p * v;
  double skipped_s = 0;
  state_s_.assign(static_cast<std::size_t>(5 * p), 0);
  for (std::int64_t round = first; round < slots + p - 1; ++round) {
    around_s_ = 0;
    double sent_back_s = 0;
    for (std::int64_t s = p - 1; s >= 0; --s) {
      Stage& stage = stages_[s];
      const std::int64_t own = round - (p - 1 - s);
      if (const std::int64_t k = stage.ahead + own; k >= 0 && k < slots) run_forward(stage, k == 0);
      const double next_s = sent_back_s;
      sent_back_s = own >= 0 && own < slots ? run_backward(stage) : 0;
      stage.gradient_s = next_s;
    }
    stages_.front().input_s = around_s_;
    stages_.back().gradient_s = sent_back_s;
    const std::int64_t left = (slots - round) / period - 1;
    if (round < period || round % period != 0 || left <= 0) continue;
    const auto state = [&](auto&& keep) {
      for (const Stage& stage : stages_) {
        keep(stage.free_s);
        keep(std::max(stage.free_s, stage.input_s));
        keep(std::max(stage.free_s, stage.gradient_s));
        keep(std::max(stage.free_s, forward_lane_s_[stage.index]));
        keep(std::max(stage.free_s, backward_lane_s_[stage.index]));
      }
    };
    if (double growth_s = 0; shifted(growth_s, state)) {
      slots -= left * period;
      skipped_s = static_cast<double>(left) * growth_s;
    }
  }
  for (const Stage& stage : stages_) ends_.stage_end_s[stage.index] = stage.free_s + skipped_s;
  for (double& end_s : ends_.chunk_end_s) end_s += skipped_s;
}

inline void PipelineWalk::run_forward(Stage& stage, bool first) {
  const PipelineTimes& t = *times_;
  const std::int64_t p = t.shape.stages, s = stage.index;
  Slots& slots = stage.forward;
  const double start_s = std::max(stage.free_s, stage.input_s);
  if (first) ends_.first_start_s[s] = start_s;
  stage.free_s = start_s + t.chunks[slots.chunk].forward_s;
  if (s + 1 < p) {
    stages_[s + 1].input_s = send(forward_lane_s_[s], stage.free_s, t.send_forward_s[s]);
  } else if (slots.turn + 1 < t.shape.interleave) {
    // Two stages have one lane from the last to the first, for activations and for gradients.
    double& lane_s = p == 2 ? backward_lane_s_[s] : forward_lane_s_[s];
    around_s_ = send(lane_s, stage.free_s, t.send_forward_s[s]);
  } else {
    // The last chunk: the backward slot of the same round is of the same micro-batch.
    stage.gradient_s = stage.free_s;
  }
  advance(slots, p);
}

// When its gradient is with the stage before, of the first stage with the last one; zero where it goes nowhere.
inline double PipelineWalk::run_backward(Stage& stage) {
  const PipelineTimes& t = *times_;
  const std::int64_t p = t.shape.stages, s = stage.index;
  Slots& slots = stage.backward;
  stage.free_s = std::max(stage.free_s, stage.gradient_s) + t.chunks[slots.chunk].backward_s;
  double sent_s = 0;
  if (s > 0)
    sent_s = send(backward_lane_s_[s], stage.free_s, t.send_backward_s[s]);
  else if (slots.turn + 1 < t.shape.interleave)
    sent_s = send(p == 2 ? forward_lane_s_[s] : backward_lane_s_[s], stage.free_s, t.send_backward_s[s]);
  ends_.chunk_end_s[slots.chunk] = stage.free_s;
  advance(slots, -p);
  return sent_s;
}

// To the next slot: after a group of p the next turn's chunk, `chunks` further on, after all turns the first one's.
inline void PipelineWalk::advance(Slots& slots, std::int64_t chunks) const {
  const std::int64_t p = times_->shape.stages, v = times_->shape.interleave;
  if (++slots.place < p) return;
  slots.place = 0;
  if (++slots.turn < v) {
    slots.chunk += chunks;
  } else {
    slots.turn = 0;
    slots.chunk -= (v - 1) * chunks;
  }
}

}  // namespace forerun::oracle
