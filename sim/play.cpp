#include "sim/play.hpp"

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

Played play(const StepPlan& plan, const std::vector<OperationCost>& costs, const Platform& platform, const PlayOptions& options) {
  const std::string answer = ask_child([&] {
    Network network(platform, plan.ranks);
    const Program program = compile(plan);
    return encode(Player(plan, program, costs, platform, options, network).play());
  });
  return decode_played(answer);
}

}  // namespace forerun::sim
