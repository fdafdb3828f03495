#pragma once

#include <array>
#include <string>

#include "core/calibration.hpp"

namespace forerun {

constexpr bool is_pool(LayerKind kind) { return kind == LayerKind::max_pool || kind == LayerKind::average_pool; }

/// What the residual of a kernel's time model depends on: logarithms (base e) of its shape.
///   dense                   batch x positions, inputs, outputs
///   conv2d                  batch x output pixels, input channels and output channels of a group, output pixels, window, stride, groups
///   max-pool, average-pool  output elements, window, and after the footprint channels: how far the innermost loop goes
///   norms, loss             elements, batch x positions
///   embedding               elements of the output, channels, rows of the table
///   attention               batch x heads, queries, keys, channels of a head, and 1 where its softmax has dropout
///   add                     elements, inputs
///   relu and others         elements, batch
///   update                  parameters
/// and then, for all, the footprint of the step between 512 KiB (all in a core's own cache) and 192 MiB (none of it).
struct KernelFeatures {
  std::array<double, 8> values{};
  int count = 0;
};
KernelFeatures kernel_features(const Kernel& kernel);

/// The update is one kernel whatever layer it serves; other passes are one a layer kind.
bool same_kernel(const Kernel& kernel, LayerKind kind, Pass pass);

/// Whether the model is of such kernels: the same_kernel() in the same precision, and of updates by the same optimizer.
bool is_model_of(const KernelTimeModel& model, const Kernel& kernel);

/// Correlation of two kernels at squared distance d2 of their scaled features: rational quadratic, 1 / (1 + d2 / 2). Positive
/// definite in any dimension, and without exponentials, because pricing a plan evaluates it thousands of times.
///                                                                       [Rasmussen & Williams 2006, eq. 4.19 with alpha = 1]
constexpr double correlation(double squared_distance) { return 1.0 / (1.0 + 0.5 * squared_distance); }

/// The physical base of a kernel's time: overhead + flop / rate + bytes / bandwidth.
Seconds base_time(const KernelTimeModel& model, const Kernel& kernel);

/// Time of one call, alone on its machine: base_time times the exponential of the residual, by as many features as the model has scales.
Seconds kernel_time(const KernelTimeModel& model, const Kernel& kernel);

/// The same in a step that takes `step` alone, on a machine whose caches lose what they hold after a mean life: a share exp(-step / life)
/// is there yet where the step comes back to it, and the rest comes from memory.
Seconds kernel_time_in_step(const KernelTimeModel& model, const Kernel& kernel, Seconds step, Seconds cache_life);

/// What of the kernel the calibration's samples do not tell: `attention forward`, `kernels in bf16`. Empty where they
/// do.
std::string lacking_samples(const Calibration& calibration, const Kernel& kernel);

/// The calibration's model for a kernel. Throws MissingCapability where it has none.
const KernelTimeModel& find_model(const Calibration& calibration, const Kernel& kernel);

/// The median step over one without spells, where the slowest of `ranks` cores that fall into slow spells independently sets the pace:
///   (1 - q) N(x; 1, 0.02) + q N(x; factor, 0.04 factor) = 1/2,   q = 1 - (1 - share)^ranks,   N(x; m, s) the normal distribution function
/// The mean over a long run is 1 + (factor - 1) q.
double spell_factor(const SlowSpells& spells, int ranks);

/// Another quantile of that distribution in the median's place, share in (0, 1); 1 without spells. Spells come in bursts, so that a short
/// run sees all of one or none: its time is distributed as that of a step.
double spell_quantile(const SlowSpells& spells, int ranks, double share);

/// How much slower the kernel runs while `busy` ranks of its node compute; 1 alone. From the largest number of ranks that was measured
/// and is not above `busy`, its logarithm linear over that of bytes_moved() between the measured working sets and constant beyond
/// them. A neighbour never helps: a measured factor below 1 is noise and counts as 1.
double busy_factor(const Calibration& calibration, const Kernel& kernel, int busy);

}  // namespace forerun
