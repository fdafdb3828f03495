#include "sim/play.hpp"

#include "core/error.hpp"
#include "io/format.hpp"
#include "sim/child.hpp"
#include "sim/message.hpp"
#include "sim/network.hpp"
#include "sim/player.hpp"
#include "sim/program.hpp"

namespace forerun::sim {

Parts Played::parts() const {
  Parts sum = tail;
  for (const Parts& step : compute_parts) sum += step;
  return sum;
}

void require_playable(const StepPlan& plan, Mode mode) {
  if (mode == Mode::message && plan.ranks > kMostRanksByMessage)
    throw MissingCapability(
        forerun::format("message by message the simulator plays up to {} ranks (got {}); flow by flow it plays any number",
                        kMostRanksByMessage, plan.ranks));
}

Played play(const StepPlan& plan, const std::vector<OperationCost>& costs, const Platform& platform, const PlayOptions& options) {
  require_playable(plan, options.mode);
  const std::string answer = ask_child([&] {
    Network network(platform, plan.ranks);
    const Program program = compile(plan);
    return encode(Player(plan, program, costs, platform, options, network).play());
  });
  return decode_played(answer);
}

}  // namespace forerun::sim
