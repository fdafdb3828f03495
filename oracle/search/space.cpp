#include "oracle/search/space.hpp"

#include <algorithm>
#include <array>

#include "core/error.hpp"
#include "strategies/fully_sharded.hpp"
#include "strategies/runtimes.hpp"
#include "workloads/shorten.hpp"

namespace forerun::oracle {

namespace {

template <class Number>
std::vector<Number> divisors(Number number) {
  std::vector<Number> all;
  for (Number d = 1; d * d <= number; ++d) {
    if (number % d != 0) continue;
    all.push_back(d);
    if (d != number / d) all.push_back(number / d);
  }
  std::ranges::sort(all);
  return all;
}

bool has_layer(const Workload& workload, const std::function<bool(const LayerShape&)>& is) {
  return std::ranges::any_of(workload.layers, [&](const Layer& layer) { return is(layer.shape); });
}

std::vector<int> at_most(std::vector<int> numbers, std::int64_t most) {
  std::erase_if(numbers, [&](int number) { return number > most; });
  return numbers;
}

int count_blocks(const Workload& workload) {
  int blocks = 0;
  for (std::size_t i = 0; i < workload.layers.size(); ++i)
    if (workload.layers[i].block >= 0 && (i == 0 || workload.layers[i].block != workload.layers[i - 1].block)) ++blocks;
  return blocks;
}

// Axes that could be as wide as the machine are searched up to here; what is pinned may be larger. Context: as far as published runs went,
// for 131,072 tokens [Llama 3 Herd 2024, table 4]. Images: what the halos of a 224 x 224 image leave room for.
constexpr int kMostContext = 16;
constexpr int kMostParts = 16;

/// Goes through the axes, outermost first those that decide what a rank computes.
class Enumeration {
 public:
  Enumeration(const Space& space, const std::function<void(const Strategy&)>& visit)
      : space_(space), visit_(visit), strategy_(space.base), divisors_(divisors(space.batch)) {}

  void run() {
    for (const int tensor : space_.tensor)
      for (const int context : space_.context)
        for (const int filter : space_.filter)
          for (const int channel : space_.channel)
            for (const SpatialGrid& spatial : space_.spatial) {
              strategy_.tensor = tensor, strategy_.context = context;
              strategy_.filter = filter, strategy_.channel = channel, strategy_.spatial = spatial;
              // Each of these splits every layer in its own way: of no two is a product defined.
              const int ways = (tensor > 1) + (filter > 1) + (channel > 1) + (spatial.parts() > 1);
              if (ways > 1) continue;
              const std::int64_t split = std::int64_t{tensor} * context * filter * channel * spatial.parts();
              if (space_.devices % split == 0) with_split(static_cast<int>(space_.devices / split));
            }
  }

 private:
  /// How the ranks that share layers exchange parts of them.
  enum class Exchange { alone, beside_compute };

  /// Ranks of data x pipeline.
  void with_split(int others) {
    for (const bool sequence : space_.sequence_parallel) {
      if (sequence && strategy_.tensor == 1) continue;
      strategy_.sequence_parallel = sequence;
      for (const int expert : space_.expert) {
        strategy_.expert = expert;
        for (const auto& order : space_.order) {
          strategy_.order = order;
          for (const std::int64_t micro_batch : micro_batches(others)) {
            strategy_.micro_batch = micro_batch;
            for (const Recompute recompute : space_.recompute) {
              strategy_.recompute = recompute;
              for (const Exchange exchange : {Exchange::alone, Exchange::beside_compute}) with_kernels(others, exchange);
            }
          }
        }
      }
    }
  }

  [[nodiscard]] std::vector<std::int64_t> micro_batches(int others) const {
    const std::int64_t most = space_.batch;
    std::vector<std::int64_t> list;
    for (const std::int64_t size : space_.micro_batch.empty() ? divisors_ : space_.micro_batch)
      if (size <= most && others > 0) list.push_back(size);
    return list;
  }

  /// Whether ranks exchange parts of layers, which Overlap::tensor runs beside compute.
  [[nodiscard]] bool splits_layers() const {
    return strategy_.tensor > 1 || strategy_.filter > 1 || strategy_.channel > 1 || strategy_.spatial.parts() > 1;
  }

  /// What a rank computes is settled, but for where gradients of weights stand.
  void with_kernels(int others, Exchange exchange) {
    if (exchange == Exchange::beside_compute && !splits_layers()) return;
    for (const bool apart : {false, true})
      for (const int pipeline : space_.pipeline) {
        if (others % pipeline != 0) continue;
        const int data = others / pipeline;
        if (!std::ranges::count(space_.data, data) || space_.batch % data != 0) continue;
        if (space_.batch / data % strategy_.micro_batch != 0) continue;
        // Data and context lie side by side.
        const bool orders_matter = splits_layers() && data > 1 && strategy_.context == 1;
        if (!orders_matter && strategy_.order != space_.order.front()) continue;
        strategy_.pipeline = pipeline, strategy_.data = data;
        if (data * strategy_.context % strategy_.expert != 0) continue;
        for (const Schedule schedule : space_.schedule) {
          if ((schedule == Schedule::zero_bubble_h1) != apart) continue;
          // Without a pipeline any schedule is the same.
          if (pipeline == 1 && schedule != space_.schedule.front()) continue;
          strategy_.schedule = schedule;
          for (const int interleave : interleaves(schedule)) {
            strategy_.interleave = interleave;
            with_data(exchange);
          }
        }
      }
  }

  [[nodiscard]] std::vector<int> interleaves(Schedule schedule) const {
    if (schedule != Schedule::interleaved || strategy_.pipeline == 1)
      return std::ranges::count(space_.interleave, 1) > 0 ? std::vector{1} : std::vector<int>{};
    std::vector<int> list;
    for (const int interleave : space_.interleave)
      if (interleave > 1 && space_.blocks % (strategy_.pipeline * interleave) == 0) list.push_back(interleave);
    return list;
  }

  void with_data(Exchange exchange) {
    const bool replicas = strategy_.data * strategy_.context > 1;
    for (const int zero : space_.zero) {
      if (!replicas && zero != space_.zero.front()) continue;
      if (zero == 3 && space_.zero.size() > 1 && (strategy_.pipeline > 1 || strategy_.expert > 1)) continue;
      strategy_.zero = zero;
      for (const Overlap overlap : space_.overlap) {
        // Where several are looked at, those that say the same are one.
        const bool split = splits_layers(), several = space_.overlap.size() > 1;
        if ((split && overlaps_tensor(overlap)) != (exchange == Exchange::beside_compute)) continue;
        if (several && ((!split && overlaps_tensor(overlap)) || (!replicas && overlaps_data(overlap)))) continue;
        strategy_.overlap = overlap;
        // Gathered ahead of compute they take no longer, and a block more of memory.
        if (several && shards_parameters(strategy_, strategy_.data * strategy_.context) && !overlaps_data(overlap)) continue;
        visit_(strategy_);
      }
    }
  }

  const Space& space_;
  const std::function<void(const Strategy&)>& visit_;
  Strategy strategy_;
  std::vector<std::int64_t> divisors_;
};

}  // namespace

Space space_of(const Scenario& scenario, const std::set<std::string>& pinned) {
  const Workload& workload = scenario.workload;
  const Strategy& given = scenario.strategy;
  if (given.servers > 0)
    throw MissingCapability(
        "parameter servers are not among the strategies that are searched: forerun predict says what one of them takes");
  Space space;
  space.base = given;
  space.devices = scenario.platform.devices();
  space.batch = workload.batch;
  space.blocks = count_blocks(workload);
  space.layers = static_cast<int>(workload.layers.size());
  const auto axis = [&](const char* key, auto value, auto&& all) {
    using Value = std::remove_cvref_t<decltype(value)>;
    return pinned.contains(key) ? std::vector<Value>{value} : std::vector<Value>(all);
  };
  using Degrees = std::vector<int>;
  const Degrees all = divisors(space.devices);
  const bool attention = has_layer(workload, [](const LayerShape& shape) { return shape.kind == LayerKind::attention; });
  std::int64_t most_experts = 1;
  for (const Layer& layer : workload.layers) most_experts = std::max(most_experts, layer.shape.experts);
  space.data = axis("data", given.data, all);
  space.tensor = axis("tensor", given.tensor, attention ? all : Degrees{1});
  space.pipeline = axis("pipeline", given.pipeline, at_most(all, space.blocks > 0 ? space.blocks : space.layers));
  space.context = axis("context", given.context, attention ? at_most(all, kMostContext) : Degrees{1});
  space.expert = axis("expert", given.expert, most_experts > 1 ? at_most(all, most_experts) : Degrees{1});
  const bool images = has_layer(workload, [](const LayerShape& shape) { return shape.kind == LayerKind::conv2d; });
  space.filter = axis("filter", given.filter, images ? all : Degrees{1});
  space.channel = axis("channel", given.channel, images ? all : Degrees{1});
  std::vector<SpatialGrid> grids{{}};
  for (const int height : images ? at_most(all, kMostParts) : Degrees{})
    for (const int width : at_most(all, kMostParts))
      if (height * width > 1 && space.devices % (height * width) == 0) grids.push_back({height, width});
  space.spatial = axis("spatial", given.spatial, grids);
  if (pinned.contains("micro-batch")) space.micro_batch = {given.micro_batch};
  space.sequence_parallel = axis("sequence-parallel", given.sequence_parallel, std::vector<bool>{false, true});
  space.schedule = axis("schedule", given.schedule,
                        std::vector<Schedule>{Schedule::one_f_one_b, Schedule::interleaved, Schedule::zero_bubble_h1, Schedule::gpipe});
  space.interleave = axis("interleave", given.interleave, space.blocks > 0 ? divisors(space.blocks) : Degrees{1});
  space.recompute = axis("recompute", given.recompute,
                         attention ? std::vector{Recompute::none, Recompute::selective, Recompute::full} : std::vector{Recompute::none});
  space.zero = axis("zero", given.zero, at_most({0, 1, 2, 3}, runtime_defaults(given.runtime).most_zero));
  space.overlap = axis("overlap", given.overlap, std::vector<Overlap>{Overlap::none, Overlap::data, Overlap::tensor, Overlap::all});
  space.order = axis("order", given.order, std::vector{given.order, kDataInnermost});
  return space;
}

void for_each_strategy(const Space& space, const std::function<void(const Strategy&)>& visit) { Enumeration(space, visit).run(); }

}  // namespace forerun::oracle
