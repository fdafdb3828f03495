#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cherrypick/goal.hpp"
#include "cli/engines.hpp"
#include "cli/search_space.hpp"
#include "cli/variant_reader.hpp"
#include "core/progress.hpp"

namespace forerun {

/// The variants of a scenario as what a search chooses from. An entry's name is its variant's label; its settings are the variant's whole
/// scenario (`workload`, `platform`, `strategy`, `calibration` and what `--set` takes), so that evaluate() or a command can run it; its
/// rate is the price of its nodes on its market. Variants that come to the same scenario are one entry, by the first one's name. The
/// baseline is an entry only where a variant comes to it.
/// Excluded, with the reason: what cannot be read or run, what does not fit into memory, what has no price on its market.
/// `prior` is the engine whose times are known before the first run; without one entries have none.
/// BadInput: as read_all(), nothing that varies, a run without a length, nothing that can be.
SearchSpace scenario_space(const ScenarioText& baseline, const std::vector<Variant>& variants, std::optional<Engine> prior,
                           VariantReader& reader, const ProgressCallback& progress = {});

/// What came of an entry without running it.
struct Evaluated {
  cherrypick::Result result;
  std::string reason{};  ///< why it failed, where that is known
  std::string status{};  ///< in the words of a journal, where the outcome does not say it all
};

/// What an engine says of an entry of such a space, in the place of a run: the time of the whole run, and its cost; out of memory or, where
/// the engine cannot play it, failed, with the reason. BadInput: an entry of another kind of space, or one whose names mean nothing here
/// any more.
Evaluated evaluate(const SpaceEntry& entry, Engine engine, VariantReader& reader);

}  // namespace forerun
