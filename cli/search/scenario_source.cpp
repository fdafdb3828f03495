#include "cli/search/scenario_source.hpp"

#include <CLI/CLI.hpp>
#include <array>

#include "cli/engines.hpp"
#include "cli/progress.hpp"
#include "io/suggest.hpp"

namespace forerun {
namespace {

/// The engine of a prior, and nothing where there is to be none.
std::optional<Engine> engine_of(const std::string& prior) {
  constexpr std::array<std::string_view, 3> kPriors{"oracle", "sim", "none"};
  if (prior.empty() || prior == kPriors[0]) return Engine::oracle;
  if (prior == kPriors[1]) return Engine::sim;
  if (prior == kPriors[2]) return std::nullopt;
  throw BadInput(problem(Text{prior, "--prior", 0, 0, ""}, "is no engine", listed(kPriors), suggest(prior, kPriors)));
}

}  // namespace

void add_scenario_source(CLI::App& verb, ScenarioSource& source) {
  add_workload_option(verb, source.scenario);
  add_platform_option(verb, source.scenario);
  verb.add_option("-f,--scenario", source.scenario.file, "the scenario that is varied as a YAML file; options override it");
  verb.add_option("-s,--strategy", source.scenario.strategy,
                  "as whatif takes it: data=all has as many data ranks as devices are left, best looks for the fastest on each platform");
  add_calibration_option(verb, source.scenario);
  add_setting_option(verb, source.scenario);
  verb.add_option("--vary", source.vary, "KEY=A,B,C again and again, as whatif takes it: every product is a configuration")
      ->allow_extra_args(false);
  verb.add_option("--change", source.changes, "one configuration more: 'KEY=VALUE KEY=VALUE', again and again")->allow_extra_args(false);
  verb.add_option("--prior", source.prior, "whose times are known before the first run: oracle (without it), sim, or none");
}

bool is_given(const ScenarioSource& source) {
  const ScenarioOptions& scenario = source.scenario;
  return !scenario.file.empty() || !scenario.workload.empty() || !scenario.platform.empty() || !scenario.strategy.empty() ||
         !scenario.calibration.empty() || !scenario.settings.empty() || !source.vary.empty() || !source.changes.empty() ||
         !source.prior.empty();
}

SearchSpace read_scenario_source(const ScenarioSource& source, const Environment& environment) {
  const std::optional<Engine> prior = engine_of(source.prior);
  VariantReader reader(environment);
  ProgressLine line(WhenPiped::now_and_then);
  return scenario_space(scenario_text(source.scenario), read_variants(source.changes, source.vary), prior, reader, line.callback());
}

}  // namespace forerun
