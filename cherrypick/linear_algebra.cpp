#include "cherrypick/linear_algebra.hpp"

#include <cmath>

namespace forerun::cherrypick {

using Eigen::Index;

double dot(const double* a, const double* b, Index count) {
  double sums[4] = {0, 0, 0, 0};
  Index i = 0;
  for (; i + 4 <= count; i += 4)
    for (Index k = 0; k < 4; ++k) sums[k] += a[i + k] * b[i + k];
  for (; i < count; ++i) sums[0] += a[i] * b[i];
  return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

bool cholesky(Eigen::MatrixXd& matrix) {
  const Index n = matrix.rows();
  for (Index k = 0; k < n; ++k) {
    double* column = &matrix(0, k);
    if (!(column[k] > 0)) return false;
    const double pivot = std::sqrt(column[k]);
    const double inverse = 1 / pivot;
    column[k] = pivot;
    for (Index i = k + 1; i < n; ++i) column[i] *= inverse;
    for (Index j = k + 1; j < n; ++j) {
      double* other = &matrix(0, j);
      const double factor = column[j];
      for (Index i = j; i < n; ++i) other[i] -= factor * column[i];
    }
  }
  return true;
}

void solve_lower(const Eigen::MatrixXd& factor, Eigen::VectorXd& b) {
  const Index n = factor.rows();
  for (Index k = 0; k < n; ++k) {
    const double value = b[k] /= factor(k, k);
    for (Index i = k + 1; i < n; ++i) b[i] -= value * factor(i, k);
  }
}

void solve_upper(const Eigen::MatrixXd& factor, Eigen::VectorXd& b) {
  const Index n = factor.rows();
  for (Index k = n - 1; k >= 0; --k) b[k] = (b[k] - dot(factor.data() + k * n + k + 1, b.data() + k + 1, n - k - 1)) / factor(k, k);
}

Eigen::MatrixXd inverse_of(const Eigen::MatrixXd& factor) {
  const Index n = factor.rows();
  Eigen::MatrixXd lower = Eigen::MatrixXd::Zero(n, n);
  for (Index j = 0; j < n; ++j) {
    double* column = lower.data() + j * n;
    column[j] = 1;
    for (Index k = j; k < n; ++k) {
      const double* pivot = factor.data() + k * n;
      const double value = column[k] /= pivot[k];
      for (Index i = k + 1; i < n; ++i) column[i] -= value * pivot[i];
    }
  }
  Eigen::MatrixXd inverse(n, n);
  for (Index j = 0; j < n; ++j)
    for (Index i = j; i < n; ++i) inverse(i, j) = dot(lower.data() + i * n + i, lower.data() + j * n + i, n - i);
  return inverse;
}

}  // namespace forerun::cherrypick
