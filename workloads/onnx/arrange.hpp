#pragma once

#include "workloads/onnx/graph.hpp"

namespace forerun::onnx {

/// Puts the nodes in an order in which each stands after those that it reads, and leaves out what no output needs. An input that is an
/// initialiser too is no input (as before ONNX 1.4). `only` is the one output that counts; -1: all.
/// BadInput: a tensor that is defined twice, that is read but never defined, an output that is never defined, no output, a cycle, with
/// the nodes on it.
void arrange(Graph& graph, int only = -1);

/// How messages name a node: its name, or its first output, and its operator.
std::string described(const Graph& graph, const Node& node);

}  // namespace forerun::onnx
