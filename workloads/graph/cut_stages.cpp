#include "workloads/graph/cut_stages.hpp"

#include <algorithm>
#include <cassert>
#include <optional>
#include <string>

#include "io/format.hpp"
#include "workloads/formulas.hpp"
#include "workloads/tensors.hpp"

namespace forerun {
namespace {

constexpr double kNever = std::numeric_limits<double>::infinity();

/// What layers in a row take together on one stage.
struct StageLoad {
  double time = 0;
  double resident = 0;
  double saved = 0;

  void add(const LayerLoad& layer) {
    time += layer.time.value();
    resident += layer.resident.value();
    saved += layer.saved.value();
  }
  [[nodiscard]] double memory(int in_flight) const { return resident + in_flight * saved; }
};

int in_flight(const StageLimits& limits, int stage) { return limits.in_flight.empty() ? 1 : limits.in_flight[stage]; }

struct Partition {
  double value = kNever;
  std::vector<int> first;
};

/// The best division of `layers` into stages by dynamic programming: best(s, j) = min over i of join(best(s - 1, i), price(s, i, load)),
/// where stage s takes layers i to j - 1.
/// price: nothing where the stage may not have so much; what is not allowed or no better than `bound` stays so with more layers.
template <class Join, class Price>
std::optional<Partition> partition(std::span<const LayerLoad> loads, int stages, Join join, Price price) {
  const int layers = static_cast<int>(loads.size());
  std::vector<double> best(layers + 1, kNever);
  best[0] = 0;
  std::vector<std::vector<int>> begins(stages, std::vector<int>(layers + 1, -1));
  for (int s = 0; s < stages; ++s) {
    std::vector<double> next(layers + 1, kNever);
    for (int j = s + 1; j <= layers; ++j) {
      StageLoad load;
      for (int i = j - 1; i >= s; --i) {
        load.add(loads[i]);
        const std::optional<double> each = price(s, i, load, next[j]);
        if (!each) break;
        const double value = join(best[i], *each);
        if (value >= next[j]) continue;
        next[j] = value;
        begins[s][j] = i;
      }
    }
    best = std::move(next);
  }
  if (best[layers] == kNever) return std::nullopt;
  Partition found{best[layers], std::vector<int>(stages)};
  for (int s = stages - 1, end = layers; s >= 0; end = found.first[s--]) found.first[s] = begins[s][end];
  return found;
}

double larger(double a, double b) { return std::max(a, b); }

std::string memory_reason(std::span<const LayerLoad> loads, const StageLimits& limits) {
  const auto least = partition(loads, limits.stages, larger, [&](int s, int, const StageLoad& load, double bound) {
    const double memory = load.memory(in_flight(limits, s));
    return memory < bound ? std::optional(memory) : std::nullopt;
  });
  return "the largest of " + std::to_string(limits.stages) + " stages takes at least " + human(Bytes(least->value)) + ", a stage holds " +
         human(limits.memory);
}

StageCut describe(const Partition& found, std::span<const LayerLoad> loads, const StageLimits& limits, const std::vector<Bytes>& crossing) {
  StageCut cut{.first = found.first};
  for (int s = 0; s < limits.stages; ++s) {
    StageLoad load;
    const int end = s + 1 < limits.stages ? cut.first[s + 1] : static_cast<int>(loads.size());
    for (int i = cut.first[s]; i < end; ++i) load.add(loads[i]);
    cut.times.emplace_back(load.time);
    cut.memory.emplace_back(load.memory(in_flight(limits, s)));
    if (s > 0) cut.crossing.push_back(crossing[cut.first[s]]);
  }
  return cut;
}

}  // namespace

Seconds StageCut::slowest() const { return *std::ranges::max_element(times); }

std::variant<StageCut, Infeasible> cut_stages(const Workload& workload, std::span<const LayerLoad> loads, const StageLimits& limits) {
  assert(loads.size() == workload.layers.size() && limits.stages >= 1);
  assert(limits.in_flight.empty() || limits.in_flight.size() == static_cast<std::size_t>(limits.stages));
  if (limits.stages > static_cast<int>(loads.size()))
    return Infeasible{std::to_string(limits.stages) + " stages, but only " + std::to_string(loads.size()) + " layers"};

  const auto fits = [&](int s, const StageLoad& load) { return load.memory(in_flight(limits, s)) <= limits.memory.value(); };
  const auto fastest = partition(loads, limits.stages, larger, [&](int s, int, const StageLoad& load, double bound) {
    return fits(s, load) && load.time < bound ? std::optional(load.time) : std::nullopt;
  });
  if (!fastest) return Infeasible{memory_reason(loads, limits)};

  const std::vector<Bytes> crossing = crossing_bytes(workload);
  const auto add = [](double a, double b) { return a + b; };
  const auto leanest = partition(loads, limits.stages, add, [&](int s, int begin, const StageLoad& load, double) {
    return fits(s, load) && load.time <= fastest->value ? std::optional(crossing[begin].value()) : std::nullopt;
  });
  return describe(*leanest, loads, limits, crossing);
}

std::vector<Bytes> crossing_bytes(const Workload& workload) {
  const std::vector<int> owners = output_owners(workload);
  const int layers = static_cast<int>(workload.layers.size());
  std::vector<int> last_reader(layers, -1);
  for (int i = 0; i < layers; ++i)
    for (const int input : workload.layers[i].inputs)
      if (input != kData && owners[input] != kData) last_reader[owners[input]] = i;
  std::vector<double> change(layers + 1);
  for (int i = 0; i < layers; ++i) {
    if (last_reader[i] < 0) continue;
    const double bytes = bytes_per_element(workload.precision) * static_cast<double>(workload.layers[i].shape.output.elements());
    change[i + 1] += bytes;
    change[last_reader[i] + 1] -= bytes;
  }
  std::vector<Bytes> crossing(layers);
  for (int i = 1; i < layers; ++i) crossing[i] = crossing[i - 1] + Bytes(change[i]);
  return crossing;
}

}  // namespace forerun
