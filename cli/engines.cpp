#include "cli/engines.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <thread>

#include "io/suggest.hpp"
#include "oracle/predict.hpp"
#include "sim/simulate.hpp"

namespace forerun {

namespace {

constexpr std::array<std::string_view, 3> kNames{"oracle", "sim", "sim-message"};

}  // namespace

std::string_view to_string(Engine engine) { return kNames[static_cast<std::size_t>(engine)]; }

Engine parse_engine(const Text& text) {
  const auto* found = std::ranges::find(kNames, text.value);
  if (found == kNames.end()) throw BadInput(problem(text, "unknown engine", listed(kNames), suggest(text.value, kNames)));
  return static_cast<Engine>(found - kNames.begin());
}

sim::SeedOptions usual_seeds() {
  sim::SeedOptions seeds;
  seeds.workers = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  return seeds;
}

Predictor predictor(Engine engine, const sim::SeedOptions& seeds) {
  if (engine == Engine::oracle) return [](const Scenario& scenario) { return oracle::predict(scenario); };
  sim::SeedOptions played = seeds;
  played.mode = engine == Engine::sim ? sim::Mode::flow : sim::Mode::message;
  return [played](const Scenario& scenario) {
    return scenario.run.seeds > 1 ? sim::predict_seeds(scenario, played) : sim::predict(scenario, played.mode, played.progress);
  };
}

Predictor with_intervals(Engine engine, int samples, const sim::SeedOptions& seeds) {
  return with_intervals(predictor(engine, seeds), predictor(Engine::oracle), IntervalOptions{.samples = samples});
}

void add_samples_option(CLI::App& verb, int& samples) {
  verb.add_option("--samples", samples, "calibrations that are sampled for P10 and P90; 0: no intervals")
      ->check(CLI::Range(0, kMostSamples))
      ->capture_default_str();
}

}  // namespace forerun
