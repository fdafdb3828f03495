#pragma once

#include <Eigen/Core>

/// Small dense algebra whose sums run in one order on every platform, which those of libraries with kernels for each instruction set do
/// not.
namespace forerun::cherrypick {

/// Sum of a_i b_i in four interleaved parts.
double dot(const double* a, const double* b, Eigen::Index count);
inline double dot(const Eigen::VectorXd& a, const Eigen::VectorXd& b) { return dot(a.data(), b.data(), a.size()); }

/// Replaces the lower triangle of a symmetric matrix by its Cholesky factor L, A = L L^T. False, with the matrix spoilt, where a pivot is
/// not above zero.
bool cholesky(Eigen::MatrixXd& matrix);

/// Replaces b by L^-1 b.
void solve_lower(const Eigen::MatrixXd& factor, Eigen::VectorXd& b);

/// Replaces b by L^-T b.
void solve_upper(const Eigen::MatrixXd& factor, Eigen::VectorXd& b);

/// The lower triangle of A^-1 = L^-T L^-1; above it is nothing of use.
Eigen::MatrixXd inverse_of(const Eigen::MatrixXd& factor);

}  // namespace forerun::cherrypick
