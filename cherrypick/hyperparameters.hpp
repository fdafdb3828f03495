#pragma once

#include <Eigen/Core>
#include <vector>

#include "cherrypick/minimise.hpp"

namespace forerun::cherrypick {

/// Those of a Gaussian process with a Matern-5/2 kernel, one length scale a feature (ARD), in logarithms: log l_1 ... log l_d, log sf, log
/// sn. Lengths in units of scaled features, sf = signal deviation and sn = noise deviation in units of standardised values.
using Hyperparameters = Eigen::VectorXd;

/// What is believed of a hyper-parameter's logarithm before any run: normal. Bounds as the logarithms' least and most.
struct LogNormal {
  double mean = 0;
  double deviation = 1;
};
struct HyperPrior {
  LogNormal length{0, 0.9};                  ///< around 1
  LogNormal signal{0, 0.6};                  ///< around 1
  LogNormal noise{-2.302585092994046, 0.8};  ///< around 0.1
  bool flat = false;                         ///< maximum likelihood within the bounds: what is published for plain GP-EI
};
inline constexpr double kLeastLength = 0.05;
inline constexpr double kMostLength = 20;
inline constexpr double kLeastNoise = 1e-3;
inline constexpr double kMostNoise = 1;

/// Runs as a Gaussian process sees them: features, one row a run, and values, both scaled.
struct TrainingSet {
  Eigen::MatrixXd features;
  Eigen::VectorXd values;
};

/// The density of runs as a function of hyper-parameters, with its gradient. The constant mean is the generalised-least-squares one.
///   -log p = 1/2 r^T K^-1 r + 1/2 log |K| + n/2 log 2 pi,  r = y - m 1,  m = 1^T K^-1 y / 1^T K^-1 1
///   K = sf^2 (k(x, x') + jitter) + sn^2 I                                       [Rasmussen & Williams 2006, eq. 5.8, 5.9]
/// By the envelope theorem m does not move to first order.
class Evidence {
 public:
  explicit Evidence(const TrainingSet& set);

  /// -log p; infinite where K has no factor even with jitter 1e-4. `gradient` is filled in where it is finite.
  double operator()(const Hyperparameters& at, Eigen::VectorXd& gradient);

 private:
  double fill(const Hyperparameters& at, double jitter);
  void gradient_of(const Hyperparameters& at, double jitter, Eigen::VectorXd& gradient);

  Eigen::VectorXd values_;
  Eigen::Index dimensions_;
  Eigen::MatrixXd squares_;  ///< of differences: one row a pair of runs, one column a feature
  Eigen::VectorXd kernel_;   ///< by pair
  Eigen::VectorXd slopes_;   ///< by pair
  Eigen::MatrixXd factor_;
  Eigen::VectorXd residuals_;  ///< K^-1 r
};

/// The hyper-parameters that fit best, and -log p of the runs under them, without the prior.
struct HyperFit {
  Hyperparameters at;
  double negative_log_evidence = 0;
};

Hyperparameters prior_mode(Eigen::Index dimensions, const HyperPrior& prior);

/// Maximum a posteriori by L-BFGS from each start; the best of them, the first among equals.
HyperFit fit_hyperparameters(const TrainingSet& set, const HyperPrior& prior, const std::vector<Hyperparameters>& starts);

/// K's Cholesky factor at the least jitter that it exists with: 1e-8 times sf^2, then tenfold up to 1e-4. std::runtime_error beyond.
Eigen::MatrixXd covariance_factor(const TrainingSet& set, const Hyperparameters& at);

}  // namespace forerun::cherrypick
