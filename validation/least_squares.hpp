#pragma once

#include <Eigen/Core>
#include <functional>

/// Robust non-linear least squares with priors; pure mathematics, no unit and no file.
namespace forerun {

/// minimise  sum_i rho(r_i(x) / s) + sum_k ((x_k - prior_k) / spread_k)^2,   low <= x <= high
/// rho is Huber's: quadratic up to 1.345 times s, linear beyond                                 [Huber 1964, Ann. Math. Stat. 35]
struct LeastSquaresProblem {
  std::function<Eigen::VectorXd(const Eigen::VectorXd&)> residuals;
  Eigen::VectorXd prior;
  Eigen::VectorXd spread;
  Eigen::VectorXd low;
  Eigen::VectorXd high;
  double least_noise = 1e-3;  ///< below which residuals are not believed
};

struct LeastSquaresFit {
  Eigen::VectorXd at;
  Eigen::VectorXd residuals;
  Eigen::VectorXd weights;     ///< Huber's, in (0, 1]
  Eigen::MatrixXd jacobian;    ///< of the residuals
  double noise = 0;            ///< s: sqrt(sum of weight r^2 / degrees of freedom), at least `least_noise`
  double freedom = 1;          ///< residuals - unknowns, at least 1
  Eigen::MatrixXd covariance;  ///< (J^T W J / s^2 + 1 / spread^2)^-1
};

/// Gauss-Newton with Levenberg's damping and Marquardt's scaling; s is estimated anew after each of four convergences.
/// Derivatives are differences over 1e-4 of x. Unknowns at a bound stay there while the step would leave it.
/// Precondition: at least one residual; prior within the bounds.
LeastSquaresFit least_squares(const LeastSquaresProblem& problem);

/// Student's t below which nine tenths lie, for so many degrees of freedom >= 1, by Cornish and Fisher's series and exactly for one and
/// two                                                                       [Abramowitz & Stegun 1964, 26.7.5]
double student_t90(double freedom);

}  // namespace forerun
