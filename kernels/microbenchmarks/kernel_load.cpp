#include "kernels/microbenchmarks/kernel_load.hpp"

#include <algorithm>

#include "kernels/cpu/best_library.hpp"
#include "workloads/formulas.hpp"

namespace forerun {

namespace {

constexpr Bytes kSmallWeights(2 * kMiB);
constexpr Bytes kEnoughScratch(
    64 * kMiB);  // with the arrays, beyond a core's share of any last-level cache; more changes a kernel by less than 2 %

/// What the trainer does for a sum on the way back: it hands the gradient on as it is, and adds it to what the other reader of an input
/// left (kernels/trainer/activations), as in a residual connection.
class SumOfGradients final : public Operator {
 public:
  explicit SumOfGradients(const Kernel& kernel) : elements_(kernel.batch * kernel.shape.output.elements()) {}
  void run(const LayerBuffers& b) override { cpu::add_gradient(b.output_gradient, elements_, b.input_gradient); }

 private:
  std::int64_t elements_;
};

std::unique_ptr<Operator> operator_of(const Kernel& kernel) {
  if (kernel.shape.kind == LayerKind::add && kernel.pass == Pass::backward_data) return std::make_unique<SumOfGradients>(kernel);
  return cpu::make_operator(kernel, cpu::library_of(kernel, Kernels::fastest));
}

}  // namespace

std::size_t KernelLoad::operators_of(const Microbenchmark& benchmark) {
  const Bytes weights = parameter_bytes(benchmark.kernel.shape);
  if (benchmark.kernel.pass == Pass::update || weights < kSmallWeights) return 1;
  const double enough = 1 + std::min(benchmark.kernel.footprint, kEnoughScratch) / (kernel_arrays(benchmark.kernel).total() + weights);
  return std::min(static_cast<std::size_t>(benchmark.copies), static_cast<std::size_t>(enough));
}

KernelLoad::KernelLoad(const Microbenchmark& benchmark, Arena& arena) : buffers_(benchmark.kernel, benchmark.copies, arena) {
  for (std::size_t i = 0; i < operators_of(benchmark); ++i) operators_.push_back(operator_of(benchmark.kernel));
}

void KernelLoad::call() {
  operators_[operator_]->run(buffers_.copy(copy_));
  if (++operator_ == operators_.size()) operator_ = 0;
  if (++copy_ == buffers_.copies()) copy_ = 0;
}

void KernelLoad::prepare() {
  if (buffers_.copies() > 1) buffers_.refresh(copy_);
}

void KernelLoad::warm_up() {
  for (std::size_t i = 0; i < operators_.size(); ++i) call();
}

}  // namespace forerun
