#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "validation/least_squares.hpp"

/// What the rows of a fit tell, and what they cannot tell apart.
namespace forerun {

/// An unknown that the rows do not tell, and why.
struct Untold {
  std::size_t index = 0;
  std::string why;
};

/// Whether every unknown that the rows tell may stay, or one must go in any case because there are too few rows.
enum class Told { enough, fewer };

/// The unknown with the largest standard deviation after the fit over that before it (its spread), where this is above 0.7 (the
/// rows say less than what was known), or in any case where fewer are wanted; of equal ones the last. The reason names the unknown that it
/// goes with most closely (correlation of the covariance that the rows alone give) above 0.5, where the rows would tell it if that one were
/// known, and else by how much they narrow its spread.
std::optional<Untold> least_told(const LeastSquaresFit& fit, std::span<const std::string> names, std::span<const double> spreads,
                                 Told told);

/// A sentence for each pair of fitted unknowns whose correlation is above 0.95, with the condition number of the rows' information: each
/// has its interval, but one moves with the other.
std::vector<std::string> told_together(const LeastSquaresFit& fit, std::span<const std::string> names, std::span<const double> spreads);

}  // namespace forerun
