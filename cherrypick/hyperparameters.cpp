#include "cherrypick/hyperparameters.hpp"

#include <cmath>
#include <limits>
#include <stdexcept>

#include "cherrypick/linear_algebra.hpp"
#include "cherrypick/matern.hpp"

namespace forerun::cherrypick {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

constexpr double kLog2Pi = 1.8378770664093454836;
constexpr double kLeastJitter = 1e-8;
constexpr double kMostJitter = 1.001e-4;

/// -log density of a normal variable but for a constant, and its slope.
double penalty(const LogNormal& prior, double at, double& slope) {
  const double z = (at - prior.mean) / prior.deviation;
  slope += z / prior.deviation;
  return 0.5 * z * z;
}

}  // namespace

Evidence::Evidence(const TrainingSet& set) : values_(set.values), dimensions_(set.features.cols()) {
  const Index n = values_.size();
  squares_.resize(n * (n - 1) / 2, dimensions_);
  kernel_.resize(squares_.rows());
  slopes_.resize(squares_.rows());
  Index pair = 0;
  for (Index j = 0; j < n; ++j)
    for (Index i = j + 1; i < n; ++i, ++pair)
      for (Index d = 0; d < dimensions_; ++d) {
        const double delta = set.features(i, d) - set.features(j, d);
        squares_(pair, d) = delta * delta;
      }
}

/// Factors K; log |K|, or infinity.
double Evidence::fill(const Hyperparameters& at, double jitter) {
  const Index n = values_.size();
  const double signal = portable_exp(2 * at[dimensions_]);
  const double diagonal = signal * (1 + jitter) + portable_exp(2 * at[dimensions_ + 1]);
  factor_.resize(n, n);
  Index pair = 0;
  for (Index j = 0; j < n; ++j) {
    factor_(j, j) = diagonal;
    for (Index i = j + 1; i < n; ++i, ++pair) factor_(i, j) = signal * kernel_[pair];
  }
  if (!cholesky(factor_)) return std::numeric_limits<double>::infinity();
  double log_determinant = 0;
  for (Index i = 0; i < n; ++i) log_determinant += 2 * portable_log(factor_(i, i));
  return log_determinant;
}

double Evidence::operator()(const Hyperparameters& at, VectorXd& gradient) {
  const Index n = values_.size();
  const Index pairs = kernel_.size();
  kernel_.setZero();
  for (Index d = 0; d < dimensions_; ++d) {
    const double weight = portable_exp(-2 * at[d]);
    const double* square = squares_.data() + d * pairs;
    for (Index p = 0; p < pairs; ++p) kernel_[p] += weight * square[p];
  }
  for (Index p = 0; p < pairs; ++p) {
    const Matern52 kernel = matern52(kernel_[p]);
    kernel_[p] = kernel.value;
    slopes_[p] = kernel.slope;
  }
  double jitter = kLeastJitter;
  double log_determinant = fill(at, jitter);
  while (!std::isfinite(log_determinant) && (jitter *= 10) < kMostJitter) log_determinant = fill(at, jitter);
  if (!std::isfinite(log_determinant)) return log_determinant;
  VectorXd ones = VectorXd::Ones(n);
  VectorXd whitened = values_;
  solve_lower(factor_, ones);
  solve_lower(factor_, whitened);
  const double mean = dot(ones, whitened) / dot(ones, ones);
  whitened -= mean * ones;
  const double misfit = dot(whitened, whitened);
  residuals_ = whitened;
  solve_upper(factor_, residuals_);
  gradient_of(at, jitter, gradient);
  return 0.5 * (misfit + log_determinant + static_cast<double>(n) * kLog2Pi);
}

/// d(-log p) / d theta = 1/2 tr(W dK / d theta),  W = K^-1 - a a^T,  a = K^-1 r.
void Evidence::gradient_of(const Hyperparameters& at, double jitter, VectorXd& gradient) {
  const Index n = values_.size();
  const double signal = portable_exp(2 * at[dimensions_]);
  const double noise = portable_exp(2 * at[dimensions_ + 1]);
  const MatrixXd inverse = inverse_of(factor_);
  double trace = 0;
  double off_diagonal = 0;
  Index pair = 0;
  for (Index j = 0; j < n; ++j) {
    trace += inverse(j, j) - residuals_[j] * residuals_[j];
    for (Index i = j + 1; i < n; ++i, ++pair) {
      const double weight = signal * (inverse(i, j) - residuals_[i] * residuals_[j]);
      off_diagonal += weight * kernel_[pair];
      slopes_[pair] *= weight;
    }
  }
  gradient.resize(dimensions_ + 2);
  for (Index d = 0; d < dimensions_; ++d)
    gradient[d] = portable_exp(-2 * at[d]) * dot(slopes_.data(), squares_.data() + d * squares_.rows(), squares_.rows());
  gradient[dimensions_] = trace * signal * (1 + jitter) + 2 * off_diagonal;
  gradient[dimensions_ + 1] = trace * noise;
}

Hyperparameters prior_mode(Index dimensions, const HyperPrior& prior) {
  Hyperparameters at = Hyperparameters::Constant(dimensions + 2, prior.length.mean);
  at[dimensions] = prior.signal.mean;
  at[dimensions + 1] = prior.noise.mean;
  return at;
}

HyperFit fit_hyperparameters(const TrainingSet& set, const HyperPrior& prior, const std::vector<Hyperparameters>& starts) {
  const Index d = set.features.cols();
  Evidence evidence(set);
  BoundedProblem problem;
  problem.low = Hyperparameters::Constant(d + 2, portable_log(kLeastLength));
  problem.high = Hyperparameters::Constant(d + 2, portable_log(kMostLength));
  problem.low[d + 1] = portable_log(kLeastNoise);
  problem.high[d + 1] = portable_log(kMostNoise);
  problem.value = [&](const VectorXd& at, VectorXd& gradient) {
    double value = evidence(at, gradient);
    if (prior.flat || !std::isfinite(value)) return value;
    for (Index i = 0; i < d; ++i) value += penalty(prior.length, at[i], gradient[i]);
    return value + penalty(prior.signal, at[d], gradient[d]) + penalty(prior.noise, at[d + 1], gradient[d + 1]);
  };
  Minimum best;
  best.value = std::numeric_limits<double>::infinity();
  for (const Hyperparameters& start : starts) {
    Minimum found = minimise(problem, start);
    if (best.at.size() == 0 || found.value < best.value) best = std::move(found);
  }
  VectorXd gradient;
  return {best.at, evidence(best.at, gradient)};
}

MatrixXd covariance_factor(const TrainingSet& set, const Hyperparameters& at) {
  const Index n = set.values.size();
  const Index dimensions = set.features.cols();
  const double signal = portable_exp(2 * at[dimensions]);
  const double noise = portable_exp(2 * at[dimensions + 1]);
  MatrixXd kernel(n, n);
  for (Index j = 0; j < n; ++j)
    for (Index i = j; i < n; ++i) {
      double squared = 0;
      for (Index d = 0; d < dimensions; ++d) {
        const double delta = (set.features(i, d) - set.features(j, d)) * portable_exp(-at[d]);
        squared += delta * delta;
      }
      kernel(i, j) = signal * matern52(squared).value;
    }
  for (double jitter = kLeastJitter; jitter < kMostJitter; jitter *= 10) {
    MatrixXd factor = kernel;
    for (Index i = 0; i < n; ++i) factor(i, i) += signal * jitter + noise;
    if (cholesky(factor)) return factor;
  }
  throw std::runtime_error("the covariance of the runs has no Cholesky factor, even with a jitter of 1e-4");
}

}  // namespace forerun::cherrypick
