#include "strategies/layout.hpp"

#include <algorithm>

#include "core/error.hpp"
#include "io/format.hpp"

namespace forerun {
namespace {

int degree(const Strategy& strategy, Axis axis) {
  switch (axis) {
    case Axis::tensor: return strategy.tensor * strategy.filter * strategy.channel * strategy.spatial.parts();
    case Axis::context: return strategy.context;
    case Axis::expert: return 1;  // experts lie on ranks of the data axis
    case Axis::data: return strategy.data;
    case Axis::pipeline: return strategy.pipeline;
  }
  return 1;
}

/// Ranks from one member of the axis to the next: the degrees of the axes that lie further in.
int stride_of(const Strategy& strategy, Axis axis) {
  int stride = 1;
  for (const Axis inner : strategy.order) {
    if (inner == axis) break;
    stride *= degree(strategy, inner);
  }
  return stride;
}

Infeasible too_many_ranks(const Scenario& scenario) {
  const Platform& platform = scenario.platform;
  return {forerun::format("the strategy needs {} devices, {} has {} (nodes={}, devices-per-node={})", scenario.strategy.ranks(),
                          platform.name, platform.devices(), platform.nodes, platform.devices_per_node)};
}

}  // namespace

Communicator Layout::groups(std::string_view name, int size, int stride, int stage) const {
  Communicator communicator;
  communicator.name = name;
  communicator.size = size;
  communicator.groups = stage_ranks / size;
  communicator.inner = communicator.groups == 1 ? 1 : stride;
  communicator.first = stage * stage_ranks;
  communicator.outer_stride = communicator.groups == 1 ? 1 : stride * size;
  communicator.member_stride = stride;
  communicator.classes = {stage};
  return communicator;
}

Communicator Layout::pairs(std::string_view name, int from_stage, int to_stage) const {
  Communicator communicator;
  communicator.name = name;
  communicator.size = 2;
  communicator.groups = stage_ranks;
  communicator.inner = stage_ranks;
  communicator.first = from_stage * stage_ranks;
  communicator.member_stride = (to_stage - from_stage) * stage_ranks;
  communicator.classes = {from_stage, to_stage};
  return communicator;
}

std::variant<Layout, Infeasible> lay_out(const Scenario& scenario) {
  const Strategy& strategy = scenario.strategy;
  const std::int64_t batch = scenario.workload.batch;
  if (strategy.ranks() > scenario.platform.devices()) return too_many_ranks(scenario);
  Layout layout;
  layout.ranks = strategy.ranks();
  layout.stages = strategy.pipeline;
  layout.split = degree(strategy, Axis::tensor);
  layout.stage_ranks = layout.ranks / layout.stages;
  layout.split_stride = stride_of(strategy, Axis::tensor);
  layout.context_stride = stride_of(strategy, Axis::context);
  // Parts of an image have the same weights, as parts of a sequence do.
  const bool spatial = strategy.spatial.parts() > 1;
  const int parts = spatial ? strategy.spatial.parts() : strategy.context;
  const int parts_stride = spatial ? layout.split_stride : layout.context_stride;
  layout.replicas = strategy.data * parts;
  layout.replica_stride = std::min(stride_of(strategy, Axis::data), parts_stride);
  const int outer = std::max(stride_of(strategy, Axis::data), parts_stride);
  const int inner = stride_of(strategy, Axis::data) < parts_stride ? strategy.data : parts;
  if (strategy.data > 1 && parts > 1 && layout.replica_stride * inner != outer)
    throw MissingCapability("an order in which another axis lies between context and data is not modelled yet");
  if (strategy.data == 1) layout.replica_stride = parts_stride;
  if (parts == 1) layout.replica_stride = stride_of(strategy, Axis::data);
  if (layout.replicas % strategy.expert != 0)
    return Infeasible{forerun::format("expert={} does not divide the {} ranks of data x context", strategy.expert, layout.replicas)};
  if (layout.stages > 1 && stride_of(strategy, Axis::pipeline) != layout.stage_ranks)
    throw MissingCapability("an order in which pipeline is not outermost is not modelled yet");
  if (batch % strategy.data != 0) return Infeasible{forerun::format("batch {} does not divide by data={}", batch, strategy.data)};
  const std::int64_t share = batch / strategy.data;
  if (strategy.micro_batch > 0 && share % strategy.micro_batch != 0)
    return Infeasible{forerun::format("{} samples a rank do not divide by micro-batch={}", share, strategy.micro_batch)};
  layout.micro_batches = strategy.micro_batch > 0 ? share / strategy.micro_batch : strategy.micro_batches;
  if (share % layout.micro_batches != 0)
    return Infeasible{forerun::format("{} samples a rank do not divide by micro-batches={}", share, layout.micro_batches)};
  layout.micro_batch = share / layout.micro_batches;
  return layout;
}

}  // namespace forerun
