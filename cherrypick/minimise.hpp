#pragma once

#include <Eigen/Core>
#include <functional>

namespace forerun::cherrypick {

/// A smooth function within bounds; `gradient` is to be filled in. May be infinite, never at the start.
struct BoundedProblem {
  std::function<double(const Eigen::VectorXd& at, Eigen::VectorXd& gradient)> value;
  Eigen::VectorXd low;
  Eigen::VectorXd high;
  int iterations = 60;
  double tolerance = 1e-5;  ///< of the largest component of the projected gradient
};

struct Minimum {
  Eigen::VectorXd at;
  double value = 0;
  int evaluations = 0;
};

/// A local minimum by L-BFGS of eight pairs on the variables that no bound holds, with steps projected onto the bounds and halved until
/// Armijo's condition holds     [Nocedal & Wright 2006, algorithms 7.4 and 3.1; Bertsekas 1982, SIAM J. Control Optim. 20, projection]
/// Ends too where a step gains less than 1e-9 of the value. Never worse than the start.
Minimum minimise(const BoundedProblem& problem, const Eigen::VectorXd& start);

}  // namespace forerun::cherrypick
