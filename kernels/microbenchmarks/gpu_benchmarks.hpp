#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "kernels/microbenchmarks/shapes.hpp"

namespace forerun {

/// What a rotation has to exceed, and what may be taken of the device.
struct GpuMemory {
  Bytes cache;     ///< last-level cache
  Bytes most;      ///< for all copies of a kernel's arrays
  Bytes rotation;  ///< of what is measured cold, at least
};

/// The same of a GPU: cold is above twice its cache and the CPU's cold rotation, so that one feature serves both (costs/kernel_time.hpp);
/// half of the memory may be taken, for operators have scratch memory beside their arrays.
GpuMemory gpu_memory(Bytes cache, Bytes memory);

/// Every kernel in fp32 and in bf16, as training finds it: its arrays in the cache, where twice their size fits there and they are not
/// beside the arithmetic; and in rotations over so many copies that all of them together exceed the cache. Footprints are those of the
/// arrays in that precision. Kernels that do not fit are left out.
std::vector<Microbenchmark> gpu_benchmarks(std::span<const Kernel> kernels, const GpuMemory& memory);

/// The kernels of a list of shapes in the format of shapes-quick.yaml without `busy`. BadInput with line and column.
std::vector<Kernel> read_kernel_list(std::string_view text, std::string_view name);

/// A list compiled in, `shapes-gpu-quick.yaml` or `shapes-gpu-full.yaml`.
std::vector<Kernel> shipped_kernel_list(std::string_view name);

}  // namespace forerun
