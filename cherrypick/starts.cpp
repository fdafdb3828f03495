#include "cherrypick/starts.hpp"

#include <algorithm>
#include <limits>
#include <numeric>

namespace forerun::cherrypick {

using Eigen::Index;
using Eigen::MatrixXd;

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kLeastSquaredDistance = 0.15;

double squared_distance(const MatrixXd& features, int a, int b) {
  double sum = 0;
  for (Index k = 0; k < features.cols(); ++k) sum += (features(a, k) - features(b, k)) * (features(a, k) - features(b, k));
  return sum;
}

std::vector<bool> not_excluded(const Catalogue& catalogue) {
  std::vector<bool> free;
  for (const Candidate& candidate : catalogue) free.push_back(candidate.excluded.empty());
  return free;
}

/// Those of the free whose memory is large but not largest; all of the free where memory is not known.
std::vector<int> of_large_memory(const Catalogue& catalogue, const std::vector<bool>& free) {
  std::vector<int> ids;
  for (std::size_t i = 0; i < catalogue.size(); ++i)
    if (free[i]) ids.push_back(static_cast<int>(i));
  const auto memory = [&](int id) { return catalogue[static_cast<std::size_t>(id)].memory; };
  if (ids.empty() || std::ranges::any_of(ids, [&](int id) { return !(memory(id) > 0); })) return ids;
  std::vector<int> large = ids;
  std::ranges::stable_sort(large, {}, memory);
  const double least = memory(large[large.size() * 6 / 10]);
  const double most = memory(large[large.size() * 9 / 10]);
  std::erase_if(ids, [&](int id) { return memory(id) < least || memory(id) > most; });
  return ids;
}

/// log(value / least value) of each candidate that ran well; of one that failed what it spent, the worst of the former at least; of others
/// that worst. Empty where none ran well.
std::vector<double> log_ratios(const Catalogue& catalogue, const PastJob& job, const Latent& latent) {
  std::vector<double> values(catalogue.size(), kInfinity);
  double least = kInfinity;
  double most = -kInfinity;
  for (std::size_t i = 0; i < catalogue.size() && i < job.size(); ++i) {
    if (!job[i] || job[i]->outcome != Outcome::ok) continue;
    values[i] = latent.of(catalogue[i], *job[i]);
    least = std::min(least, values[i]);
    most = std::max(most, values[i]);
  }
  if (least > most) return {};
  for (std::size_t i = 0; i < values.size(); ++i) {
    const bool failed = i < job.size() && job[i] && job[i]->outcome != Outcome::ok && !is_transient(job[i]->outcome);
    values[i] = (failed ? std::max(most, latent.of(catalogue[i], *job[i])) : std::min(values[i], most)) - least;
  }
  return values;
}

}  // namespace

int farthest(const MatrixXd& features, const std::vector<int>& others, const std::vector<bool>& free) {
  int found = -1;
  double most = -1;
  for (int id = 0; id < static_cast<int>(free.size()); ++id) {
    if (!free[static_cast<std::size_t>(id)]) continue;
    double nearest = kInfinity;
    for (const int other : others) nearest = std::min(nearest, squared_distance(features, id, other));
    if (nearest > most) found = id, most = nearest;
  }
  return found;
}

std::vector<int> spread_starts(const Catalogue& catalogue, const MatrixXd& features, int count, Random& random) {
  std::vector<bool> free = not_excluded(catalogue);
  const std::vector<int> large = of_large_memory(catalogue, free);
  std::vector<int> starts;
  int next = large.empty() ? -1 : large[random.below(large.size())];
  while (next >= 0 && static_cast<int>(starts.size()) < count) {
    starts.push_back(next);
    free[static_cast<std::size_t>(next)] = false;
    next = farthest(features, starts, free);
  }
  return starts;
}

std::vector<int> portfolio_starts(const Catalogue& catalogue, const std::vector<PastJob>& history, const Latent& latent, int count) {
  std::vector<std::vector<double>> ratios;
  for (const PastJob& job : history)
    if (std::vector<double> of_job = log_ratios(catalogue, job, latent); !of_job.empty()) ratios.push_back(std::move(of_job));
  std::vector<int> starts;
  if (ratios.empty()) return starts;
  std::vector<bool> free = not_excluded(catalogue);
  std::vector<double> best(ratios.size(), kInfinity);
  while (static_cast<int>(starts.size()) < count) {
    int next = -1;
    double least = kInfinity;
    for (std::size_t j = 0; j < catalogue.size(); ++j) {
      if (!free[j]) continue;
      double sum = 0;
      for (std::size_t w = 0; w < ratios.size(); ++w) sum += std::min(best[w], ratios[w][j]);
      if (sum < least) next = static_cast<int>(j), least = sum;
    }
    if (next < 0) break;
    starts.push_back(next);
    free[static_cast<std::size_t>(next)] = false;
    for (std::size_t w = 0; w < ratios.size(); ++w) best[w] = std::min(best[w], ratios[w][static_cast<std::size_t>(next)]);
  }
  return starts;
}

std::vector<int> predicted_starts(const Catalogue& catalogue, const MatrixXd& features, const Predictions& predictions,
                                  const Latent& latent, int count) {
  std::vector<int> order;
  for (std::size_t i = 0; i < catalogue.size(); ++i)
    if (catalogue[i].excluded.empty() && predictions[i]) order.push_back(static_cast<int>(i));
  const auto value = [&](int id) { return *predictions[static_cast<std::size_t>(id)]; };
  const auto excess = [&](int id) { return std::max(0.0, value(id) - latent.limit(catalogue[static_cast<std::size_t>(id)])); };
  std::ranges::stable_sort(order, {}, [&](int id) { return std::pair(excess(id), value(id)); });
  std::vector<int> starts;
  for (const int id : order) {
    if (static_cast<int>(starts.size()) >= count) break;
    const bool apart =
        std::ranges::none_of(starts, [&](int other) { return squared_distance(features, id, other) < kLeastSquaredDistance; });
    if (apart) starts.push_back(id);
  }
  return starts;
}

}  // namespace forerun::cherrypick
