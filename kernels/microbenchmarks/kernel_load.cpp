#include "kernels/microbenchmarks/kernel_load.hpp"

#include <algorithm>

#include "kernels/trainer/network.hpp"
#include "workloads/formulas.hpp"

namespace forerun {

namespace {

constexpr Bytes kSmallWeights(2 * kMiB);
constexpr double kMostOperators = 12;  // beyond, what is left of their scratch in a shared cache changes a kernel by less than 2 %

}  // namespace

std::size_t KernelLoad::operators_of(const Microbenchmark& benchmark) {
  const Bytes weights = parameter_bytes(benchmark.kernel.shape);
  if (benchmark.kernel.pass == Pass::update || weights < kSmallWeights) return 1;
  const double enough = 1 + kColdBytes / (kernel_arrays(benchmark.kernel).total() + weights).value();
  return std::min(static_cast<std::size_t>(benchmark.copies), static_cast<std::size_t>(std::min(enough, kMostOperators)));
}

KernelLoad::KernelLoad(const Microbenchmark& benchmark, Arena& arena) : buffers_(benchmark.kernel, benchmark.copies, arena) {
  const cpu::Library library = library_of(benchmark.kernel, Kernels::fastest);
  for (std::size_t i = 0; i < operators_of(benchmark); ++i) operators_.push_back(cpu::make_operator(benchmark.kernel, library));
}

void KernelLoad::call() {
  operators_[operator_]->run(buffers_.copy(copy_));
  if (++operator_ == operators_.size()) operator_ = 0;
  if (++copy_ == buffers_.copies()) copy_ = 0;
}

void KernelLoad::warm_up() {
  for (std::size_t i = 0; i < operators_.size(); ++i) call();
}

}  // namespace forerun
