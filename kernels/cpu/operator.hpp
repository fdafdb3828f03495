#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "core/calibration.hpp"

/// Training operators in float32 for one core. Every array is row-major:
///
///   activations, gradients   batch x height x width x channels (NHWC); tokens of a sequence are positions of one row
///   weights of dense         outputs x inputs, then one bias an output
///   weights of conv2d        outputs x window row x window column x input channels of the output's group, then one bias an output
///
/// NHWC makes a row of a patch one contiguous run and a 1x1 convolution a dense layer per pixel; on it oneDNN mostly is within a few
/// percent of its own blocked layout, and well ahead of NCHW (bench/results/layouts.md). With outputs first, the weight gradient of
/// few outputs is a product along long rows: 1.7 times as fast for 784-10.
/// Weights and biases lie in one array, so that one gradient bucket and one update serve both. Layers without biases end before them.
namespace forerun::cpu {

enum class Library { eigen, onednn };
std::string_view to_string(Library library);

/// One layer's arrays for one batch. A pass touches only those that its formula names; the others may be null.
struct LayerBuffers {
  const float* input = nullptr;            ///< x; of the loss: the logits
  float* output = nullptr;                 ///< y; of the loss: the probabilities
  const float* output_gradient = nullptr;  ///< dL/dy
  float* input_gradient = nullptr;         ///< dL/dx
  float* weights = nullptr;                ///< weights, then biases
  float* weight_gradient = nullptr;        ///< overwritten, not added to; like `weights`
  float* velocity = nullptr;               ///< like `weights`
  std::int32_t* indices = nullptr;         ///< where the maximum of each pooling window stood, one entry an output; written by
                                           ///< forward for the backward pass of the same library, and opaque to others
  const std::int32_t* labels = nullptr;    ///< the class of each position of each sample
  float* loss = nullptr;                   ///< mean over the positions of all samples
};

/// Stochastic gradient descent with momentum: v = momentum v + g; w -= learning_rate v.
struct UpdateRule {
  float learning_rate = 0.01F;
  float momentum = 0.9F;
};

/// One pass of one layer, prepared once for a batch size and run many times on the calling thread.
/// It owns its scratch memory, so one operator serves one thread at a time.
class Operator {
 public:
  Operator() = default;
  Operator(const Operator&) = delete;
  Operator& operator=(const Operator&) = delete;
  virtual ~Operator() = default;

  /// Passes and their formulas, with n the batch times the positions of a sample:
  ///   dense            y = x W + b          dW = x^T dy, db = sum_n dy      dx = dy W^T
  ///   conv2d           the same over the patches of x, each group's outputs over its own channels
  ///   max_pool         y = max over the window (padding never wins)        dx = dy where the maximum stood
  ///   relu             y = max(x, 0)                                       dx = dy where y > 0 (reads the output, not the input)
  ///   softmax_cross_entropy   y = softmax(x), loss = -1/n sum log y_label     dx = (y - onehot(label)) / n
  ///   update           of dense and conv2d, weights and biases alike: UpdateRule
  /// Only this rank's samples count: data-parallel ranks of equal batch average their gradients.
  virtual void run(const LayerBuffers& buffers) = 0;
};

/// Whether a library has the kernel. Eigen has every kernel that is_written() says there is; oneDNN has neither an update nor the loss.
bool offers(Library library, const Kernel& kernel);

/// Throws MissingCapability where the library does not offer the kernel. Preparing one compiles code (oneDNN) and takes memory.
std::unique_ptr<Operator> make_operator(const Kernel& kernel, Library library, UpdateRule rule = {});

/// The library that was faster for such kernels on one core (bench/kernels: `bench_kernels`).
Library best_library(const Kernel& kernel);

}  // namespace forerun::cpu
