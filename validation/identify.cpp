#include "validation/identify.hpp"

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>

#include "io/format.hpp"

namespace forerun {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;

constexpr double kTold = 0.7;
constexpr double kTogether = 0.95;
constexpr double kNamed = 0.5;

/// What the rows alone say of the unknowns, each measured in its spread: J^T W J / s^2.
MatrixXd information(const LeastSquaresFit& fit, std::span<const double> spreads) {
  const Eigen::Map<const Eigen::VectorXd> spread(spreads.data(), static_cast<Index>(spreads.size()));
  const MatrixXd scaled = fit.jacobian * spread.asDiagonal();
  return scaled.transpose() * (fit.weights / (fit.noise * fit.noise)).asDiagonal() * scaled;
}

/// Correlations of the inverse; directions that the rows do not see at all are given a thousandth of the weakest prior.
MatrixXd correlations(MatrixXd information) {
  constexpr double kUnseen = 1e-6;
  information.diagonal().array() += kUnseen;
  const MatrixXd covariance = information.inverse();
  const Eigen::VectorXd deviations = covariance.diagonal().cwiseSqrt();
  return covariance.cwiseQuotient(deviations * deviations.transpose());
}

}  // namespace

std::optional<Untold> least_told(const LeastSquaresFit& fit, std::span<const std::string> names, std::span<const double> spreads,
                                 Told told) {
  Untold worst;
  double largest = 0;
  for (std::size_t k = 0; k < names.size(); ++k) {
    const double share = std::sqrt(fit.covariance(static_cast<Index>(k), static_cast<Index>(k))) / spreads[k];
    constexpr double kEqual = 1e-6;
    if (share >= largest - kEqual) largest = std::max(largest, share), worst.index = k;
  }
  if (largest <= kTold && told == Told::enough) return std::nullopt;
  const MatrixXd known = information(fit, spreads);
  const auto index = static_cast<Index>(worst.index);
  if (largest <= kTold) {
    worst.why = "the rows are too few for another unknown, and tell it least";
    return worst;
  }
  Eigen::VectorXd with = correlations(known).col(index).cwiseAbs();
  with[index] = 0;
  Index other = 0;
  const double correlation = with.maxCoeff(&other);
  const bool told_alone = 1 / std::sqrt(1 + known(index, index)) <= kTold;
  if (told_alone && correlation > kNamed)
    worst.why = format("the rows cannot tell it from {} (correlation {:.2f})", names[static_cast<std::size_t>(other)], correlation);
  else
    worst.why = format("the rows narrow its spread by {} only", percent(1 - std::min(largest, 1.0)));
  return worst;
}

std::vector<std::string> told_together(const LeastSquaresFit& fit, std::span<const std::string> names, std::span<const double> spreads) {
  const MatrixXd known = information(fit, spreads);
  const MatrixXd correlation = correlations(known);
  const Eigen::VectorXd values = Eigen::SelfAdjointEigenSolver<MatrixXd>(known).eigenvalues();
  std::vector<std::string> out;
  for (Index a = 0; a < correlation.rows(); ++a)
    for (Index b = a + 1; b < correlation.rows(); ++b)
      if (std::abs(correlation(a, b)) > kTogether)
        out.push_back(format("{} and {} are told apart poorly (correlation {:.2f}, condition number {:.3g})",
                             names[static_cast<std::size_t>(a)], names[static_cast<std::size_t>(b)], correlation(a, b),
                             values.maxCoeff() / std::max(values.minCoeff(), 1e-300)));
  return out;
}

}  // namespace forerun
