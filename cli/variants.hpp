#pragma once

#include <string>
#include <vector>

#include "cli/scenario_text.hpp"

namespace forerun {

/// What a row of `whatif` changes of the baseline: `key=value` each, where a key is `platform`, `workload`, `strategy`, `calibration` or
/// one that `--set` takes.
struct Variant {
  std::vector<Text> changes;

  /// The changes as people read them: `2 x aws:p3.8xlarge, spot, batch 64, platform.link-bandwidth=25Gbit/s`.
  [[nodiscard]] std::string label() const;
};

/// Each `--change` is a variant of its own, its changes between spaces; `--vary key=a,b,c` again and again is every product of the values,
/// which stand between semicolons where they hold commas.
/// BadInput, all at once: no `=`, an empty key or value, a key of `--vary` twice, over 10,000 variants.
std::vector<Variant> read_variants(const std::vector<std::string>& changes, const std::vector<std::string>& vary);

/// The baseline with the changes.
ScenarioText changed(const ScenarioText& baseline, const Variant& variant);

/// Whether a strategy has `data=all`: as many data ranks as the platform's devices leave beside its other degrees.
bool takes_all_devices(const std::string& strategy);

/// The strategy with a number in the place of that `all`; 1 where other degrees leave none.
std::string with_all_devices(const std::string& strategy, int devices);

/// Whether the strategy is to be searched: `best`, or what is pinned of it, `best,runtime=megatron`.
bool is_searched(const std::string& strategy);

/// What is pinned of a strategy that is_searched(); empty where nothing is.
std::string pinned_of(const std::string& strategy);

}  // namespace forerun
