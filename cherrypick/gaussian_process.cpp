#include "cherrypick/gaussian_process.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "cherrypick/linear_algebra.hpp"
#include "cherrypick/matern.hpp"
#include "cherrypick/wide_vectors.hpp"

namespace forerun::cherrypick {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

constexpr Index kBlock = 64;  // candidates at once: kernels to 30 runs stay within 16 KiB of cache
constexpr Index kLane = 16;   // of these, as many as a triangular solve holds in registers
constexpr double kLeastVariance = 1e-12;

/// Of a block of candidates, their squared distances from one run, then the kernel.
FORERUN_WIDE_VECTORS void kernel_of_block(const double* places, const double* run, Index features, double signal, double* kernel) {
  for (Index b = 0; b < kBlock; ++b) kernel[b] = 0;
  for (Index k = 0; k < features; ++k) {
    const double centre = run[k];
    const double* column = places + k * kBlock;
    for (Index b = 0; b < kBlock; ++b) {
      const double delta = column[b] - centre;
      kernel[b] += delta * delta;
    }
  }
  for (Index b = 0; b < kBlock; ++b) kernel[b] = signal * matern52(kernel[b]).value;
}

/// As many doubles as the widest vectors hold; GCC and Clang turn its operators into whatever the machine has.
using Row = double __attribute__((vector_size(8 * sizeof(double))));
constexpr Index kRows = kLane / 8;

/// Sums over runs of what a lane of candidates has of them, whitened.
struct LaneSums {
  double explained[kLane];  ///< squares
  double ones[kLane];       ///< products with the whitened ones
  double shift[kLane];      ///< with the whitened residuals
};

/// Solves the triangular system for a lane of candidates in place. `kernel`: by run, then lane; `factor`: by row.
FORERUN_WIDE_VECTORS void solve_lane(const double* factor, const double* inverse_pivots, const double* ones, const double* residuals,
                                     Index runs, double* kernel, LaneSums& sums) {
  Row explained[kRows] = {};
  Row with_ones[kRows] = {};
  Row shift[kRows] = {};
  for (Index i = 0; i < runs; ++i) {
    Row value[kRows];
    std::memcpy(value, kernel + i * kLane, sizeof(value));
    for (Index j = 0; j < i; ++j)
      for (Index r = 0; r < kRows; ++r) {
        Row other;
        std::memcpy(&other, kernel + j * kLane + r * 8, sizeof(other));
        value[r] -= factor[i * runs + j] * other;
      }
    for (Index r = 0; r < kRows; ++r) {
      value[r] *= inverse_pivots[i];
      explained[r] += value[r] * value[r];
      with_ones[r] += ones[i] * value[r];
      shift[r] += residuals[i] * value[r];
    }
    std::memcpy(kernel + i * kLane, value, sizeof(value));
  }
  std::memcpy(sums.explained, explained, sizeof(explained));
  std::memcpy(sums.ones, with_ones, sizeof(with_ones));
  std::memcpy(sums.shift, shift, sizeof(shift));
}

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
  const Index n = set_.values.size();
  const Index d = places.cols();
  const auto total = static_cast<Index>(mean.size());
  VectorXd inverse_scales(d);
  for (Index k = 0; k < d; ++k) inverse_scales[k] = portable_exp(-at_[k]);
  MatrixXd scaled = MatrixXd::Zero(kBlock, d);
  VectorXd kernel(kBlock);
  MatrixXd lanes(kLane, n * (kBlock / kLane));  // by lane, then run: what a solve reads lies together
  for (Index begin = 0; begin < total; begin += kBlock) {
    const Index count = std::min(kBlock, total - begin);
    for (Index k = 0; k < d; ++k) {
      const double* column = places.data() + k * places.rows() + first + begin;
      for (Index b = 0; b < count; ++b) scaled(b, k) = column[b] * inverse_scales[k];
    }
    for (Index i = 0; i < n; ++i) {
      kernel_of_block(scaled.data(), scaled_.data() + i * d, d, signal_, kernel.data());
      for (Index b = 0; b < kBlock; b += kLane) std::copy_n(kernel.data() + b, kLane, lanes.data() + (b / kLane * n + i) * kLane);
    }
    for (Index b = 0; b < count; b += kLane) {
      LaneSums sums;
      solve_lane(rows_.data(), inverse_pivots_.data(), whitened_ones_.data(), whitened_residuals_.data(), n, lanes.data() + b * n, sums);
      for (Index lane = 0; lane < std::min(kLane, count - b); ++lane) {
        const double rest = 1 - sums.ones[lane];
        mean[begin + b + lane] = mean_ + sums.shift[lane];
        variance[begin + b + lane] = std::max(kLeastVariance * signal_, signal_ - sums.explained[lane] + rest * rest / mean_precision_);
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
