#include "kernels/cuda/layers.hpp"
#include "kernels/cuda/pools.hpp"

namespace forerun::cuda {

namespace {

class AveragePool : public Operator {
 public:
  AveragePool(const Kernel& kernel, std::shared_ptr<Context> context)
      : shape_(pool_shape(kernel)), precision_(kernel.precision), context_(std::move(context)) {}

 protected:
  PoolShape shape_;
  Precision precision_;
  std::shared_ptr<Context> context_;
};

class Forward final : public AveragePool {
 public:
  using AveragePool::AveragePool;
  void run(const LayerBuffers& b) override { average_pool_forward(precision_, shape_, b.input, b.output, context_->stream()); }
};

class BackwardData final : public AveragePool {
 public:
  using AveragePool::AveragePool;
  void run(const LayerBuffers& b) override {
    average_pool_backward(precision_, shape_, b.output_gradient, b.input_gradient, context_->stream());
  }
};

}  // namespace

std::unique_ptr<Operator> average_pool(const Kernel& kernel, std::shared_ptr<Context> context) {
  if (kernel.pass == Pass::forward) return std::make_unique<Forward>(kernel, std::move(context));
  return std::make_unique<BackwardData>(kernel, std::move(context));
}

}  // namespace forerun::cuda
