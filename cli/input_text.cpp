#include "cli/input_text.hpp"

#include <algorithm>
#include <array>

#include "cli/run_text.hpp"
#include "core/plan.hpp"
#include "io/quantity.hpp"
#include "io/suggest.hpp"

namespace forerun {
namespace {

constexpr std::array<std::string_view, 5> kInputKeys{"input.readers", "input.decode-workers", "input.prefetch", "input.shuffle-buffer",
                                                     "input.cache"};
constexpr std::array<std::string_view, 3> kStoredKeys{"sample-bytes", "samples-per-file", "decode-time"};
constexpr std::int64_t kMostWorkers = 1 << 20;
constexpr std::int64_t kMostShuffled = std::int64_t{1} << 40;

SampleCache parse_cache(const Text& text) {
  constexpr std::array kCaches = {SampleCache::none, SampleCache::page, SampleCache::memory};
  std::array<std::string_view, kCaches.size()> names;
  for (std::size_t i = 0; i < names.size(); ++i) {
    names[i] = to_string(kCaches[i]);
    if (text.value == names[i]) return kCaches[i];
  }
  throw BadInput(problem(text, "unknown cache", listed(names), suggest(text.value, names)));
}

void read_setting(const Text& setting, const Text& shown, Input& input) {
  if (setting.key == "readers")
    input.readers = static_cast<int>(parse_integer(shown, 1, kMostWorkers));
  else if (setting.key == "decode-workers")
    input.decode_workers = static_cast<int>(parse_integer(shown, 1, kMostWorkers));
  else if (setting.key == "prefetch")
    input.prefetch = static_cast<int>(parse_integer(shown, 0, kFurthestBack));
  else if (setting.key == "shuffle-buffer")
    input.shuffle_buffer = parse_integer(shown, 0, kMostShuffled);
  else if (setting.key == "cache")
    input.cache = parse_cache(shown);
  else
    throw BadInput(unknown_setting(setting, shown.key, kInputKeys));
}

}  // namespace

std::span<const std::string_view> input_keys() { return kInputKeys; }

std::span<const std::string_view> stored_keys() { return kStoredKeys; }

Input read_input(const std::vector<Text>& settings, Problems& problems) {
  Input input;
  for (const Text& setting : settings) problems.collect([&] { read_setting(setting, named(setting, "input"), input); });
  return input;
}

void check_storage_use(const Scenario& scenario, const Settings& settings, Problems& problems) {
  const auto setting_of = [](const std::vector<Text>& list, std::string_view key) {
    const auto found = std::ranges::find(list, key, &Text::key);
    return found == list.end() ? nullptr : &*found;
  };
  const std::string unread = scenario.plan ? "has no meaning here: a plan that is given reads no samples"
                             : scenario.platform.loader_rate > 0
                                 ? "cannot be given together with platform.loader-rate, which says how fast samples are loaded and decoded"
                                 : "needs platform.data-storage beside it";
  if (scenario.plan || !scenario.platform.data) {
    if (!settings.input.empty()) problems.add(problem(named(settings.input.front(), "input"), unread));
    // A plan says itself that it knows no such setting.
    for (const std::string_view key : kStoredKeys)
      if (const Text* stored = setting_of(settings.workload, key); stored != nullptr && !scenario.plan)
        problems.add(problem(named(*stored, "workload"), unread));
  }
  if (const Text* interval = setting_of(settings.run, "checkpoint-interval"); interval != nullptr && !scenario.platform.checkpoints)
    problems.add(problem(named(*interval, "run"), "needs platform.checkpoint-storage beside it, or a data-storage that can be written to"));
  if (scenario.platform.data && !scenario.plan && scenario.workload.files.sample == Bytes(0) && !scenario.workload.layers.empty()) {
    const Text* storage = setting_of(settings.platform, "data-storage");
    Text where = storage != nullptr ? *storage : Text{.file = "--platform"};
    where.key = "workload.sample-bytes";
    where.value.clear();
    problems.add(problem(where, "is missing: samples are read from platform.data-storage", "such as --set workload.sample-bytes=110kB"));
  }
}

}  // namespace forerun
