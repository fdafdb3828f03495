#include "oracle/search/whole_plans.hpp"

#include <algorithm>
#include <span>

#include "core/error.hpp"
#include "core/schedule.hpp"
#include "costs/gpu/kernel_time.hpp"
#include "costs/price.hpp"
#include "oracle/evaluate.hpp"
#include "strategies/fully_sharded.hpp"
#include "strategies/lower.hpp"
#include "strategies/products.hpp"
#include "strategies/run_times.hpp"
#include "strategies/stages.hpp"
#include "workloads/formulas.hpp"

namespace forerun::oracle {

Quote WholePlans::price(const Hopeful& hopeful) {
  Draft draft;
  Quote quote = obstacle_or_bound(draft);
  if (!quote.feasible()) return quote;
  quote.given_up = hopeful && !hopeful(quote.step_s, quote.memory_bytes);
  if (quote.given_up) return quote;
  const StepPlan plan = write_step(scenario_, draft.layout, *draft.model, *draft.chunks, draft.memory);
  const std::vector<OperationCost> costs = forerun::price(plan, scenario_);
  const StepTimer timer = [](const StepPlan& timed, const std::vector<OperationCost>& its_costs) -> TimedStep {
    const Evaluation evaluation = evaluate(timed, its_costs);
    return {evaluation.step, evaluation.parts};
  };
  quote.step_s = time_epochs(scenario_, plan, costs, timer).step.value();
  return quote;
}

// In the order in which lower() finds what stands in the way. The bound: a step of m micro-batches on p stages keeps the busiest of them
// for at least m / p of what all layers compute.
Quote WholePlans::obstacle_or_bound(Draft& draft) {
  const Strategy& strategy = scenario_.strategy;
  const auto no = [](Obstacle obstacle) { return Quote{.obstacle = obstacle}; };
  const auto laid_out = lay_out(scenario_);
  if (std::holds_alternative<Infeasible>(laid_out)) return no(Obstacle::division);
  const Layout& layout = draft.layout = std::get<Layout>(laid_out);
  if (!schedule_defect({strategy.schedule, layout.stages, layout.micro_batches, strategy.interleave}).empty())
    return no(Obstacle::schedule);
  // Of axes that the local network does not show.
  if (!undefined_product(strategy).empty()) return no(Obstacle::network);
  Network& network = this->network(layout);
  if (std::holds_alternative<Infeasible>(network.model)) return no(Obstacle::network);
  auto& model = std::get<LocalModel>(network.model);
  model.samples = layout.micro_batch;
  const int count = layout.stages * strategy.interleave;
  const auto [cut, added] = network.cuts.try_emplace(count);
  if (added) cut->second = cut_chunks(model.workload(), count);
  if (std::holds_alternative<Infeasible>(cut->second)) return no(Obstacle::stages);
  if (strategy.zero == 3 && (layout.stages > 1 || strategy.expert > 1)) return no(Obstacle::other);
  draft.model = &model;
  draft.chunks = &std::get<std::vector<LayerRange>>(cut->second);
  draft.memory = device_memory(memory_of(network, *draft.chunks), scenario_, layout, model.workload());
  Quote quote;
  quote.memory_bytes = draft.memory.total().value();
  const double available = scenario_.platform.memory_of_device().value();
  if (available > 0 && quote.memory_bytes > available) {
    quote.obstacle = Obstacle::memory;
    return quote;
  }
  quote.step_s = static_cast<double>(layout.micro_batches) / layout.stages * kernels_of(network).value();
  return quote;
}

WholePlans::Network& WholePlans::network(const Layout& layout) {
  const Strategy& strategy = scenario_.strategy;
  const std::array<int, 10> key{strategy.tensor,
                                strategy.sequence_parallel ? 1 : 0,
                                strategy.context,
                                strategy.expert,
                                strategy.filter,
                                strategy.channel,
                                strategy.spatial.height,
                                strategy.spatial.width,
                                static_cast<int>(strategy.runtime),
                                strategy.vocabulary_multiple};
  if (!last_ || last_->key != key) last_ = Network{key, local_model(scenario_, layout), {}, {}, {}};
  return *last_;
}

const std::vector<ChunkMemory>& WholePlans::memory_of(Network& network, const std::vector<LayerRange>& chunks) {
  const auto& model = std::get<LocalModel>(network.model);
  const Strategy& strategy = scenario_.strategy;
  const int count = strategy.pipeline == 1 ? 1 : static_cast<int>(chunks.size());
  const auto [place, added] = network.memory.try_emplace({count, model.samples, static_cast<int>(strategy.recompute)});
  if (added) place->second = chunk_memories(model, chunks, strategy);
  return place->second;
}

Seconds WholePlans::kernels_of(Network& network) {
  if (!scenario_.calibration->gpu) return Seconds(0);
  const auto& model = std::get<LocalModel>(network.model);
  const Workload& workload = model.workload();
  const Recompute recompute = scenario_.strategy.recompute;
  const auto [place, added] = network.kernels.try_emplace({model.samples, static_cast<int>(recompute)});
  if (!added) return place->second;
  const std::vector<Passes> all = passes(workload);
  Kernel kernel{{}, Pass::forward, model.samples, {}, workload.precision, workload.optimizer};
  for (std::size_t i = 0; i < all.size(); ++i) {
    const Layer& layer = workload.layers[i];
    kernel.shape = layer.shape;
    const bool again =
        recompute == Recompute::full ? layer.block >= 0 : recompute == Recompute::selective && layer.shape.kind == LayerKind::attention;
    for (const Pass pass : all[i]) {
      if (pass == Pass::update) continue;
      kernel.pass = pass;
      place->second += (again && pass == Pass::forward ? 2 : 1) * gpu_kernel_time(*scenario_.calibration->gpu, kernel);
    }
  }
  place->second = scenario_.calibration->compute_scale * place->second;
  return place->second;
}

}  // namespace forerun::oracle
