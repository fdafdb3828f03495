#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "sim/child.hpp"

namespace forerun::sim {

/// Tasks that one child serves in this order, by number.
using Job = std::vector<std::size_t>;

/// How a pool runs: `serve` in a child, the others in the parent.
struct PoolWork {
  std::function<void(const Job&, const Answer&)> serve;  ///< answers each task once, in order; may leave the last ones to another child
  std::function<void(std::size_t task, const std::string& answer)> receive;
  std::function<void(std::size_t task, const std::string& reason)> fail;  ///< the child ended badly at this task
};

/// Serves jobs in at most `workers` children at a time. Each task is received or fails exactly once; what a child leaves
/// unanswered goes to another.
void run_pool(std::vector<Job> jobs, int workers, const PoolWork& work);

}  // namespace forerun::sim
