#include "strategies/lower.hpp"

#include <utility>
#include <vector>

#include "core/error.hpp"
#include "core/schedule.hpp"
#include "costs/summary.hpp"
#include "io/format.hpp"
#include "strategies/checkpoint.hpp"
#include "strategies/data_parallel.hpp"
#include "strategies/device_memory.hpp"
#include "strategies/fully_sharded.hpp"
#include "strategies/given_plan.hpp"
#include "strategies/input.hpp"
#include "strategies/parameter_server.hpp"
#include "strategies/pipeline.hpp"
#include "strategies/runtimes.hpp"
#include "strategies/stages.hpp"

namespace forerun {

namespace {

/// What lowering knows before it writes operations.
struct Step {
  Layout layout;
  LocalModel model;
  std::vector<LayerRange> chunks;
};

ScheduleShape schedule_shape(const Scenario& scenario, const Layout& layout) {
  return {scenario.strategy.schedule, layout.stages, layout.micro_batches, scenario.strategy.interleave};
}

Infeasible for_want_of(Obstacle obstacle, Infeasible&& none) { return {std::move(none.reason), obstacle, {}}; }

/// What a pipeline cannot be says nothing of how it was asked for.
Infeasible no_pipeline(const Strategy& strategy, std::string_view reason, Obstacle obstacle) {
  const std::string chunks = strategy.interleave > 1 ? forerun::format(",interleave={}", strategy.interleave) : "";
  return {forerun::format("pipeline={}{}: {}", strategy.pipeline, chunks, reason), obstacle, {}};
}

std::variant<Step, Infeasible> understand(const Scenario& scenario) {
  Step step;
  auto layout = lay_out(scenario);
  if (auto* none = std::get_if<Infeasible>(&layout)) return for_want_of(Obstacle::division, std::move(*none));
  step.layout = std::get<Layout>(layout);
  if (const std::string defect = schedule_defect(schedule_shape(scenario, step.layout)); !defect.empty())
    return no_pipeline(scenario.strategy, defect, Obstacle::schedule);
  auto model = local_model(scenario, step.layout);
  if (auto* none = std::get_if<Infeasible>(&model)) return for_want_of(Obstacle::network, std::move(*none));
  step.model = std::move(std::get<LocalModel>(model));
  auto chunks = cut_chunks(step.model.workload(), step.layout.stages * scenario.strategy.interleave);
  if (const auto* none = std::get_if<Infeasible>(&chunks)) return no_pipeline(scenario.strategy, none->reason, Obstacle::stages);
  step.chunks = std::move(std::get<std::vector<LayerRange>>(chunks));
  return step;
}

/// Where positions are split over the tensor group already, each rank has a share of its own to send.
int send_shares(const Strategy& strategy) {
  return runtime_defaults(strategy.runtime).scatters_sends && !strategy.sequence_parallel ? strategy.tensor : 1;
}

StepMemory memory_of(const Scenario& scenario, const Step& step) {
  const std::vector<ChunkMemory> chunks = chunk_memories(step.model, step.chunks, scenario.strategy);
  return device_memory(chunks, scenario, step.layout, step.model.workload());
}

/// The scenario as another runtime executes it, which pads the vocabulary as it does where nobody said how.
Scenario with_runtime(Scenario scenario, const RuntimeDefaults& runtime) {
  Strategy& strategy = scenario.strategy;
  if (strategy.vocabulary_multiple == runtime_defaults(strategy.runtime).vocabulary_multiple)
    strategy.vocabulary_multiple = runtime.vocabulary_multiple;
  strategy.runtime = runtime.runtime;
  return scenario;
}

/// What frameworks that keep less would need, where a GPU is short of memory for Forerun's own trainer: nobody who left the runtime out
/// meant the one that keeps the gradient of every activation. Those are named that share out as much as the strategy does, and no more.
std::string other_runtimes(const Scenario& scenario) {
  const Strategy& strategy = scenario.strategy;
  if (strategy.runtime != Runtime::forerun || strategy.recompute != Recompute::none || scenario.platform.compute_capability <= 0) return "";
  std::string out;
  for (const Runtime other : {Runtime::pytorch_ddp, Runtime::pytorch_fsdp, Runtime::megatron}) {
    const RuntimeDefaults& runtime = runtime_defaults(other);
    if (strategy.zero < runtime.zero || strategy.zero > runtime.most_zero) continue;
    const Scenario executed = with_runtime(scenario, runtime);
    const auto understood = understand(executed);
    if (const Step* step = std::get_if<Step>(&understood))
      out += forerun::format("{} with runtime={} it would be {}", out.empty() ? "" : ",", to_string(other),
                             human(memory_of(executed, *step).total()));
  }
  return out.empty() ? "" : "; runtime=forerun keeps the gradient of every activation:" + out;
}

/// Forward and backward of all micro-batches on one stage, gradients summed over the data axis where they become ready.
void write_one_stage(const Scenario& scenario, std::int64_t micro_batches, const LocalModel& model, const Frame& frame, StepWriter& passes,
                     PlanWriter& writer) {
  const LayerRange all{0, static_cast<int>(model.workload().layers.size())};
  const StageContext& stage = frame.stage(0);
  const auto once = [&] {
    passes.begin_body();
    passes.forward(all, stage);
    passes.backward(all, stage);
  };
  if (micro_batches > 1) {
    writer.repeat(micro_batches - (frame.has_data() ? 1 : 0), once);
    if (!frame.has_data()) return;
    passes.begin_body();
  }
  passes.forward(all, stage);
  backward_and_reduce(scenario, model, all, frame, passes, writer);
}

}  // namespace

std::variant<StepPlan, Infeasible> lower(const Scenario& scenario) {
  if (scenario.plan) return given_plan(scenario);
  if (scenario.strategy.servers > 0) return lower_servers(scenario);
  auto understood = understand(scenario);
  if (auto* none = std::get_if<Infeasible>(&understood)) return std::move(*none);
  const Step& step = std::get<Step>(understood);
  if (scenario.strategy.zero == 3 && (step.layout.stages > 1 || scenario.strategy.expert > 1))
    throw MissingCapability("zero=3 together with pipeline or expert is not modelled yet");
  const StepMemory memory = memory_of(scenario, step);
  if (std::string reason = memory_shortage(memory, scenario.platform); !reason.empty())
    return Infeasible{reason + other_runtimes(scenario), Obstacle::memory, memory.total()};
  return write_step(scenario, step.layout, step.model, step.chunks, memory);
}

StepPlan write_step(const Scenario& scenario, const Layout& layout, const LocalModel& model, const std::vector<LayerRange>& chunks,
                    const StepMemory& memory) {
  StepPlan plan;
  plan.memory = memory;
  plan.step.count = run_steps(scenario).value_or(0);
  plan.operations.reserve(4 * model.workload().layers.size() + 8);
  plan.dependencies.reserve(2 * model.workload().layers.size());
  plan.step.body.reserve(4 * model.workload().layers.size() + 8);
  Frame frame(scenario, layout, plan);
  PlanWriter writer(plan);
  StepWriter passes(model, scenario.strategy, memory.total(), writer);
  const LoadedInput input = write_input(scenario, layout, writer);
  int first_gathered = -1;
  std::vector<int> ends;
  if (layout.stages > 1)
    ends = write_pipeline(schedule_shape(scenario, layout), model, chunks, send_shares(scenario.strategy), frame, passes, writer);
  else if (shards_parameters(scenario.strategy, layout.replicas))
    first_gathered = write_fully_sharded(layout.micro_batches, model, folds_of(model), overlaps_data(scenario.strategy.overlap), frame,
                                         unit_passes(passes, frame.stage(0)), writer);
  else
    write_one_stage(scenario, layout.micro_batches, model, frame, passes, writer);
  std::vector<StageLayers> stages;
  for (int s = 0; s < frame.stages(); ++s) stages.push_back(stage_layers(chunks, frame.stages(), s));
  if (frame.stages() > 1) {
    for (const StageLayers& stage : stages) reduce_gradients(scenario, model, stage, ends, frame, writer);
    sum_tied_weights(model, chunks, ends, frame, writer);
  }
  for (const StageLayers& stage : stages) write_update(scenario, model, stage, frame, passes, writer);
  if (first_gathered >= 0) writer.wait_also(first_gathered, writer.last(), 1);
  if (scenario.input.prefetch == 0) load_after_step(input, writer);
  return plan;
}

StepPlan lower_checkpoint(const Scenario& scenario, const StepPlan& plan, std::int64_t steps) {
  if (scenario.strategy.expert > 1) throw MissingCapability("run.checkpoint-interval together with expert is not modelled yet");
  auto understood = understand(scenario);
  const Step& step = std::get<Step>(understood);
  const std::vector<ChunkMemory> chunks = chunk_memories(step.model, step.chunks, scenario.strategy);
  std::vector<StageState> stages(static_cast<std::size_t>(step.layout.stages));
  for (std::size_t chunk = 0; chunk < chunks.size(); ++chunk) {
    StageState& stage = stages[chunk % stages.size()];
    stage.weights += chunks[chunk].weights, stage.optimizer += chunks[chunk].optimizer;
  }
  return with_checkpoint(plan, scenario, stages, step.layout.replicas, steps);
}

}  // namespace forerun
