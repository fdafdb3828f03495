#include "kernels/cuda/launches.hpp"
#include "kernels/cuda/layers.hpp"
#include "workloads/formulas.hpp"

namespace forerun::cuda {

namespace {

class Update final : public Operator {
 public:
  Update(const Kernel& kernel, UpdateRule rule) : count_(parameters(kernel.shape)), rule_(rule) {}
  void run(const LayerBuffers& b, cudaStream_t stream) override {
    update(b.weights, b.velocity, b.weight_gradient, count_, rule_.learning_rate, rule_.momentum, rule_.gradient_scale, stream);
  }

 private:
  std::int64_t count_;
  UpdateRule rule_;
};

}  // namespace

std::unique_ptr<Operator> update(const Kernel& kernel, UpdateRule rule) { return std::make_unique<Update>(kernel, rule); }

}  // namespace forerun::cuda
