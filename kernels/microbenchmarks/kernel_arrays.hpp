#pragma once

#include <cstdint>
#include <vector>

#include "core/calibration.hpp"

namespace forerun {

/// Elements of each array that one run of a kernel touches; zero for those that it does not.
struct KernelArrays {
  std::int64_t input = 0;
  std::int64_t output = 0;
  std::int64_t output_gradient = 0;
  std::int64_t input_gradient = 0;
  std::int64_t weights = 0;
  std::int64_t weight_gradient = 0;
  std::int64_t velocity = 0;
  std::int64_t second_moment = 0;
  std::int64_t indices = 0;
  std::int64_t labels = 0;
  std::int64_t picked = 0;  ///< of an embedding; the weights and gradients are those of the whole table
  std::int64_t statistics = 0;
  std::int64_t running = 0;
  std::int64_t mask = 0;                              ///< of a byte each, all others of four
  std::vector<std::int64_t> further_inputs;           ///< one an input after the first
  std::vector<std::int64_t> further_input_gradients;  ///< likewise

  /// Their bytes together: what one run leaves in a cache.
  [[nodiscard]] Bytes total() const;
};
KernelArrays kernel_arrays(const Kernel& kernel);

}  // namespace forerun
