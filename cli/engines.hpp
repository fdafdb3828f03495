#pragma once

#include <string_view>

#include "core/predictor.hpp"
#include "costs/intervals.hpp"
#include "io/text.hpp"
#include "sim/seeds.hpp"

namespace CLI {
class App;
}

namespace forerun {

enum class Engine { oracle, sim, sim_message };
std::string_view to_string(Engine engine);
/// BadInput for an unknown name.
Engine parse_engine(const Text& text);

/// As many child processes as the machine has processors.
sim::SeedOptions usual_seeds();

/// The engine; runs of several seeds (`run.seeds`) are played as the options say.
Predictor predictor(Engine engine, const sim::SeedOptions& seeds = usual_seeds());

/// The same with P10 and P90 (costs/intervals.hpp), which the oracle samples for both engines: its prices are quick, and the intervals are
/// relative to each engine's own value; runs of several seeds keep their own. No samples: without.
Predictor with_intervals(Engine engine, int samples, const sim::SeedOptions& seeds = usual_seeds());

/// `--samples N`
void add_samples_option(CLI::App& verb, int& samples);

}  // namespace forerun
