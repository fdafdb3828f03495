#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/calibration.hpp"
#include "kernels/operator.hpp"

namespace forerun {

/// What the numbers of an array are before a kernel runs. Zeros would be faster than what training sees: they take less power.
enum class Filling {
  normals,
  magnitudes,  ///< of normals: averages of squares
  zeros,
  stays,   ///< of a mask: every entry 1
  classes  ///< of labels and of an embedding's rows: drawn below `below`
};

/// One array of a kernel's run on a GPU, in the set of all of them.
struct SetArray {
  std::size_t offset = 0;  ///< bytes from where the set begins
  std::int64_t elements = 0;
  int element_bytes = 4;  ///< 2: bf16
  Filling filling = Filling::normals;
  std::int64_t below = 1;
  void (*hand)(LayerBuffers& buffers, void* array) = nullptr;  ///< puts it in its place
};

/// The arrays that one run of a kernel on a GPU touches, one after the other: in bf16 activations and their gradients have two bytes an
/// element, and what products read of the weights lies beside them (kernels/operator.hpp).
struct SetLayout {
  std::vector<SetArray> arrays;
  std::size_t bytes = 0;  ///< of a set, a multiple of kSetAlignment

  /// The arrays of the set that begins at `memory`.
  [[nodiscard]] LayerBuffers buffers(void* memory) const;
};

/// What cudaMalloc aligns to; vector loads and tensor cores need less.
inline constexpr std::size_t kSetAlignment = 256;

SetLayout set_layout(const Kernel& kernel);

}  // namespace forerun
