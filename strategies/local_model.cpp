#include "strategies/local_model.hpp"

#include "strategies/channel.hpp"
#include "strategies/context.hpp"
#include "strategies/expert.hpp"
#include "strategies/filter.hpp"
#include "strategies/products.hpp"
#include "strategies/runtimes.hpp"
#include "strategies/spatial.hpp"
#include "strategies/tensor.hpp"
#include "strategies/vocabulary.hpp"

namespace forerun {

std::variant<LocalModel, Infeasible> local_model(const Scenario& scenario, const Layout& layout) {
  const Strategy& strategy = scenario.strategy;
  LocalModel model;
  model.whole = &scenario.workload;
  model.samples = layout.micro_batch;
  if (std::string reason = undefined_product(strategy); !reason.empty()) return Infeasible{std::move(reason)};
  const RuntimeDefaults& runtime = runtime_defaults(strategy.runtime);
  const bool splits = layout.split > 1 || strategy.context > 1 || strategy.expert > 1;
  if (!splits && !runtime.fuses_projections && strategy.vocabulary_multiple == 1) return model;
  model.part = scenario.workload;
  model.exchanges.resize(model.workload().layers.size());
  pad_vocabulary(model, std::int64_t{strategy.tensor} * strategy.vocabulary_multiple);
  const TensorSplit split{strategy.tensor, strategy.sequence_parallel};
  if (std::string reason = split_over_tensor(model, split); !reason.empty()) return Infeasible{std::move(reason)};
  if (std::string reason = split_over_context(model, strategy.context); !reason.empty()) return Infeasible{std::move(reason)};
  if (std::string reason = split_over_spatial(model, strategy.spatial); !reason.empty()) return Infeasible{std::move(reason)};
  if (runtime.fuses_projections) fuse_projections(model);
  if (std::string reason = split_over_filters(model, strategy.filter); !reason.empty()) return Infeasible{std::move(reason)};
  if (std::string reason = split_over_channels(model, strategy.channel); !reason.empty()) return Infeasible{std::move(reason)};
  if (std::string reason = split_over_experts(model, strategy.expert); !reason.empty()) return Infeasible{std::move(reason)};
  return model;
}

}  // namespace forerun
