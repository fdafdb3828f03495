#include "cli/variant_reader.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "cli/pinned_scenario.hpp"
#include "core/error.hpp"
#include "oracle/search/search.hpp"
#include "platforms/load.hpp"
#include "sim/route_reader.hpp"
#include "strategies/strategy_text.hpp"

namespace forerun {
namespace {

using Wrong = std::vector<std::optional<BadInput>>;

/// Whether the platform that a change names is one, whatever else is wrong with the variant.
bool names_a_platform(const std::string& change, const ScenarioText& text, const Environment& environment) {
  constexpr std::string_view kPlatform = "platform=";
  if (!change.starts_with(kPlatform)) return false;
  std::vector<Text> catalogue;
  for (const Text& setting : text.settings)
    if (setting.value.starts_with("platform.catalogue="))
      catalogue = {Text{setting.value.substr(setting.value.find('=') + 1), setting.file, 0, 0, "catalogue"}};
  try {
    load_platform(text.platform, catalogue, environment.search(), nullptr, sim::read_simgrid_routes);
    return true;
  } catch (const BadInput&) {
    return false;
  }
}

void throw_mistakes(const std::vector<Variant>& variants, const Wrong& wrong, const ScenarioText& baseline,
                    const Environment& environment) {
  std::map<std::string, bool> always_wrong;
  for (std::size_t i = 0; i < variants.size(); ++i)
    for (const Text& change : variants[i].changes) always_wrong.try_emplace(change.value, true).first->second &= wrong[i].has_value();
  Problems problems;
  std::set<std::string> said;
  for (std::size_t i = 0; i < variants.size(); ++i) {
    if (!wrong[i]) continue;
    const bool mistaken = std::ranges::any_of(variants[i].changes, [&](const Text& change) {
      return always_wrong.at(change.value) && !names_a_platform(change.value, changed(baseline, variants[i]), environment);
    });
    if (!mistaken) continue;
    for (const Problem& problem : wrong[i]->problems())
      if (said.insert(problem.text()).second) problems.add(problem);
  }
  problems.throw_if_any();
}

}  // namespace

ReadScenario VariantReader::read(ScenarioText text) {
  const std::string strategy = text.strategy.value;
  if (is_searched(strategy)) return best(text, pinned_of(strategy));
  if (!takes_all_devices(strategy)) return reader_.read(text);
  text.strategy.value = "serial";
  const int devices = reader_.read(text).scenario.platform.devices();
  text.strategy.value = with_all_devices(strategy, devices);
  return reader_.read(text);
}

ReadScenario VariantReader::best(ScenarioText text, const std::string& pinned) {
  text.strategy.value = pinned.empty() ? "serial" : pinned;
  Text keys;
  ReadScenario read = read_pinned(text, reader_, keys);
  const oracle::SearchResult found = oracle::search(read.scenario, oracle::space_of(read.scenario, strategy_keys(keys)),
                                                    {.objective = oracle::Objective::time, .most = 1});
  if (found.best.empty())
    throw MissingCapability(found.refusals.empty() ? "no strategy uses all devices" : "no strategy fits: " + found.refusals.front().reason);
  text.strategy.value = strategy_text(found.best.front().strategy);
  return reader_.read(text);
}

std::vector<ReadVariant> read_all(const std::vector<Variant>& variants, const ScenarioText& baseline, VariantReader& reader) {
  std::vector<ReadVariant> read(variants.size());
  Wrong wrong(variants.size());
  for (std::size_t i = 0; i < variants.size(); ++i) {
    try {
      read[i].read = reader.read(changed(baseline, variants[i]));
    } catch (const BadInput& error) {
      read[i].refused = error.problems().front().text();
      wrong[i] = error;
    } catch (const MissingCapability& error) {
      read[i].refused = error.what();
    }
  }
  throw_mistakes(variants, wrong, baseline, reader.environment());
  return read;
}

}  // namespace forerun
