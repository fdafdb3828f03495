#pragma once

#include <Eigen/Core>
#include <span>

#include "cherrypick/hyperparameters.hpp"

namespace forerun::cherrypick {

/// A Gaussian process with given hyper-parameters after runs, and what it says of other places; in units of its training values.
///   mean(x) = m + k^T K^-1 (y - m 1)
///   variance(x) = sf^2 - k^T K^-1 k + (1 - 1^T K^-1 k)^2 / 1^T K^-1 1     [Rasmussen & Williams 2006, eq. 2.42 with a constant mean]
/// The last term is what the mean itself is uncertain by. The variance is of the function, without the noise of one more run.
class GaussianProcess {
 public:
  /// std::runtime_error as covariance_factor(). At least one run.
  GaussianProcess(TrainingSet set, Hyperparameters at);

  /// Mean and variance at rows [first, first + mean.size()) of `places`, whose columns are features. Blocks of rows at once: distances,
  /// kernels and triangular solves run over candidates side by side.
  void predict(const Eigen::MatrixXd& places, Eigen::Index first, std::span<double> mean, std::span<double> variance) const;

  /// Joint mean and covariance (lower triangle) at a few places.
  struct Joint {
    Eigen::VectorXd mean;
    Eigen::MatrixXd covariance;
  };
  [[nodiscard]] Joint joint(const Eigen::MatrixXd& places) const;

  [[nodiscard]] const TrainingSet& training() const { return set_; }
  [[nodiscard]] const Hyperparameters& hyperparameters() const { return at_; }

  /// The noise of one run as a deviation.
  [[nodiscard]] double noise() const;

 private:
  TrainingSet set_;
  Hyperparameters at_;
  Eigen::MatrixXd factor_;
  Eigen::VectorXd whitened_ones_;       ///< L^-1 1
  Eigen::VectorXd whitened_residuals_;  ///< L^-1 (y - m 1)
  Eigen::MatrixXd scaled_;              ///< features by their length scales, one column a run
  Eigen::VectorXd inverse_pivots_;
  Eigen::MatrixXd rows_;  ///< the factor transposed, so that a row of it lies together
  double mean_ = 0;
  double signal_ = 1;          ///< sf^2
  double mean_precision_ = 1;  ///< 1^T K^-1 1
};

}  // namespace forerun::cherrypick
