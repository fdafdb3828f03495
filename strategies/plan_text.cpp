#include "strategies/plan_text.hpp"

#include "core/pipeline_order.hpp"
#include "io/format.hpp"
#include "workloads/formulas.hpp"

namespace forerun {

std::string title(const Operation& operation, const Workload& workload) {
  std::string out(operation.name);
  if (operation.layer < 0) return out;
  if (operation.kind() == OperationKind::transfer) return out + forerun::format(" bucket {}", operation.layer);
  if (operation.layer < static_cast<int>(workload.layers.size())) out += " " + workload.layers[operation.layer].name;
  return out;
}

namespace {

std::string work_text(const Operation& operation, const StepPlan& plan) {
  if (const auto* kernel = std::get_if<Kernel>(&operation.work))
    return forerun::format("{}, batch {}, {}", to_string(kernel->shape.kind), kernel->batch, human(flops(*kernel)));
  if (const auto* delay = std::get_if<Delay>(&operation.work)) return "delay " + human(delay->duration);
  if (const auto* computation = std::get_if<Computation>(&operation.work)) {
    std::string out;
    const auto add = [&](const std::string& part) { out += (out.empty() ? "" : ", ") + part; };
    if (computation->duration > Seconds(0)) add(human(computation->duration));
    if (computation->flops > Flops(0)) add(human(computation->flops));
    if (computation->bytes > Bytes(0)) add(human(computation->bytes) + " moved");
    return out;
  }
  if (const auto* disk = std::get_if<DiskAccess>(&operation.work))
    return forerun::format("{}, {} of {}", disk->direction == DiskAccess::Direction::read ? "read" : "write", human(disk->rank.bytes),
                           human(disk->all.bytes));
  const auto& collective = std::get<Collective>(operation.work);
  const Communicator& communicator = plan.communicators[collective.communicator];
  if (collective.operation == Collective::Operation::barrier) return forerun::format("over {} ranks", communicator.size);
  if (collective.operation == Collective::Operation::send) return "send, " + human(collective.bytes);
  if (collective.operation == Collective::Operation::pull)
    return forerun::format("{} to each of {}", human(collective.bytes), communicator.size - 1);
  if (collective.operation == Collective::Operation::push)
    return forerun::format("{} from each of {}", human(collective.bytes), communicator.size - 1);
  const bool reduces = collective.operation == Collective::Operation::all_reduce;
  return forerun::format("{}{}, {} over {} ranks", reduces ? "" : std::string(to_string(collective.operation)) + ", ",
                         to_string(collective.algorithm), human(collective.bytes), communicator.size);
}

struct Source {
  const StepPlan& plan;
  const Workload& workload;
  std::span<const Seconds> times;
};

void write_operation(std::string& out, int index, const Source& source, int indent) {
  const auto& [plan, workload, times] = source;
  const Operation& operation = plan.operations[index];
  out += forerun::format("{:{}}{:3}  {:<8} {:<37}  {}", "", indent, index, plan.lanes[operation.lane].name, title(operation, workload),
                         work_text(operation, plan));
  if (!times.empty()) out += "  " + human(times[index]);
  for (int d = 0; d < operation.dependency_count; ++d) {
    const Dependency& dependency = plan.dependencies[operation.first_dependency + d];
    out += forerun::format("{}{}", d == 0 ? "  after " : ", ", dependency.operation);
    if (dependency.offset > 0) out += forerun::format("(-{})", dependency.offset);
  }
  out += "\n";
}

void write(std::string& out, const std::vector<Node>& body, const Source& source, int indent);

// Of what a stage does, the first tasks: `F0 F1 B0 W0`, with chunks `F0.0` as chunk and micro-batch.
std::string schedule_row(const Pipeline& pipeline, int stage) {
  constexpr int kMostTasks = 48;
  std::string row;
  int written = 0;
  for (ScheduleCursor cursor(shape_of(pipeline), stage); !cursor.done(); cursor.advance()) {
    const StageTask task = cursor.task();
    if (task.body == StageBody::weight && pipeline.chunks[task.chunk].weight.empty()) continue;
    if (++written > kMostTasks) return row + " ...";
    row += task.body == StageBody::forward ? " F" : task.body == StageBody::backward ? " B" : " W";
    if (pipeline.interleave() > 1) row += forerun::format("{}.", task.chunk);
    row += std::to_string(task.micro_batch);
  }
  return row;
}

void write(std::string& out, const Pipeline& pipeline, const Source& source, int indent) {
  out += forerun::format("{:{}}pipeline {}: {} micro-batch{} through {} stage{}", "", indent, to_string(pipeline.schedule),
                         pipeline.micro_batches, pipeline.micro_batches == 1 ? "" : "es", pipeline.stages, pipeline.stages == 1 ? "" : "s");
  if (pipeline.interleave() > 1) out += forerun::format(", {} chunks each", pipeline.interleave());
  out += forerun::format(", buffers of {}\n", pipeline.buffer_depth);
  for (int stage = 0; stage < pipeline.stages; ++stage)
    out += forerun::format("{:{}}stage {}:{}\n", "", indent + 2, stage, schedule_row(pipeline, stage));
  for (int c = 0; c < static_cast<int>(pipeline.chunks.size()); ++c) {
    const Chunk& chunk = pipeline.chunks[c];
    out += forerun::format("{:{}}chunk {} on {}\n", "", indent + 2, c, source.plan.classes[chunk.rank_class].name);
    const auto write_body = [&](std::string_view name, const std::vector<Node>& body, int send) {
      if (!body.empty()) out += forerun::format("{:{}}{}\n", "", indent + 4, name);
      write(out, body, source, indent + 6);
      if (send >= 0) write_operation(out, send, source, indent + 6);
    };
    write_body("forward", chunk.forward, chunk.send_forward);
    write_body("backward", chunk.backward, chunk.send_backward);
    write_body("weight", chunk.weight, -1);
  }
}

void write(std::string& out, const Repeat& repeat, const Source& source, int indent) {
  write(out, repeat.body, source, indent);
  for (const Buffer& buffer : repeat.buffers)
    out += forerun::format("{:{}}buffer({}) {} -> {}{}\n", "", indent, buffer.depth, buffer.producer, buffer.consumer,
                           buffer.taken ? ", taken" : "");
}

void write(std::string& out, const std::vector<Node>& body, const Source& source, int indent) {
  for (const Node& node : body) {
    if (const int* operation = std::get_if<int>(&node)) {
      write_operation(out, *operation, source, indent);
    } else if (const auto* repeat = std::get_if<Repeat>(&node)) {
      out += forerun::format("{:{}}repeat {}\n", "", indent, repeat->count);
      write(out, *repeat, source, indent + 2);
    } else {
      write(out, *std::get_if<Pipeline>(&node), source, indent);
    }
  }
}

}  // namespace

std::string plan_text(const StepPlan& plan, const Workload& workload, std::span<const Seconds> times) {
  std::string out = forerun::format("{} of {} rank{}\n", workload.name, plan.ranks, plan.ranks == 1 ? "" : "s");
  for (const RankClass& rank_class : plan.classes)
    out += forerun::format("class {}: ranks {} to {}\n", rank_class.name, rank_class.first, rank_class.rank(rank_class.count - 1));
  for (const Communicator& communicator : plan.communicators)
    out += forerun::format("communicator {}: {} group{} of {}\n", communicator.name, communicator.groups,
                           communicator.groups == 1 ? "" : "s", communicator.size);
  out += plan.step.count > 0 ? forerun::format("repeat {} steps\n", plan.step.count) : std::string("repeat steps\n");
  write(out, plan.step, {plan, workload, times}, 2);
  return out;
}

}  // namespace forerun
