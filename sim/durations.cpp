#include "sim/durations.hpp"

#include <algorithm>
#include <stdexcept>

#include "core/random.hpp"
#include "sim/device_speeds.hpp"

namespace forerun::sim {

double jitter_draw(std::uint64_t seed, int rank, int operation, std::int64_t instance) {
  const std::uint64_t where = (static_cast<std::uint64_t>(rank) << 32) | static_cast<std::uint32_t>(operation);
  const std::uint64_t drawn = mix_bits(mix_bits(mix_bits(seed) ^ where) ^ static_cast<std::uint64_t>(instance));
  return unit_interval(drawn);
}

Durations::Durations(const StepPlan& plan, const std::vector<OperationCost>& costs, const Platform& platform, const PlayOptions& options)
    : plan_(plan), options_(options), slowness_(device_slowness(platform, options.seed, plan.ranks)) {
  for (std::size_t i = 0; i < plan.operations.size(); ++i) {
    base_s_.push_back(costs[i].duration().value());
    compute_.push_back(plan.operations[i].kind() == OperationKind::compute ? 1 : 0);
    jitter_.push_back(compute_.back() != 0 ? platform.compute_jitter : 0.0);
  }
  jittered_ = std::any_of(jitter_.begin(), jitter_.end(), [](double jitter) { return jitter > 0; });
  for (const Perturbation& added : options.perturbations)
    if (plan.operations.at(added.operation).kind() == OperationKind::transfer)
      throw std::invalid_argument("a transfer cannot be perturbed: perturb what its ranks do before it");
}

double Durations::added_s(int rank, int operation, std::int64_t instance) const {
  double sum = 0;
  for (const Perturbation& added : options_.perturbations)
    if (added.rank == rank && added.operation == operation && (added.instance < 0 || added.instance == instance))
      sum += added.added.value();
  return sum;
}

int Durations::most_computing_rank() const {
  const RankClass& ranks = plan_.classes[plan_.compute_class];
  if (options_.perturbations.empty() && !jittered_ && slowness_.empty()) return ranks.rank(0);
  const TreeIndex tree = index_tree(plan_);
  int most = ranks.rank(0);
  double longest = -1;
  for (int i = 0; i < ranks.count; ++i) {
    double sum = 0;
    for (int o = 0; o < static_cast<int>(plan_.operations.size()); ++o) {
      const Operation& operation = plan_.operations[o];
      if (operation.kind() != OperationKind::compute || operation.rank_class != plan_.compute_class || operation.lane != plan_.compute_lane)
        continue;
      const std::int64_t instances = options_.steps * static_cast<std::int64_t>(times_in_step(tree, static_cast<std::size_t>(o)));
      for (std::int64_t k = 0; k < instances; ++k) sum += seconds(ranks.rank(i), o, k);
    }
    if (sum > longest) longest = sum, most = ranks.rank(i);
  }
  return most;
}

}  // namespace forerun::sim
