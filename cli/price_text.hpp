#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/platform.hpp"
#include "core/run.hpp"

namespace forerun {

inline constexpr std::string_view kSpotPriceAlone =
    "spot rows carry the spot price alone: machines are never taken away, and what interruptions would cost is not in them";

/// `on demand` or `spot`.
std::string_view market_text(Market market);

/// What an hour of a node costs on a market, where, when, and who says so, with a warning where that is long ago; empty where no price is
/// known there.
std::string price_text(const Platform& platform, Market market, const std::string& today);

/// Years from the last day that a price's date may mean (`2022-02-09`, `2024/2025`, `2022`) to today, an ISO 8601 date, of a price that
/// is too old to be relied on, over a year: clouds change theirs several times in one. Nothing of a newer one, nor where either is no date.
std::optional<double> old_price_years(const std::string& date, const std::string& today);

}  // namespace forerun
