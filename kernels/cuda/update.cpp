#include "kernels/cuda/launches.hpp"
#include "kernels/cuda/layers.hpp"
#include "workloads/formulas.hpp"

namespace forerun::cuda {

namespace {

class Update final : public Operator {
 public:
  Update(const Kernel& kernel, std::shared_ptr<Context> context, const UpdateRule& rule)
      : count_(parameters(kernel.shape)), context_(std::move(context)), rule_(rule) {}
  void run(const LayerBuffers& b) override {
    update(b.weights, b.velocity, b.weight_gradient, count_, rule_.learning_rate, rule_.momentum, rule_.gradient_scale, context_->stream());
  }

 private:
  std::int64_t count_;
  std::shared_ptr<Context> context_;
  UpdateRule rule_;
};

}  // namespace

std::unique_ptr<Operator> update(const Kernel& kernel, std::shared_ptr<Context> context, const UpdateRule& rule) {
  return std::make_unique<Update>(kernel, std::move(context), rule);
}

}  // namespace forerun::cuda
