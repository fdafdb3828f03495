#include "strategies/local_model.hpp"

#include "core/error.hpp"
#include "strategies/context.hpp"
#include "strategies/expert.hpp"
#include "strategies/runtimes.hpp"
#include "strategies/tensor.hpp"

namespace forerun {

std::variant<LocalModel, Infeasible> local_model(const Scenario& scenario, const Layout& layout) {
  const Strategy& strategy = scenario.strategy;
  LocalModel model;
  model.whole = &scenario.workload;
  model.samples = layout.micro_batch;
  if (strategy.filter > 1 || strategy.channel > 1 || strategy.spatial.parts() > 1)
    throw MissingCapability("the axes filter, channel and spatial are not modelled yet");
  const RuntimeDefaults& runtime = runtime_defaults(strategy.runtime);
  const bool splits = layout.split > 1 || strategy.context > 1 || strategy.expert > 1;
  if (!splits && !runtime.fuses_projections) return model;
  model.part = scenario.workload;
  model.exchanges.resize(model.workload().layers.size());
  const TensorSplit split{strategy.tensor, strategy.sequence_parallel, runtime.vocabulary_multiple};
  if (std::string reason = split_over_tensor(model, split); !reason.empty()) return Infeasible{std::move(reason)};
  if (std::string reason = split_over_context(model, strategy.context); !reason.empty()) return Infeasible{std::move(reason)};
  if (runtime.fuses_projections) fuse_projections(model);
  if (std::string reason = split_over_experts(model, strategy.expert); !reason.empty()) return Infeasible{std::move(reason)};
  return model;
}

}  // namespace forerun
