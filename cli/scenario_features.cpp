#include "cli/scenario_features.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <set>

#include "cherrypick/elementary.hpp"
#include "io/quantity.hpp"
#include "strategies/strategy_text.hpp"

namespace forerun {
namespace {

/// What a description has a number or a word for already.
constexpr std::array<std::string_view, 9> kSeen = {
    "platform",       "platform.nodes", "platform.region", "platform.price", "platform.link-bandwidth", "platform.nic-bandwidth",
    "workload.batch", "strategy",       "run.market"};

/// GPUs of a node; of a node that one device stands for, its cores.
int units_per_node(const Platform& platform) { return platform.cores > 0 ? platform.cores : platform.devices_per_node; }

int model_ranks(const Strategy& of) {
  return of.tensor * of.pipeline * of.context * of.expert * of.filter * of.channel * of.spatial.parts();
}

/// The strategy's text without what the number of units says.
std::string without_data(Strategy strategy) {
  strategy.data = 1;
  return strategy_text(strategy);
}

std::string value_of(const Variant& variant, const std::string& key) {
  for (const Text& change : variant.changes)
    if (change.value.starts_with(key + "=")) return change.value.substr(key.size() + 1);
  return "";
}

/// The number that a setting is, its unit left aside; nothing of a word.
std::optional<double> number_of(const std::string& value) {
  try {
    return parse_number(Text{value, "", 0, 0, ""}, -1e300, 1e300);
  } catch (const BadInput&) {
    return std::nullopt;
  }
}

/// Adds one number, or one word, of each variant.
class Columns {
 public:
  explicit Columns(const std::vector<DescribedVariant>& variants) : variants_(variants) { out.all.resize(variants.size()); }

  template <class Number>
  void number(const std::string& name, Number&& number) {
    out.numbers.push_back(name);
    for (std::size_t i = 0; i < variants_.size(); ++i) out.all[i].numbers.push_back(number(variants_[i]));
  }
  template <class Word>
  void word(const std::string& name, Word&& word) {
    out.words.push_back(name);
    for (std::size_t i = 0; i < variants_.size(); ++i) out.all[i].words.push_back(word(variants_[i]));
  }

  /// A setting that nothing else stands for.
  void setting(const std::string& key) {
    std::vector<double> numbers;
    for (const DescribedVariant& each : variants_)
      if (const auto number = number_of(value_of(*each.variant, key))) numbers.push_back(*number);
    if (numbers.size() < variants_.size()) return word(key, [&](const DescribedVariant& of) { return value_of(*of.variant, key); });
    const bool ratios = std::ranges::all_of(numbers, [](double number) { return number > 0; });
    std::size_t next = 0;
    number((ratios ? "log2 " : "") + key, [&](const DescribedVariant&) {
      const double value = numbers[next++];
      return ratios ? cherrypick::portable_log2(value) : value;
    });
  }

  Descriptions out;

 private:
  const std::vector<DescribedVariant>& variants_;
};

/// Whether two variants on the same hardware pay differently.
bool prices_differ(const std::vector<DescribedVariant>& variants) {
  for (const DescribedVariant& a : variants)
    for (const DescribedVariant& b : variants) {
      const Platform &here = a.scenario->platform, &there = b.scenario->platform;
      if (here.name == there.name && here.device == there.device && a.usd_per_unit_hour != b.usd_per_unit_hour) return true;
    }
  return false;
}

BytesPerSecond least_bandwidth(const std::vector<DescribedVariant>& variants) {
  BytesPerSecond least;
  for (const DescribedVariant& each : variants) {
    const BytesPerSecond bandwidth = each.scenario->platform.inter_node.bandwidth;
    if (bandwidth > BytesPerSecond(0) && (least == BytesPerSecond(0) || bandwidth < least)) least = bandwidth;
  }
  return least;
}

void add_sizes(const std::vector<DescribedVariant>& variants, std::vector<cherrypick::Description>& into) {
  for (std::size_t i = 0; i < variants.size(); ++i) {
    const Platform& platform = variants[i].scenario->platform;
    into[i].nodes = platform.nodes;
    into[i].units_per_node = units_per_node(platform);
    into[i].memory_gib_per_node = platform.memory_of_device().value() * platform.devices_per_node / kGiB;
  }
}

bool has_equals(const std::vector<cherrypick::Description>& all) {
  for (std::size_t i = 0; i < all.size(); ++i)
    if (std::find(all.begin() + static_cast<std::ptrdiff_t>(i) + 1, all.end(), all[i]) != all.end()) return true;
  return false;
}

}  // namespace

std::string strategy_family(const Strategy& strategy) {
  std::string out(to_string(strategy.runtime));
  const std::pair<bool, const char*> axes[] = {{strategy.tensor > 1, " tensor"},          {strategy.pipeline > 1, " pipeline"},
                                               {strategy.context > 1, " context"},        {strategy.expert > 1, " expert"},
                                               {strategy.filter > 1, " filter"},          {strategy.channel > 1, " channel"},
                                               {strategy.spatial.parts() > 1, " spatial"}};
  for (const auto& [has, name] : axes)
    if (has) out += name;
  return strategy.servers > 0 ? out + (strategy.updates == Updates::synchronous ? " synchronous" : " asynchronous") : out;
}

Descriptions describe(const std::vector<DescribedVariant>& variants) {
  Columns columns(variants);
  add_sizes(variants, columns.out.all);
  const BytesPerSecond least = least_bandwidth(variants);
  if (least > BytesPerSecond(0))
    columns.number("log2 network bandwidth", [&](const DescribedVariant& of) {
      return cherrypick::portable_log2(std::max(of.scenario->platform.inter_node.bandwidth, least).value());
    });
  columns.number("log2 ranks of a model",
                 [](const DescribedVariant& of) { return cherrypick::portable_log2(model_ranks(of.scenario->strategy)); });
  columns.number("log2 batch", [](const DescribedVariant& of) {
    return cherrypick::portable_log2(static_cast<double>(std::max<std::int64_t>(1, of.scenario->workload.batch)));
  });
  if (prices_differ(variants))
    columns.number("log2 price of a unit", [](const DescribedVariant& of) { return cherrypick::portable_log2(of.usd_per_unit_hour); });
  columns.word("device", [](const DescribedVariant& of) {
    const Platform& platform = of.scenario->platform;
    return platform.processor.empty() ? platform.device : platform.processor;
  });
  columns.word("strategy", [](const DescribedVariant& of) { return strategy_family(of.scenario->strategy); });
  std::set<std::string> keys;
  for (const DescribedVariant& each : variants)
    for (const Text& change : each.variant->changes) keys.insert(change.value.substr(0, change.value.find('=')));
  for (const std::string& key : keys)
    if (std::ranges::find(kSeen, key) == kSeen.end()) columns.setting(key);
  if (has_equals(columns.out.all))
    columns.word("whole strategy", [](const DescribedVariant& of) { return without_data(of.scenario->strategy); });
  return std::move(columns.out);
}

}  // namespace forerun
