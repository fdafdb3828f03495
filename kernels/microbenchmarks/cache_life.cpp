#include "kernels/microbenchmarks/cache_life.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include "kernels/microbenchmarks/shapes.hpp"
#include "kernels/trainer/clock.hpp"
#include "kernels/trainer/quantiles.hpp"

namespace forerun {

namespace {

constexpr std::size_t kElements = 4 * static_cast<std::size_t>(kMiB) / sizeof(float);
constexpr std::size_t kColdElements = static_cast<std::size_t>(kColdBytes) / sizeof(float);
constexpr std::size_t kLine = 64 / sizeof(float);
constexpr std::array<double, 6> kWaits_s{100e-6, 300e-6, 1e-3, 3e-3, 10e-3, 30e-3};
constexpr int kRounds = 9;

constexpr double kShortest_s = 10e-6;
constexpr double kLongest_s = 1;  // beyond, no step of a size that caches could hold lasts
constexpr int kCandidates = 400;

Seconds touch(std::span<float> array) {
  const Seconds start = steady_now();
  for (std::size_t i = 0; i < array.size(); i += kLine) {
    volatile float& line = array[i];
    line = line;
  }
  return steady_now() - start;
}

/// Without memory.
void wait(Seconds duration) {
  for (const Seconds begin = steady_now(); steady_now() - begin < duration;) {
  }
}

template <class Between>
Seconds touched_again(std::span<float> array, Between between) {
  std::vector<Seconds> times;
  for (int round = 0; round < kRounds; ++round) {
    touch(array);
    between();
    times.push_back(touch(array));
  }
  return quantiles(std::move(times)).median;
}

}  // namespace

std::optional<Seconds> mean_life(std::span<const KeptShare> shares) {
  double best_s = 0, least = std::numeric_limits<double>::infinity();
  int best = 0;
  for (int i = 0; i <= kCandidates; ++i) {
    const double life_s = kShortest_s * std::pow(kLongest_s / kShortest_s, static_cast<double>(i) / kCandidates);
    double error = 0;
    for (const KeptShare& kept : shares) error += std::pow(kept.share - std::exp(-kept.wait.value() / life_s), 2);
    if (error < least) least = error, best = i, best_s = life_s;
  }
  if (best == kCandidates) return {};
  return Seconds(best_s);
}

std::optional<Seconds> measure_cache_life(Arena& arena) {
  const std::span<float> all(arena.reserve((kElements + kColdElements) * sizeof(float)), kElements + kColdElements);
  const std::span<float> array = all.first(kElements), others = all.subspan(kElements);
  const Seconds kept = touched_again(array, [] {});
  const Seconds lost = touched_again(array, [&] { touch(others); });
  if (lost <= kept) return {};
  std::vector<KeptShare> shares;
  for (const double wait_s : kWaits_s) {
    const Seconds time = touched_again(array, [&] { wait(Seconds(wait_s)); });
    shares.push_back({Seconds(wait_s), std::clamp((lost - time) / (lost - kept), 0.0, 1.0)});
  }
  return mean_life(shares);
}

}  // namespace forerun
