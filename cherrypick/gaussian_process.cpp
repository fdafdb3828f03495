#include "cherrypick/gaussian_process.hpp"

#include <algorithm>
#include <cmath>

#include "cherrypick/linear_algebra.hpp"
#include "cherrypick/matern.hpp"

namespace forerun::cherrypick {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

constexpr Index kBlock = 64;  // candidates at once: kernels to 30 runs stay within 16 KiB of cache
constexpr Index kLane = 8;    // of these, as many as a triangular solve holds in registers
constexpr double kLeastVariance = 1e-12;

}  // namespace

GaussianProcess::GaussianProcess(TrainingSet set, Hyperparameters at)
    : set_(std::move(set)), at_(std::move(at)), factor_(covariance_factor(set_, at_)) {
  const Index n = set_.values.size();
  const Index d = set_.features.cols();
  whitened_ones_ = VectorXd::Ones(n);
  whitened_residuals_ = set_.values;
  solve_lower(factor_, whitened_ones_);
  solve_lower(factor_, whitened_residuals_);
  mean_precision_ = dot(whitened_ones_, whitened_ones_);
  mean_ = dot(whitened_ones_, whitened_residuals_) / mean_precision_;
  whitened_residuals_ -= mean_ * whitened_ones_;
  signal_ = portable_exp(2 * at_[d]);
  scaled_ = set_.features.transpose();
  for (Index k = 0; k < d; ++k) scaled_.row(k) *= portable_exp(-at_[k]);
  inverse_pivots_ = factor_.diagonal().cwiseInverse();
  rows_ = factor_.transpose();
}

double GaussianProcess::noise() const { return portable_exp(at_[at_.size() - 1]); }

void GaussianProcess::predict(const MatrixXd& places, Index first, std::span<double> mean, std::span<double> variance) const {
  using Lane = Eigen::Array<double, kLane, 1>;
  const Index n = set_.values.size();
  const Index d = places.cols();
  const auto total = static_cast<Index>(mean.size());
  MatrixXd scaled(kBlock, d);
  MatrixXd kernel(kLane, n * (kBlock / kLane));  // by lane, then run: what a solve reads lies together
  for (Index begin = 0; begin < total; begin += kBlock) {
    const Index count = std::min(kBlock, total - begin);
    for (Index k = 0; k < d; ++k) {
      const double inverse = portable_exp(-at_[k]);
      const double* column = places.data() + k * places.rows() + first + begin;
      for (Index b = 0; b < count; ++b) scaled(b, k) = column[b] * inverse;
      for (Index b = count; b < kBlock; ++b) scaled(b, k) = 0;
    }
    for (Index i = 0; i < n; ++i) {
      alignas(32) double squared[kBlock] = {};
      for (Index k = 0; k < d; ++k) {
        const double centre = scaled_(k, i);
        const double* column = scaled.data() + k * kBlock;
        for (Index b = 0; b < kBlock; ++b) {
          const double delta = column[b] - centre;
          squared[b] += delta * delta;
        }
      }
      for (Index b = 0; b < kBlock; ++b) squared[b] = signal_ * matern52(squared[b]).value;
      for (Index b = 0; b < kBlock; b += kLane)
        for (Index lane = 0; lane < kLane; ++lane) kernel(lane, (b / kLane) * n + i) = squared[b + lane];
    }
    for (Index b = 0; b < count; b += kLane) {
      double* block = kernel.data() + b * n;
      Lane explained = Lane::Zero();
      Lane ones = Lane::Zero();
      Lane shift = Lane::Zero();
      for (Index i = 0; i < n; ++i) {
        Lane value = Eigen::Map<const Lane>(block + i * kLane);
        const double* row = rows_.data() + i * n;
        for (Index j = 0; j < i; ++j) value -= row[j] * Eigen::Map<const Lane>(block + j * kLane);
        value *= inverse_pivots_[i];
        Eigen::Map<Lane>(block + i * kLane) = value;
        explained += value * value;
        ones += whitened_ones_[i] * value;
        shift += whitened_residuals_[i] * value;
      }
      for (Index lane = 0; lane < std::min(kLane, count - b); ++lane) {
        const double rest = 1 - ones[lane];
        mean[begin + b + lane] = mean_ + shift[lane];
        variance[begin + b + lane] = std::max(kLeastVariance * signal_, signal_ - explained[lane] + rest * rest / mean_precision_);
      }
    }
  }
}

GaussianProcess::Joint GaussianProcess::joint(const MatrixXd& places) const {
  const Index n = set_.values.size();
  const Index count = places.rows();
  const Index d = places.cols();
  MatrixXd scaled = places.transpose();
  for (Index k = 0; k < d; ++k) scaled.row(k) *= portable_exp(-at_[k]);
  const auto kernel = [&](const MatrixXd& a, Index i, const MatrixXd& b, Index j) {
    double squared = 0;
    for (Index k = 0; k < d; ++k) squared += (a(k, i) - b(k, j)) * (a(k, i) - b(k, j));
    return signal_ * matern52(squared).value;
  };
  MatrixXd whitened(n, count);
  VectorXd rest(count);
  Joint joint{VectorXd(count), MatrixXd::Zero(count, count)};
  for (Index c = 0; c < count; ++c) {
    VectorXd column(n);
    for (Index i = 0; i < n; ++i) column[i] = kernel(scaled_, i, scaled, c);
    solve_lower(factor_, column);
    rest[c] = 1 - dot(whitened_ones_, column);
    joint.mean[c] = mean_ + dot(whitened_residuals_, column);
    whitened.col(c) = column;
  }
  for (Index c = 0; c < count; ++c)
    for (Index r = c; r < count; ++r)
      joint.covariance(r, c) =
          kernel(scaled, r, scaled, c) - dot(whitened.data() + r * n, whitened.data() + c * n, n) + rest[r] * rest[c] / mean_precision_;
  return joint;
}

}  // namespace forerun::cherrypick
