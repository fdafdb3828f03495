#pragma once

#include <vector>

#include "core/strategy.hpp"
#include "core/units.hpp"
#include "core/workload.hpp"

namespace forerun {

/// Activations that wait for the backward pass, of one sample.
struct SavedActivations {
  std::vector<Bytes> layers;  ///< a tensor that several layers keep counts at the first of them
  Bytes working_set;          ///< full recomputation: what the largest block keeps while its backward pass runs, beside its inputs

  [[nodiscard]] Bytes total() const;
};

/// What the layers keep of one sample between forward and backward pass, e = bytes_per_element, x and y = elements of input and output:
///   dense, conv, norms, gelu, silu, max-pool, average-pool, product, multiply, interaction, combine    their inputs, e x
///   relu, sigmoid, tanh, softmax    their output, e y
///   attention                       queries, keys and values; flash: its output and a float32 log-sum-exp a head and position
///                                   [Dao et al. 2022, algorithm 4]; fused, unfused: e for each score's softmax, and with dropout a
///                                   byte of mask and e of the result
///   dropout                         its mask, y bytes
///   max-pool, embedding             8 bytes an index, y of them or one a position
///   lstm                            input, output, and 5 e y of gates and state [cuDNN's reserve space]
///   softmax-cross-entropy           probabilities in float32 at every precision, 4 x
///   squared-error, binary-cross-entropy   their input
///   add, concat, reshape, global average-pool   nothing
/// as PyTorch's autograd saves tensors (derivatives.yaml). Each tensor counts once, however many layers keep it, and a view as what it is
/// a view of. A layer whose weights are frozen keeps its input only where that is for the gradient of its data, and a layer before all
/// that is trained keeps nothing.
/// recompute: none; selective: attention keeps its queries, keys and values alone, and calculates the rest again [Korthikanti et al. 2022,
/// sec. 5]; full: a layer of a block keeps only what it reads from outside the block, and each block runs again before its backward pass.
/// A transformer layer of s tokens, hidden size h and a heads in 16 bits thus keeps 34 s h + 5 a s^2 bytes unfused with dropout, 34 s h
/// selective, 2 s h full [table 2 there, one device].
/// Neglects the statistics of norms (two numbers a position or channel), labels, allocator rounding, and that fp8 stores some inputs of
/// matrix products in a byte.
SavedActivations saved_activations(const Workload& workload, Recompute recompute = Recompute::none);

}  // namespace forerun
