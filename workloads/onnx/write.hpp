#pragma once

#include "workloads/graph_builder.hpp"
#include "workloads/onnx/network.hpp"

namespace forerun::onnx {

/// Appends the layers that the graph's outputs need, each after those that it reads, and returns the one that the first output is.
/// From the outputs on back, each node becomes the layers of the largest pattern that ends in it; what only the pattern needed is
/// never asked for. A weight that is no operator's own (a class token, learned positions) becomes a layer that reads it, like an
/// embedding; weights that stand in the graph twice are tied.
/// BadInput with the node: an operator that cannot calculate activations, a tensor without elements, weights that overlap, more than
/// kMostLayers layers, an output that no layer calculates.
int write_layers(const Network& network, GraphBuilder& builder);

}  // namespace forerun::onnx
