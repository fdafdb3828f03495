#include "validation/least_squares.hpp"

#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>
#include <numbers>

#include "core/normal.hpp"

namespace forerun {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr double kHuber = 1.345;
constexpr double kStep = 1e-4;
constexpr double kFirstNoise = 0.1;
constexpr int kScales = 4;
constexpr int kIterations = 60;
constexpr double kConverged = 1e-9;

VectorXd huber_weights(const VectorXd& residuals, double noise) {
  return residuals.unaryExpr([&](double r) { return std::abs(r) <= kHuber * noise ? 1.0 : kHuber * noise / std::abs(r); });
}

double huber_loss(const VectorXd& residuals, double noise) {
  double sum = 0;
  for (const double r : residuals) {
    const double z = std::abs(r) / noise;
    sum += z <= kHuber ? z * z : 2 * kHuber * z - kHuber * kHuber;
  }
  return sum;
}

/// Differences inwards where a bound is near.
MatrixXd differences(const LeastSquaresProblem& problem, const VectorXd& at, const VectorXd& residuals) {
  MatrixXd jacobian(residuals.size(), at.size());
  for (Index k = 0; k < at.size(); ++k) {
    VectorXd moved = at;
    const double step = at[k] + kStep <= problem.high[k] ? kStep : -kStep;
    moved[k] += step;
    jacobian.col(k) = (problem.residuals(moved) - residuals) / step;
  }
  return jacobian;
}

class Descent {
 public:
  explicit Descent(const LeastSquaresProblem& problem) : problem_(problem), precision_(problem.spread.array().square().inverse()) {
    fit_.at = problem.prior;
    fit_.residuals = problem.residuals(fit_.at);
    fit_.freedom = std::max(1.0, static_cast<double>(fit_.residuals.size() - fit_.at.size()));
    fit_.noise = kFirstNoise;
  }

  LeastSquaresFit run() {
    for (int scale = 0; scale < kScales; ++scale) {
      descend();
      fit_.weights = huber_weights(fit_.residuals, fit_.noise);
      const double spread = std::sqrt(fit_.weights.dot(fit_.residuals.cwiseAbs2()) / fit_.freedom);
      fit_.noise = std::max(spread, problem_.least_noise);
    }
    fit_.weights = huber_weights(fit_.residuals, fit_.noise);
    fit_.jacobian = differences(problem_, fit_.at, fit_.residuals);
    fit_.covariance = normal_matrix().ldlt().solve(MatrixXd::Identity(fit_.at.size(), fit_.at.size()));
    return fit_;
  }

 private:
  [[nodiscard]] double loss(const VectorXd& at, const VectorXd& residuals) const {
    return huber_loss(residuals, fit_.noise) + precision_.dot((at - problem_.prior).cwiseAbs2());
  }

  [[nodiscard]] MatrixXd normal_matrix() const {
    MatrixXd normal = fit_.jacobian.transpose() * (fit_.weights / (fit_.noise * fit_.noise)).asDiagonal() * fit_.jacobian;
    normal.diagonal() += precision_;
    return normal;
  }

  /// The next point at some damping: unknowns that would leave their range stay at its end.
  [[nodiscard]] VectorXd stepped(const MatrixXd& normal, const VectorXd& gradient, double damping) const {
    MatrixXd damped = normal;
    damped.diagonal() *= 1 + damping;
    VectorXd pull = gradient;
    for (Index k = 0; k < gradient.size(); ++k) {
      const bool leaves = (fit_.at[k] <= problem_.low[k] && gradient[k] > 0) || (fit_.at[k] >= problem_.high[k] && gradient[k] < 0);
      if (!leaves) continue;
      damped.row(k).setZero(), damped.col(k).setZero();
      damped(k, k) = 1, pull[k] = 0;
    }
    return (fit_.at - damped.ldlt().solve(pull)).cwiseMax(problem_.low).cwiseMin(problem_.high);
  }

  void descend() {
    double damping = 1e-3;
    double now = loss(fit_.at, fit_.residuals);
    for (int iteration = 0; iteration < kIterations; ++iteration) {
      fit_.weights = huber_weights(fit_.residuals, fit_.noise);
      fit_.jacobian = differences(problem_, fit_.at, fit_.residuals);
      const VectorXd weighted = fit_.weights.cwiseProduct(fit_.residuals) / (fit_.noise * fit_.noise);
      const VectorXd gradient = fit_.jacobian.transpose() * weighted + precision_.cwiseProduct(fit_.at - problem_.prior);
      const MatrixXd normal = normal_matrix();
      const double before = now;
      for (; damping < 1e9; damping *= 10) {
        const VectorXd next = stepped(normal, gradient, damping);
        const VectorXd residuals = problem_.residuals(next);
        const double then = loss(next, residuals);
        if (!(then < now)) continue;
        fit_.at = next, fit_.residuals = residuals, now = then;
        damping = std::max(damping / 10, 1e-9);
        break;
      }
      if (before - now <= kConverged * (1 + before)) return;
    }
  }

  const LeastSquaresProblem& problem_;
  VectorXd precision_;
  LeastSquaresFit fit_;
};

}  // namespace

LeastSquaresFit least_squares(const LeastSquaresProblem& problem) { return Descent(problem).run(); }

double student_t90(double freedom) {
  constexpr double p = 0.9;
  constexpr double z = kNormal90;
  if (freedom < 1.5) return std::tan(std::numbers::pi * (p - 0.5));
  if (freedom < 2.5) return (2 * p - 1) / std::sqrt(2 * p * (1 - p));
  const double z3 = z * z * z, z5 = z3 * z * z, z7 = z5 * z * z;
  return z + (z3 + z) / (4 * freedom) + (5 * z5 + 16 * z3 + 3 * z) / (96 * freedom * freedom) +
         (3 * z7 + 19 * z5 + 17 * z3 - 15 * z) / (384 * freedom * freedom * freedom);
}

}  // namespace forerun
