#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/engines.hpp"
#include "cli/scenario.hpp"
#include "costs/intervals.hpp"

namespace forerun {

/// The baseline, or a variant of it that can be.
struct WhatIfRow {
  std::string label;
  ReadScenario read;
  Prediction prediction;
  SampledTimes samples;
};

/// Whether two scenarios differ in what they cost an hour alone: region, market, price.
bool takes_the_same(const Scenario& a, const Scenario& b);

/// A variant that cannot be, and why.
struct LeftOut {
  std::string label;
  std::string reason;
};

/// What a row's time and cost are of.
enum class Basis {
  run,              ///< the whole run
  million_samples,  ///< where no length of a run is given: batches may differ
  step              ///< of a trace, which knows no samples
};

struct WhatIf {
  Engine engine = Engine::oracle;
  std::vector<WhatIfRow> rows;  ///< the first is the baseline; the others the cheapest first, without prices the fastest
  std::vector<LeftOut> left_out;
  std::optional<Seconds> deadline;
};

/// A figure with its P10 and P90, which are empty where nothing was sampled.
template <class T>
struct Ranged {
  T value{};
  std::optional<T> p10;
  std::optional<T> p90;
};

Basis basis_of(const WhatIf& whatif);

Ranged<Seconds> time_of(const WhatIfRow& row, Basis basis);

/// Nothing where no price is known on the row's market.
std::optional<Ranged<Dollars>> cost_of(const WhatIfRow& row, Basis basis);

/// The row's time over the baseline's, with the interval of their ratio (costs/intervals.hpp): exactly known where only the price differs.
Ranged<double> time_ratio(const WhatIfRow& row, const WhatIfRow& baseline, Basis basis);

/// The same of costs: prices are known, times are not. Nothing without prices.
std::optional<Ranged<double>> cost_ratio(const WhatIfRow& row, const WhatIfRow& baseline, Basis basis);

/// For each row whether no other is as fast and cheaper, or as cheap and faster; without prices, whether none is faster.
std::vector<bool> front_of(const WhatIf& whatif);

/// Whether a time keeps the deadline: yes where P90 does (or nothing was sampled and it does), no where P10 does not.
enum class Keeps { yes, perhaps, no };
Keeps keeps(const Ranged<Seconds>& time, Seconds deadline);
std::string_view to_string(Keeps answer);

/// The index of the cheapest row (without prices the fastest) that keeps the deadline, if possible surely; nothing where none does.
std::optional<std::size_t> best_within(const WhatIf& whatif);

/// Orders the variants behind the baseline.
void order(WhatIf& whatif);

}  // namespace forerun
