#pragma once

#include <optional>
#include <span>

namespace forerun {

/// Spearman's rank correlation: Pearson's over the ranks, ties at their mean rank; nothing below two values or without any spread
///                                                                                                [Spearman 1904]
std::optional<double> rank_correlation(std::span<const double> a, std::span<const double> b);

}  // namespace forerun
