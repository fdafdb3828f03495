#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "core/plan.hpp"
#include "kernels/trainer/layout.hpp"
#include "strategies/variables.hpp"

namespace forerun {

/// A variable of a parameter server: a part of a layer's parameters.
struct ServedPart {
  int layer = 0;
  std::size_t first = 0;  ///< in the layer's array
  std::size_t count = 0;

  friend bool operator==(const ServedPart&, const ServedPart&) = default;
};

/// By operation of the plan: the variables that a pull or a push moves, or that a server's kernel works on; none of the others.
using ServedParts = std::vector<std::vector<ServedPart>>;

/// Whether an operation lets workers go on and moves no variable.
bool is_token(const Operation& operation);

/// Where a rank's array of all its parameters, or of their gradients, holds a variable.
std::span<float> in_network(const ParameterLayout& layout, std::span<float> all, const ServedPart& part);

/// The rank of each server, by its star: the first communicators of the plan.
std::vector<int> server_ranks(const StepPlan& plan);

/// What a plan's operations have of the variables, each whole on one server. A push takes those of its server by when backward passes leave
/// their gradients, as many as fill its bytes; std::logic_error where they do not.
ServedParts served_parts(const StepPlan& plan, const std::vector<ServedVariable>& variables);

}  // namespace forerun
