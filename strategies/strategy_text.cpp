#include "strategies/strategy_text.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <set>
#include <vector>

#include "io/format.hpp"
#include "io/quantity.hpp"
#include "io/suggest.hpp"
#include "strategies/runtimes.hpp"

namespace forerun {

namespace {

// Axes of the design that have no lowering yet, with the value that asks for nothing.
struct LaterKey {
  std::string_view key;
  std::string_view neutral;
};
constexpr std::array<LaterKey, 19> kLaterKeys{{{"tensor", "1"},
                                               {"pipeline", "1"},
                                               {"context", "1"},
                                               {"expert", "1"},
                                               {"filter", "1"},
                                               {"channel", "1"},
                                               {"spatial", "1x1"},
                                               {"zero", "0"},
                                               {"sequence-parallel", "off"},
                                               {"micro-batch", ""},
                                               {"micro-batches", "1"},
                                               {"schedule", ""},
                                               {"interleave", "1"},
                                               {"recompute", "none"},
                                               {"order", ""},
                                               {"offload", "none"},
                                               {"servers", ""},
                                               {"sync", ""},
                                               {"backup-workers", "0"}}};
constexpr std::array<std::string_view, 5> kKeys{"data", "runtime", "overlap", "collective", "bucket"};
constexpr Bytes kElement(4);  // of a gradient
constexpr std::int64_t kMostRanks = 1 << 20;

std::string trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return "";
  return std::string(text.substr(begin, text.find_last_not_of(" \t") - begin + 1));
}

// One `key=value` of the text, standing where the text stands.
Text setting_at(const Text& text, std::string_view part) {
  const auto equals = part.find('=');
  Text setting = text;
  if (equals == std::string_view::npos) {
    setting.value = trimmed(part);
    throw BadInput(problem(setting, "a strategy is key=value, separated by commas", "for example data=4,runtime=pytorch-ddp"));
  }
  setting.key = trimmed(part.substr(0, equals));
  setting.value = trimmed(part.substr(equals + 1));
  if (setting.value.empty()) throw BadInput(problem(setting, "has no value"));
  return setting;
}

std::vector<Text> split(const Text& text, Problems& problems) {
  std::vector<Text> settings;
  if (trimmed(text.value) == "serial") return settings;
  std::set<std::string> seen;
  std::string_view rest = text.value;
  for (bool more = true; more;) {
    const auto comma = rest.find(',');
    more = comma != std::string_view::npos;
    problems.collect([&] {
      Text setting = setting_at(text, rest.substr(0, comma));
      if (!seen.insert(setting.key).second) throw BadInput(problem(setting, "given twice"));
      settings.push_back(std::move(setting));
    });
    if (more) rest.remove_prefix(comma + 1);
  }
  return settings;
}

void check_key(const Text& setting) {
  if (std::find(kKeys.begin(), kKeys.end(), setting.key) != kKeys.end()) return;
  std::vector<std::string_view> known(kKeys.begin(), kKeys.end());
  for (const LaterKey& later : kLaterKeys) {
    if (later.key == setting.key) {
      if (setting.value == later.neutral) return;
      throw MissingCapability("strategy key " + setting.key + " is not modelled yet; modelled: " + listed(kKeys));
    }
    known.push_back(later.key);
  }
  Text key = setting;
  key.key.clear();
  key.value = setting.key;
  throw BadInput(problem(key, "unknown strategy key", listed(known), suggest(setting.key, known)));
}

/// In whole bytes, as strategy_text() writes it; a bucket is full at the same gradient.
Bytes parse_bucket(const Text& given) {
  const Bytes bucket = parse_bytes(given);
  if (bucket < kElement) throw BadInput(problem(given, "holds not one element", "at least 4 B"));
  return Bytes(std::ceil(bucket.value()));
}

}  // namespace

Strategy parse_strategy(const Text& text) {
  Problems problems;
  const std::vector<Text> settings = split(text, problems);
  for (const Text& setting : settings) problems.collect([&] { check_key(setting); });
  const auto find = [&](std::string_view key) -> const Text* {
    for (const Text& setting : settings)
      if (setting.key == key) return &setting;
    return nullptr;
  };
  Text runtime{"forerun", text.file, text.line, text.column, "runtime"};
  if (const Text* given = find("runtime")) runtime = *given;
  Strategy strategy;
  problems.collect([&] {
    const RuntimeDefaults defaults = load_runtime(runtime);
    strategy.runtime = defaults.runtime;
    strategy.overlap = defaults.overlap;
    strategy.collective = defaults.collective;
    strategy.bucket = defaults.bucket;
    strategy.first_bucket = defaults.first_bucket;
  });
  const auto read = [&](std::string_view key, auto&& assign) {
    if (const Text* given = find(key)) problems.collect([&] { assign(*given); });
  };
  read("data", [&](const Text& given) { strategy.data = static_cast<int>(parse_integer(given, 1, kMostRanks)); });
  read("overlap", [&](const Text& given) { strategy.overlap = parse_overlap(given); });
  read("collective", [&](const Text& given) { strategy.collective = parse_collective(given); });
  read("bucket", [&](const Text& given) {
    strategy.bucket = parse_bucket(given);
    strategy.first_bucket = std::min(strategy.first_bucket, strategy.bucket);
  });
  problems.throw_if_any();
  return strategy;
}

std::string strategy_text(const Strategy& strategy) {
  const RuntimeDefaults defaults = load_runtime({std::string(to_string(strategy.runtime)), "", 0, 0, "runtime"});
  std::string out = forerun::format("data={}", strategy.data);
  if (strategy.overlap != defaults.overlap) out += forerun::format(",overlap={}", to_string(strategy.overlap));
  if (strategy.bucket != defaults.bucket) out += forerun::format(",bucket={}B", static_cast<std::int64_t>(strategy.bucket.value()));
  return out + forerun::format(",runtime={}", to_string(strategy.runtime));
}

}  // namespace forerun
