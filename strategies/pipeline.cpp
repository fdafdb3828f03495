#include "strategies/pipeline.hpp"

#include "strategies/data_parallel.hpp"
#include "strategies/stages.hpp"
#include "workloads/graph/cut_stages.hpp"

namespace forerun {

std::vector<int> write_pipeline(const ScheduleShape& shape, const LocalModel& model, const std::vector<LayerRange>& chunks, int send_shares,
                                Frame& frame, StepWriter& passes, PlanWriter& writer) {
  Pipeline pipeline;
  pipeline.stages = shape.stages;
  pipeline.micro_batches = shape.micro_batches;
  pipeline.schedule = shape.schedule;
  pipeline.buffer_depth = static_cast<int>(chunks.size());
  const std::vector<Bytes> crossing = crossing_bytes(model.workload());
  const auto samples = static_cast<double>(model.samples);
  const bool apart = shape.schedule == Schedule::zero_bubble_h1;
  std::vector<int> ends;
  const auto body = [&](const StageContext& stage, auto&& write) {
    passes.begin_body();
    return writer.body([&] {
      write();
      passes.end_body(stage);
    });
  };
  // Of layers that compute nothing (a reshape on a stage of its own) a pass is still handed on: it takes its turn, and no time.
  const auto pass = [&](const StageContext& stage, auto&& write) {
    return body(stage, [&] {
      const int before = writer.last();
      write();
      if (writer.last() == before) passes.stand_still(stage);
    });
  };
  const auto send = [&](int from, int to, Bytes bytes, std::string_view name) {
    Operation transfer = frame.send(from, to, samples / send_shares * bytes);
    int index = -1;
    static_cast<void>(writer.body([&] {
      writer.append(transfer, name, -1);
      index = writer.last();
    }));
    return index;
  };
  for (int c = 0; c < static_cast<int>(chunks.size()); ++c) {
    Chunk chunk;
    chunk.rank_class = c % shape.stages;
    const StageContext& stage = frame.stage(chunk.rank_class);
    chunk.forward = pass(stage, [&] { passes.forward(chunks[c], stage); });
    if (c + 1 < static_cast<int>(chunks.size()))
      chunk.send_forward = send(chunk.rank_class, (c + 1) % shape.stages, crossing[chunks[c + 1].first], "send_forward");
    chunk.backward = pass(stage, [&] { passes.backward(chunks[c], stage, apart ? Gradients::data : Gradients::all); });
    ends.push_back(writer.last());
    if (c > 0) chunk.send_backward = send(chunk.rank_class, (c - 1) % shape.stages, crossing[chunks[c].first], "send_backward");
    if (apart) {
      chunk.weight = body(stage, [&] { passes.backward(chunks[c], stage, Gradients::weights); });
      if (!chunk.weight.empty()) ends.back() = writer.last();
    }
    pipeline.chunks.push_back(std::move(chunk));
  }
  writer.add(std::move(pipeline));
  return ends;
}

void sum_tied_weights(const LocalModel& model, const std::vector<LayerRange>& chunks, const std::vector<int>& ends, Frame& frame,
                      PlanWriter& writer) {
  const Bytes shared = tied_bytes(model.workload(), chunks.front().last, chunks.back());
  if (shared == Bytes(0)) return;
  const int last = frame.stages() - 1;
  const Operation sum = frame.sum_of_pair(0, last, shared);
  for (const int end : {ends.front(), ends.back(), last_transfer(writer.plan(), 0), last_transfer(writer.plan(), last)})
    writer.wait_for(end);
  writer.append_transfer(sum);
}

}  // namespace forerun
