#include "strategies/local_model.hpp"

#include "core/error.hpp"
#include "strategies/runtimes.hpp"
#include "strategies/tensor.hpp"

namespace forerun {

std::variant<LocalModel, Infeasible> local_model(const Scenario& scenario, const Layout& layout) {
  const Strategy& strategy = scenario.strategy;
  LocalModel model{scenario.workload, {}};
  model.workload.batch = layout.micro_batch;
  if (strategy.context > 1 || strategy.expert > 1 || strategy.filter > 1 || strategy.channel > 1 || strategy.spatial.parts() > 1)
    throw MissingCapability("the axes context, expert, filter, channel and spatial are not modelled yet");
  const RuntimeDefaults& runtime = runtime_defaults(strategy.runtime);
  if (layout.split == 1 && !runtime.fuses_projections) return model;
  model.exchanges.resize(model.workload.layers.size());
  const TensorSplit split{strategy.tensor, strategy.sequence_parallel, runtime.vocabulary_multiple};
  if (std::string reason = split_over_tensor(model, split); !reason.empty()) return Infeasible{std::move(reason)};
  if (runtime.fuses_projections) fuse_projections(model);
  return model;
}

}  // namespace forerun
