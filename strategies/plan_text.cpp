#include "strategies/plan_text.hpp"

#include "io/format.hpp"
#include "workloads/formulas.hpp"

namespace forerun {

namespace {

// `backward_weights conv3`, `all_reduce bucket 1`.
std::string title(const Operation& operation, const Workload& workload) {
  std::string out(operation.name);
  if (operation.layer < 0) return out;
  if (operation.kind() == OperationKind::transfer) return out + forerun::format(" bucket {}", operation.layer);
  if (operation.layer < static_cast<int>(workload.layers.size())) out += " " + workload.layers[operation.layer].name;
  return out;
}

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
  const auto& collective = std::get<Collective>(operation.work);
  const Communicator& communicator = plan.communicators[collective.communicator];
  if (collective.operation == Collective::Operation::barrier) return forerun::format("over {} ranks", communicator.size);
  if (collective.operation == Collective::Operation::send) return "send, " + human(collective.bytes);
  const bool reduces = collective.operation == Collective::Operation::all_reduce;
  return forerun::format("{}{}, {} over {} ranks", reduces ? "" : std::string(to_string(collective.operation)) + ", ",
                         to_string(collective.algorithm), human(collective.bytes), communicator.size);
}

struct Source {
  const StepPlan& plan;
  const Workload& workload;
  std::span<const Seconds> times;
};

void write(std::string& out, const Repeat& repeat, const Source& source, int indent) {
  const auto& [plan, workload, times] = source;
  for (const Node& node : repeat.body) {
    if (const auto* inner = std::get_if<Repeat>(&node)) {
      out += forerun::format("{:{}}repeat {}\n", "", indent, inner->count);
      write(out, *inner, source, indent + 2);
      continue;
    }
    const int index = std::get<int>(node);
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
  for (const Buffer& buffer : repeat.buffers)
    out += forerun::format("{:{}}buffer({}) {} -> {}{}\n", "", indent, buffer.depth, buffer.producer, buffer.consumer,
                           buffer.taken ? ", taken" : "");
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
