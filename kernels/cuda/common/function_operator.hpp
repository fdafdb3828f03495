#pragma once

#include <memory>
#include <utility>

#include "kernels/operator.hpp"

namespace forerun::cuda {

template <class Function>
class FunctionOperator final : public Operator {
 public:
  explicit FunctionOperator(Function function) : function_(std::move(function)) {}
  void run(const LayerBuffers& buffers) override { function_(buffers); }

 private:
  Function function_;
};

/// An operator that is one call of `function`, which holds all that was prepared.
template <class Function>
std::unique_ptr<Operator> operator_of(Function function) {
  return std::make_unique<FunctionOperator<Function>>(std::move(function));
}

}  // namespace forerun::cuda
