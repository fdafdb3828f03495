#include "costs/communication_benchmark.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "core/error.hpp"
#include "io/suggest.hpp"

namespace forerun {

namespace {

constexpr std::array<std::string_view, kCommunicationBenchmarks> kNames{"ping-pong", "all-reduce", "all-gather", "reduce-scatter",
                                                                        "broadcast", "incast",     "fan-out"};

/// The line through two measured times in logarithms.
Seconds between(const CollectiveSample& below, const CollectiveSample& above, Bytes bytes) {
  const double share = std::log(bytes / below.bytes) / std::log(above.bytes / below.bytes);
  return below.median * std::pow(above.median / below.median, share);
}

}  // namespace

std::string_view to_string(CommunicationBenchmark benchmark) { return kNames[static_cast<std::size_t>(benchmark)]; }

CommunicationBenchmark parse_benchmark(const Text& text) {
  const auto found = std::ranges::find(kNames, text.value);
  if (found == kNames.end()) throw BadInput(problem(text, "unknown operation", listed(kNames), suggest(text.value, kNames)));
  return static_cast<CommunicationBenchmark>(found - kNames.begin());
}

std::optional<Seconds> measured_time(const Calibration& calibration, CommunicationBenchmark benchmark, int ranks, Bytes bytes) {
  if (benchmark == CommunicationBenchmark::all_reduce) {
    const auto& models = calibration.all_reduce_models;
    const auto model = std::ranges::find(models, ranks, &CollectiveTimeModel::ranks);
    return model == models.end() ? std::nullopt : std::optional(collective_time(*model, bytes));
  }
  // In one pass, since plans are priced in the inner loop of a search: the nearest sizes on both sides.
  const CollectiveSample* below = nullptr;
  const CollectiveSample* above = nullptr;
  for (const CollectiveSample& sample : calibration.collectives) {
    if (sample.ranks != ranks || sample.operation != to_string(benchmark)) continue;
    if (sample.bytes <= bytes && (below == nullptr || below->bytes < sample.bytes)) below = &sample;
    if (sample.bytes > bytes && (above == nullptr || sample.bytes < above->bytes)) above = &sample;
  }
  if (below == nullptr) return above == nullptr ? std::nullopt : std::optional(above->median);
  return above == nullptr ? below->median * (bytes / below->bytes) : between(*below, *above, bytes);
}

Seconds collective_time(const CollectiveTimeModel& model, Bytes bytes) {
  const double x = std::log(std::max(bytes.value(), 1.0));
  const auto& sizes = model.log_bytes;
  const auto& times = model.log_seconds;
  if (x <= sizes.front()) return Seconds(std::exp(times.front()));
  if (x >= sizes.back()) return Seconds(std::exp(times.back() + x - sizes.back()));
  const auto above = std::upper_bound(sizes.begin(), sizes.end(), x) - sizes.begin();
  const double share = (x - sizes[above - 1]) / (sizes[above] - sizes[above - 1]);
  return Seconds(std::exp(times[above - 1] + share * (times[above] - times[above - 1])));
}

}  // namespace forerun
