#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "core/calibration.hpp"

/// Training operators, whatever device they run on (cpu/, cuda/). Every array is row-major:
///
///   activations, gradients   batch x height x width x channels (NHWC); tokens of a sequence are positions of one row
///   weights of dense         outputs x inputs, then one bias an output
///   weights of embedding     rows of the table x channels
///   weights of norms         one scale a channel, then one shift a channel
///   weights of conv2d        outputs x window row x window column x input channels of the output's group, then one bias an output
///
/// NHWC makes a row of a patch one contiguous run and a 1x1 convolution a dense layer per pixel; on it oneDNN mostly is within a few
/// percent of its own blocked layout, and well ahead of NCHW (bench/results/layouts.md). With outputs first, the weight gradient of
/// few outputs is a product along long rows: 1.7 times as fast for 784-10.
/// Weights and biases lie in one array, so that one gradient bucket and one update serve both. Layers without biases end before them.
///
/// In bf16, which CUDA has, activations and their gradients have two bytes an element and their pointers name the first; weights, their
/// gradients, what optimizers keep, statistics and losses stay float32, and sums are float32.
namespace forerun {

/// One layer's arrays for one batch. A pass touches only those that its formula names; the others may be null.
struct LayerBuffers {
  const float* input = nullptr;            ///< x; of the loss: the logits; of attention: the queries
  float* output = nullptr;                 ///< y; of the loss: the probabilities
  const float* output_gradient = nullptr;  ///< dL/dy
  float* input_gradient = nullptr;         ///< dL/dx
  float* weights = nullptr;                ///< weights, then biases
  float* weight_gradient = nullptr;        ///< overwritten, not added to; like `weights`
  float* velocity = nullptr;               ///< like `weights`; of adam and adamw the average of gradients
  float* second_moment = nullptr;          ///< like `weights`: of adam and adamw the average of squared gradients
  void* rounded_weights = nullptr;         ///< like `weights`, in bf16 alone: what products read; written by update
  std::int32_t* indices = nullptr;         ///< where the maximum of each pooling window stood, one entry an output; written by
                                           ///< forward for the backward pass of the same library, and opaque to others
  const std::int32_t* labels = nullptr;    ///< the class of each position of each sample
  const std::int32_t* picked = nullptr;    ///< of embedding, the row of each position: a token, or the position's own number
  float* loss = nullptr;                   ///< mean over the positions of all samples

  std::vector<const float*> further_inputs{};     ///< those after the first: of add; keys and values of attention
  std::vector<float*> further_input_gradients{};  ///< dL/dx of each of them
  std::uint8_t* mask = nullptr;                   ///< of dropout, one entry an output: 1 where it stayed; written by forward
  float* statistics = nullptr;  ///< what forward leaves of norms for the backward passes, statistics_elements(): all means, then the
                                ///< reciprocals of all deviations, of each channel (batch_norm) or each position (layer_norm);
                                ///< of attention batch x heads x positions logarithms of the sums of exponentials
  float* running = nullptr;     ///< of batch_norm, running averages of each channel's mean, then of its variance; null: not kept

  std::uint64_t key = 0;          ///< of the layer's draws, stream_key(seed, layer): one on all ranks
  std::int64_t step = 1;          ///< of the training, counted from 1
  std::int64_t first_sample = 0;  ///< number of the batch's first sample among all that the step trains on
};

/// What an optimizer leaves open; the kernel says which one it is. With g = gradient_scale times the gradient and t the step from 1:
///   sgd            w -= learning_rate g
///   sgd-momentum   v = momentum v + g;  w -= learning_rate v
///   adam           v = momentum v + (1 - momentum) g;  s = second_momentum s + (1 - second_momentum) g^2
///                  w -= learning_rate (v / (1 - momentum^t)) / (sqrt(s / (1 - second_momentum^t)) + epsilon)     [Kingma & Ba 2015]
///   adamw          w -= learning_rate weight_decay w first, then as adam                  [Loshchilov & Hutter 2019, algorithm 2]
struct UpdateRule {
  float learning_rate = 0.01F;
  float momentum = 0.9F;
  float second_momentum = 0.999F;
  float epsilon = 1e-8F;
  float weight_decay = 0.01F;
  float gradient_scale = 1;  ///< 1 / ranks where gradients are sums over them
};

inline constexpr float kNormEpsilon = 1e-5F;  ///< added to variances, as PyTorch and GPT-2 do
inline constexpr float kRunningShare = 0.1F;  ///< of a batch in running averages, as PyTorch's `momentum`

/// Which keys a query of an attention sees: all, or none after its own position (the last query sees the last key).
enum class AttentionMask { none, causal };

/// What a layer's shape leaves open.
struct OperatorOptions {
  UpdateRule rule;
  float dropped_share = 0.1F;  ///< of a dropout's elements or an attention's softmax, in [0, 1)
  AttentionMask mask = AttentionMask::causal;
  bool adds_gradient = false;  ///< embedding: to what `weight_gradient` holds, of a dense layer with the same weights that ran before
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
  ///   average_pool     y = mean over the window, padding counted as zeros   dx = sum dy / window of the windows that held it
  ///   relu             y = max(x, 0)                                       dx = dy where y > 0 (reads the output, not the input)
  ///   gelu             y = x P(x), P(x) = (1 + erf(x / sqrt 2)) / 2        dx = dy (P(x) + x exp(-x^2 / 2) / sqrt(2 pi))
  ///                    as formulas.hpp counts it; GPT-2's own code has Hendrycks and Gimpel's approximation by tanh, 5e-4 off at most
  ///   dropout          y = x / (1 - share) where it stays, else 0          dx = dy / (1 - share) where it stayed
  ///                    by kernels/dropout_draws.hpp: which elements of a sample is a matter of key, step and sample alone
  ///   add              y = sum of all inputs                               dx = dy of each input that has an array for it, which may be
  ///                    that of dy itself
  ///   embedding        y = row of the table that the position picks        dW = sum dy of the positions that picked the row
  ///   attention        y = D softmax(q k^T / sqrt(d)) v for each head, d its key channels, D what its dropout leaves [Vaswani et al. 2017]
  ///                    dq, dk, dv; reads y. As many heads after one another share keys and values as there are more of queries.
  ///                    Its scores are never in memory, but for those of a block of queries
  ///   batch_norm, layer_norm   y = g z + s, z = (x - mean) / sqrt(variance + kNormEpsilon)      dg = sum dy z, ds = sum dy
  ///                    dx = (g dy - mean(g dy) - z mean(g dy z)) / sqrt(variance + kNormEpsilon)
  ///                    each mean over all positions of a channel (batch_norm), or over the channels of a position (layer_norm)
  ///                    [Ioffe & Szegedy 2015; Ba, Kiros & Hinton 2016]; running averages take the variance with n - 1
  ///   softmax_cross_entropy   y = softmax(x), loss = -1/n sum log y_label     dx = (y - onehot(label)) / n
  ///   update           of all layers with weights, biases alike: UpdateRule
  /// Only this rank's samples count: data-parallel ranks of equal batch average their gradients.
  virtual void run(const LayerBuffers& buffers) = 0;
};

}  // namespace forerun
