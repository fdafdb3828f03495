#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include "core/prediction.hpp"
#include "core/scenario.hpp"
#include "sim/play.hpp"

namespace forerun::sim {

/// The prediction of a scenario by discrete events, with all ranks, shared links, and what slows devices and links: one run, of `run.seed`
/// (sim/seeds.hpp plays several).
///
/// Steps are played until they repeat, 64 at most, and the rest of the run is their continuation; with jitter 16 steps are played
/// (fewer where the run has fewer), and the mean of all but the first goes on. The assumptions say so. Step time and parts are those of
/// the rank that computes most, defined as the oracle's. Ranks to which the same happens are played once where that is proven
/// (sim/folding.hpp); the assumptions say how many flows were played, and for how many ranks each.
/// `progress` hears of the steps that are being played.
/// Throws MissingCapability where the calibration cannot price the plan or the mode does not play as many ranks, SimulationFailed where the
/// simulating process dies.
Prediction predict(const Scenario& scenario, Mode mode = Mode::flow, const ProgressCallback& progress = {});

/// Takes the answer of scenario `index`, as soon as it is there.
using Receiver = std::function<void(std::size_t index, Prediction prediction)>;

/// Predicts many scenarios in `workers` child processes at a time, each of which serves scenarios of one platform one after another.
/// Answers come in any order, are the same bytes whatever the number of workers, and agree with predict() to 1e-9 without contention. What
/// throws in predict() is here a prediction whose status is failed, with the reason; a process that dies takes only the scenario it was at
/// with it.
void predict_each(std::span<const Scenario> scenarios, int workers, const Receiver& receive);

/// The same, in the order of the scenarios.
std::vector<Prediction> predict_all(std::span<const Scenario> scenarios, int workers);

}  // namespace forerun::sim
