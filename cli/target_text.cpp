#include "cli/target_text.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <set>

#include "core/run.hpp"
#include "io/quantity.hpp"
#include "io/suggest.hpp"

namespace forerun {
namespace {

constexpr std::array<std::string_view, 4> kConstants{"critical-batch", "minimum-steps", "reference-epochs", "reference-batch"};
constexpr std::string_view kAllowed =
    "critical-batch=B,reference-epochs=E,reference-batch=B (a run that reached the target), critical-batch=B,minimum-steps=S, "
    "or a CSV of runs with the columns batch and steps or epochs";

}  // namespace

std::vector<Text> target_settings(const std::string& target) {
  const Text whole{target, "--epochs-to-target", 0, 0, ""};
  if (target.find('=') == std::string::npos) {
    if (!std::filesystem::exists(target)) throw BadInput(problem(whole, "is neither constants nor a file", std::string(kAllowed)));
    Text file = whole;
    file.value = "run.batch-steps=" + std::filesystem::absolute(target).lexically_normal().string();
    return {file};
  }
  std::vector<Text> settings;
  Problems problems;
  for (const std::string& item : between_commas(target)) {
    Text setting = whole;
    setting.value = "run." + item;
    settings.push_back(setting);
    setting.value = item.substr(0, item.find('='));
    if (std::ranges::find(kConstants, setting.value) == kConstants.end())
      problems.add(problem(setting, "unknown constant", std::string(kAllowed), suggest(setting.value, kConstants)));
  }
  problems.throw_if_any();
  return settings;
}

std::vector<std::int64_t> parse_batches(const std::string& batches) {
  std::set<std::int64_t> sizes;
  Problems problems;
  for (const std::string& item : between_commas(batches))
    problems.collect([&] { sizes.insert(parse_integer({item, "--batches", 0, 0, ""}, 1, kMostSteps)); });
  problems.throw_if_any();
  if (sizes.empty()) throw BadInput(problem({batches, "--batches", 0, 0, ""}, "names no batch", "256,512,1024"));
  return {sizes.begin(), sizes.end()};
}

}  // namespace forerun
