#include "kernels/microbenchmarks/gpu_benchmarks.hpp"

#include <algorithm>

#include "kernels/microbenchmarks/set_layout.hpp"
#include "workloads/formulas.hpp"

namespace forerun {

namespace {

/// Arithmetic beside which arrays that come from memory take a few hundredths, on tensor cores too: 1 Pflop/s and 3 TB/s.
constexpr double kBusyFlopPerByte = 5000;

void add_in_each_condition(const Kernel& kernel, const GpuMemory& memory, std::vector<Microbenchmark>& list) {
  Microbenchmark warm{kernel, 1};
  const Bytes once(static_cast<double>(set_layout(kernel).bytes));
  if (once > memory.most) return;
  warm.kernel.footprint = once;
  const bool calculates = flops(kernel).value() > kBusyFlopPerByte * once.value();
  if (!calculates && 2 * once <= memory.cache) list.push_back(warm);
  Microbenchmark cold = warm;
  cold.copies = 1 + static_cast<int>(memory.rotation / once);
  cold.kernel.footprint = cold.copies * once;
  if (cold.kernel.footprint <= memory.most) list.push_back(cold);
}

}  // namespace

GpuMemory gpu_memory(Bytes cache, Bytes memory) { return {cache, 0.5 * memory, std::max(Bytes(kColdBytes), 2 * cache)}; }

std::vector<Microbenchmark> gpu_benchmarks(std::span<const Kernel> kernels, const GpuMemory& memory) {
  std::vector<Microbenchmark> list;
  for (const Precision precision : {Precision::fp32, Precision::bf16})
    for (Kernel kernel : kernels) {
      kernel.precision = precision;
      add_in_each_condition(kernel, memory, list);
    }
  return list;
}

}  // namespace forerun
