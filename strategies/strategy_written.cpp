#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "io/format.hpp"
#include "strategies/runtimes.hpp"
#include "strategies/strategy_text.hpp"

namespace forerun {

namespace {

std::string order_text(const std::array<Axis, 5>& order) {
  std::string out;
  for (const Axis axis : order) out += (out.empty() ? "" : "-") + std::string(to_string(axis));
  return out;
}

}  // namespace

std::string strategy_text(const Strategy& strategy) {
  const Strategy usual = usual_strategy(runtime_defaults(strategy.runtime));
  std::string out = forerun::format("data={}", strategy.data);
  const auto say = [&](std::string_view key, const auto& value, const auto& unsaid, const auto& text) {
    if (value != unsaid) out += forerun::format(",{}={}", key, text(value));
  };
  const auto number = [](auto value) { return std::to_string(value); };
  const auto word = [](auto value) { return to_string(value); };
  const auto bytes = [](Bytes value) { return std::to_string(static_cast<std::int64_t>(value.value())) + "B"; };
  say("tensor", strategy.tensor, 1, number);
  say("pipeline", strategy.pipeline, 1, number);
  say("context", strategy.context, 1, number);
  say("expert", strategy.expert, 1, number);
  say("filter", strategy.filter, 1, number);
  say("channel", strategy.channel, 1, number);
  say("spatial", strategy.spatial, SpatialGrid{}, [](SpatialGrid grid) { return forerun::format("{}x{}", grid.height, grid.width); });
  say("zero", strategy.zero, usual.zero, number);
  say("sequence-parallel", strategy.sequence_parallel, false, [](bool) { return "on"; });
  say("micro-batch", strategy.micro_batch, std::int64_t{0}, number);
  say("micro-batches", strategy.micro_batches, std::int64_t{1}, number);
  say("interleave", strategy.interleave, 1, number);
  say("schedule", strategy.schedule, strategy.interleave > 1 ? Schedule::interleaved : Schedule::one_f_one_b, word);
  say("recompute", strategy.recompute, Recompute::none, word);
  say("order", strategy.order, usual.order, order_text);
  say("offload", strategy.offload, Offload::none, word);
  say("vocabulary-multiple", strategy.vocabulary_multiple, usual.vocabulary_multiple, number);
  say("overlap", strategy.overlap, usual.overlap, word);
  say("collective", strategy.collective, usual.collective, word);
  say("bucket", strategy.bucket, usual.bucket, bytes);
  say("first-bucket", strategy.first_bucket, std::min(usual.first_bucket, strategy.bucket), bytes);
  if (strategy.servers > 0) {
    out += forerun::format(",servers={}", strategy.servers);
    say("sync", strategy.updates, Updates::synchronous, word);
    say("backup-workers", strategy.backup_workers, 0, number);
    say("variables", strategy.variables, VariablePlacement::round_robin, word);
    say("server-nodes", strategy.server_nodes, ServerNodes::own, word);
    say("node-reduction", strategy.node_reduction, false, [](bool) { return "on"; });
  }
  return out + forerun::format(",runtime={}", to_string(strategy.runtime));
}

}  // namespace forerun
