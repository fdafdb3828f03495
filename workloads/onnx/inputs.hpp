#pragma once

#include <string>
#include <vector>

#include "workloads/family_parameters.hpp"
#include "workloads/onnx/operation.hpp"

namespace forerun::onnx {

/// The output of this name, or -1 for none. BadInput for a name that no output has.
int find_output(const Graph& graph, const std::vector<std::string>& names, FamilyParameters& parameters);

/// Gives the graph's inputs their sizes, with one sample in the batch, and returns all that is read of a sample.
/// The batch is a symbol whose name holds `batch`; where none does, the first dimension of an input where that is symbolic.
/// Tells `parameters` of symbols without a size; BadInput: an input without a shape, a fixed batch other than 1, a negative or too large
/// size.
TensorShape size_inputs(const Graph& graph, Values& values, FamilyParameters& parameters);

}  // namespace forerun::onnx
