#pragma once

#include "kernels/cpu/operator.hpp"

namespace forerun {

/// Which libraries operators come from: for each kernel the faster one, or Eigen for all.
enum class Kernels { fastest, eigen_only };

namespace cpu {

/// The library that was faster for such kernels on one core (bench/kernels: `bench_kernels`).
Library best_library(const Kernel& kernel);

/// The library that runs a kernel. Both passes of pooling share one: the indices between them are its own.
Library library_of(const Kernel& kernel, Kernels kernels);

}  // namespace cpu

}  // namespace forerun
