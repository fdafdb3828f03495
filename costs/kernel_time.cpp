#include "costs/kernel_time.hpp"

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <string>

#include "core/error.hpp"
#include "core/normal.hpp"
#include "workloads/formulas.hpp"

namespace forerun {

namespace {

constexpr double kSmallFootprint = 512 * kKiB;
constexpr double kLargeFootprint = 192 * kMiB;
constexpr int kChunk = 64;

// Of one step about the next, over its time: outside spells P10 and P90 of steps lie 2 to 3 % from their median (docs/validation.md, the
// demo's undisturbed rows); in spells a core is 1.2 to 1.35 times slower.
constexpr double kUsualSpread = 0.02;
constexpr double kSpellSpread = 0.04;

/// What no model's features tell from the kernels that were sampled, or nothing.
std::string_view beyond_samples(const Kernel& kernel) {
  const LayerShape& shape = kernel.shape;
  if (kernel.pass == Pass::update) return "";
  const bool convolves = shape.kind == LayerKind::conv2d;
  const bool slides = convolves || is_pool(shape.kind);
  const bool square = shape.window.square() && shape.stride.square() && shape.padding.height == shape.padding.width;
  if (slides && !square)
    return convolves ? "convolutions whose window, stride or padding is no square" : "pools whose window, stride or padding is no square";
  if (shape.kind == LayerKind::dense && shape.experts > 1) return "mixtures of experts";
  if (shape.kind == LayerKind::embedding && shape.sparse) return "embeddings with sparse gradients";
  if (shape.kind == LayerKind::attention && shape.attention.method != AttentionMethod::flash) return "attention whose scores are written";
  return "";
}

double logarithm(std::int64_t value) { return std::log(static_cast<double>(value)); }

constexpr int kGroupsFeature = 6;  // of conv2d

/// Whether some of a model's samples are grouped: a convolution of one group has the logarithm 0 there.
bool has_grouped(const KernelTimeModel& model) {
  const std::size_t samples = model.weights.size(), first = kGroupsFeature * samples;
  return model.features.size() >= first + samples &&
         std::any_of(model.features.begin() + static_cast<std::ptrdiff_t>(first),
                     model.features.begin() + static_cast<std::ptrdiff_t>(first + samples), [](float groups) { return groups != 0; });
}

/// The model of a kernel; null where there is none, or it does not reach so far.
const KernelTimeModel* model_of(const Calibration& calibration, const Kernel& kernel) {
  if (!beyond_samples(kernel).empty()) return nullptr;
  for (const KernelTimeModel& model : calibration.kernel_models)
    if (is_model_of(model, kernel))
      return kernel.shape.kind != LayerKind::conv2d || kernel.pass == Pass::update || kernel.shape.groups == 1 || has_grouped(model)
                 ? &model
                 : nullptr;
  return nullptr;
}

/// A precision in which nothing was measured, by name; empty where something was.
std::string lacking_precision(const Calibration& calibration, Precision precision) {
  const bool known = std::ranges::any_of(calibration.kernel_models, [&](const auto& model) { return model.precision == precision; });
  return known || precision == Precision::fp32 ? "" : "kernels in " + std::string(to_string(precision));
}

std::string named(const Kernel& kernel) {
  if (kernel.pass == Pass::update) return "updates by " + std::string(to_string(kernel.optimizer));
  const std::string_view grouped = kernel.shape.kind == LayerKind::conv2d && kernel.shape.groups > 1 ? "grouped " : "";
  return std::string(grouped) + std::string(to_string(kernel.shape.kind)) + " " + std::string(to_string(kernel.pass));
}

}  // namespace

KernelFeatures kernel_features(const Kernel& kernel) {
  KernelFeatures features;
  const auto add = [&](double value) { features.values[features.count++] = value; };
  const LayerShape& shape = kernel.shape;
  if (kernel.pass == Pass::update) {
    add(logarithm(parameters(shape)));
  } else {
    switch (shape.kind) {
      case LayerKind::dense:
        add(logarithm(kernel.batch * shape.input.positions()));
        add(logarithm(shape.input.channels));
        add(logarithm(shape.output.channels));
        break;
      case LayerKind::conv2d:
        add(logarithm(kernel.batch * shape.output.height * shape.output.width));
        add(logarithm(shape.input.channels / shape.groups));
        add(logarithm(shape.output.channels / shape.groups));
        add(logarithm(shape.output.height * shape.output.width));
        add(logarithm(shape.window.edge()));
        add(logarithm(shape.stride.edge()));
        add(logarithm(shape.groups));
        break;
      case LayerKind::max_pool:
      case LayerKind::average_pool:
        add(logarithm(kernel.batch * shape.output.elements()));
        add(logarithm(shape.window.edge()));
        break;
      case LayerKind::batch_norm:
      case LayerKind::layer_norm:
      case LayerKind::softmax_cross_entropy:
        add(logarithm(kernel.batch * shape.input.elements()));
        add(logarithm(kernel.batch * shape.input.positions()));
        break;
      case LayerKind::embedding:
        add(logarithm(kernel.batch * shape.output.elements()));
        add(logarithm(shape.output.channels));
        add(logarithm(shape.rows));
        break;
      case LayerKind::attention:
        add(logarithm(kernel.batch * shape.attention.heads));
        add(logarithm(shape.input.positions()));
        add(logarithm(shape.attention.keys));
        add(logarithm(shape.attention.key_channels));
        add(shape.attention.dropout ? 1 : 0);
        break;
      case LayerKind::add:
        add(logarithm(kernel.batch * shape.output.elements()));
        add(logarithm(shape.operands));
        break;
      default:
        add(logarithm(kernel.batch * shape.input.elements()));
        add(logarithm(kernel.batch));
        break;
    }
  }
  add(std::log(std::clamp(kernel.footprint.value(), kSmallFootprint, kLargeFootprint)));
  if (kernel.pass != Pass::update && is_pool(shape.kind)) add(logarithm(shape.output.channels));
  return features;
}

bool same_kernel(const Kernel& kernel, LayerKind kind, Pass pass) {
  return kernel.pass == pass && (pass == Pass::update || kernel.shape.kind == kind);
}

bool is_model_of(const KernelTimeModel& model, const Kernel& kernel) {
  return kernel.precision == model.precision && same_kernel(kernel, model.kind, model.pass) &&
         (kernel.pass != Pass::update || kernel.optimizer == model.optimizer);
}

Seconds base_time(const KernelTimeModel& model, const Kernel& kernel) {
  return model.overhead + flops(kernel) / model.rate + bytes_moved(kernel) / model.bandwidth;
}

Seconds kernel_time(const KernelTimeModel& model, const Kernel& kernel) {
  const KernelFeatures features = kernel_features(kernel);
  const auto samples = static_cast<Eigen::Index>(model.weights.size());
  const auto told = static_cast<Eigen::Index>(model.inverse_scales.size());  // earlier calibrations tell fewer apart
  const Eigen::Map<const Eigen::ArrayXXf> sampled(model.features.data(), samples, told);
  const Eigen::Map<const Eigen::ArrayXf> weights(model.weights.data(), samples);
  double residual = 0;
  // In chunks that stay in the nearest cache, feature by feature.
  for (Eigen::Index begin = 0; begin < samples; begin += kChunk) {
    const Eigen::Index size = std::min<Eigen::Index>(kChunk, samples - begin);
    Eigen::Array<float, kChunk, 1> chunk;
    auto squared = chunk.head(size);
    squared.setZero();
    for (Eigen::Index f = 0; f < told; ++f) {
      const auto here = static_cast<float>(features.values[f] * model.inverse_scales[f]);
      squared += (sampled.col(f).segment(begin, size) - here).square();
    }
    residual += static_cast<double>((weights.segment(begin, size) / (1.0F + 0.5F * squared)).sum());
  }
  return base_time(model, kernel) * std::exp(residual);
}

Seconds kernel_time_in_step(const KernelTimeModel& model, const Kernel& kernel, Seconds step, Seconds cache_life) {
  Kernel cold = kernel;
  cold.footprint = std::max(kernel.footprint, Bytes(kLargeFootprint));
  const Seconds kept = kernel_time(model, kernel), lost = std::max(kept, kernel_time(model, cold));
  return lost + std::exp(-(step / cache_life)) * (kept - lost);
}

std::string lacking_samples(const Calibration& calibration, const Kernel& kernel) {
  if (std::string precision = lacking_precision(calibration, kernel.precision); !precision.empty()) return precision;
  if (const std::string_view beyond = beyond_samples(kernel); !beyond.empty()) return std::string(beyond);
  return model_of(calibration, kernel) == nullptr ? named(kernel) : "";
}

const KernelTimeModel& find_model(const Calibration& calibration, const Kernel& kernel) {
  if (const KernelTimeModel* model = model_of(calibration, kernel)) return *model;
  throw MissingCapability("calibration " + calibration.name + " has no samples of " + lacking_samples(calibration, kernel));
}

double spell_factor(const SlowSpells& spells, int ranks) { return spell_quantile(spells, ranks, 0.5); }

double spell_quantile(const SlowSpells& spells, int ranks, double share) {
  const double slow = 1 - std::pow(1 - spells.share, ranks);
  if (slow == 0 || spells.factor == 1) return 1;
  const auto share_below = [](double time, double middle, double spread) { return normal_distribution((time / middle - 1) / spread); };
  double low = 1 - 4 * kUsualSpread;
  double high = spells.factor * (1 + 4 * kSpellSpread);
  while (high - low > 1e-6) {
    const double time = (low + high) / 2;
    const double below = (1 - slow) * share_below(time, 1, kUsualSpread) + slow * share_below(time, spells.factor, kSpellSpread);
    (below < share ? low : high) = time;
  }
  return (low + high) / 2;
}

double busy_factor(const Calibration& calibration, const Kernel& kernel, int busy) {
  if (busy < 2) return 1;
  const Bytes working_set = bytes_moved(kernel);
  int nearest = 1;
  const BusyFactor* below = nullptr;
  const BusyFactor* above = nullptr;
  for (const BusyFactor& measured : calibration.busy) {
    if (!same_kernel(kernel, measured.kind, measured.pass) || measured.busy > busy || measured.busy < std::max(nearest, 2)) continue;
    if (measured.busy > nearest) below = above = nullptr;
    nearest = measured.busy;
    if (measured.working_set <= working_set && (below == nullptr || below->working_set < measured.working_set)) below = &measured;
    if (working_set <= measured.working_set && (above == nullptr || measured.working_set < above->working_set)) above = &measured;
  }
  const auto at_least_one = [](const BusyFactor* measured) { return std::max(measured->factor, 1.0); };
  if (below == nullptr && above == nullptr) return 1;
  if (below == nullptr || above == nullptr || below->working_set == above->working_set)
    return at_least_one(below == nullptr ? above : below);
  const double along = std::log(working_set / below->working_set) / std::log(above->working_set / below->working_set);
  return at_least_one(below) * std::pow(at_least_one(above) / at_least_one(below), along);
}

}  // namespace forerun
