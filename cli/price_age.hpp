#pragma once

#include <optional>
#include <string>

namespace forerun {

/// Years from the last day that a price's date may mean (`2022-02-09`, `2024/2025`, `2022`) to today, an ISO 8601 date, of a price that
/// is too old to be relied on, over a year: clouds change theirs several times in one. Nothing of a newer one, nor where either is no date.
std::optional<double> old_price_years(const std::string& date, const std::string& today);

}  // namespace forerun
