#include "costs/kernel_fit.hpp"

#include <Eigen/Cholesky>
#include <Eigen/QR>
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "costs/kernel_time.hpp"
#include "workloads/formulas.hpp"

namespace forerun {

namespace {

constexpr std::array<double, 7> kLengthScales{0.5, 1, 2, 4, 8, 16, 32};
constexpr std::array<double, 5> kNoiseRatios{1e-4, 1e-3, 1e-2, 1e-1, 1};
constexpr int kSweeps = 2;

// Non-negative least squares over three columns: the best of the seven choices of columns whose solution has no negative entry.
Eigen::Vector3d non_negative(const Eigen::MatrixX3d& columns, const Eigen::VectorXd& target) {
  Eigen::Vector3d best = Eigen::Vector3d::Zero();
  double best_error = std::numeric_limits<double>::infinity();
  for (int choice = 1; choice < 8; ++choice) {
    std::vector<int> chosen;
    for (int c = 0; c < 3; ++c)
      if ((choice >> c & 1) != 0) chosen.push_back(c);
    const Eigen::MatrixXd part = columns(Eigen::all, chosen);
    const Eigen::VectorXd solution = part.colPivHouseholderQr().solve(target);
    const double error = (part * solution - target).squaredNorm();
    if (solution.minCoeff() < 0 || !std::isfinite(error) || error >= best_error) continue;
    best_error = error;
    best.setZero();
    for (std::size_t c = 0; c < chosen.size(); ++c) best[chosen[c]] = solution[static_cast<Eigen::Index>(c)];
  }
  return best;
}

void fit_base(KernelTimeModel& model, std::span<const KernelSample> samples) {
  const auto count = static_cast<Eigen::Index>(samples.size());
  Eigen::MatrixX3d columns(count, 3);
  for (Eigen::Index i = 0; i < count; ++i) {
    const KernelSample& sample = samples[i];
    columns.row(i) << 1.0, flops(sample.kernel).value(), bytes_moved(sample.kernel).value();
    columns.row(i) /= sample.median.value();
  }
  // Columns of like size, so that the rank decision is not one about units.
  const Eigen::RowVector3d size = columns.colwise().maxCoeff().cwiseMax(std::numeric_limits<double>::min());
  const Eigen::MatrixX3d scaled = columns.array().rowwise() / size.array();
  const Eigen::Vector3d solution = non_negative(scaled, Eigen::VectorXd::Ones(count));
  model.overhead = Seconds(solution[0] / size[0]);
  model.rate = FlopsPerSecond(size[1] / solution[1]);
  model.bandwidth = BytesPerSecond(size[2] / solution[2]);
}

/// The residual's Gaussian process on fixed samples, for a choice of length scales and noise.
class ResidualFit {
 public:
  ResidualFit(Eigen::ArrayXXd features, Eigen::VectorXd residuals) : features_(std::move(features)), residuals_(std::move(residuals)) {}

  /// Log marginal likelihood up to a constant, the signal's variance set to its best value.
  double likelihood(const Eigen::ArrayXd& scales, double noise) {
    const Eigen::LLT<Eigen::MatrixXd> cholesky(covariance(scales, noise));
    const Eigen::VectorXd weights = cholesky.solve(residuals_);
    const double n = static_cast<double>(residuals_.size());
    const double variance = std::max(residuals_.dot(weights) / n, 1e-12);
    const double log_determinant = 2 * cholesky.matrixLLT().diagonal().array().log().sum();
    return -0.5 * (n * std::log(variance) + log_determinant);
  }

  void store(KernelTimeModel& model, const Eigen::ArrayXd& scales, double noise) const {
    const Eigen::LLT<Eigen::MatrixXd> cholesky(covariance(scales, noise));
    const Eigen::MatrixXd inverse = cholesky.solve(Eigen::MatrixXd::Identity(residuals_.size(), residuals_.size()));
    const Eigen::VectorXd weights = inverse * residuals_;
    const Eigen::ArrayXd inverse_scales = scales.inverse();
    const Eigen::ArrayXXf scaled = (features_.rowwise() * inverse_scales.transpose()).cast<float>();
    const Eigen::ArrayXf single_weights = weights.array().cast<float>();
    model.inverse_scales.assign(inverse_scales.begin(), inverse_scales.end());
    model.features.assign(scaled.data(), scaled.data() + scaled.size());
    model.weights.assign(single_weights.begin(), single_weights.end());
    // log(measured / prediction without sample i) = weight_i / inverse_ii  [Rasmussen & Williams 2006, eq. 5.12].
    Eigen::ArrayXd errors = ((-weights.array() / inverse.diagonal().array()).exp() - 1).abs();
    std::nth_element(errors.begin(), errors.begin() + errors.size() / 2, errors.end());
    model.leave_one_out_error = errors[errors.size() / 2];
  }

  [[nodiscard]] Eigen::Index feature_count() const { return features_.cols(); }

 private:
  [[nodiscard]] Eigen::MatrixXd covariance(const Eigen::ArrayXd& scales, double noise) const {
    const Eigen::Index n = features_.rows();
    const Eigen::ArrayXXd scaled = features_.rowwise() * scales.inverse().transpose();
    Eigen::MatrixXd matrix(n, n);
    for (Eigen::Index j = 0; j < n; ++j)
      for (Eigen::Index i = j; i < n; ++i) {
        matrix(i, j) = correlation((scaled.row(i) - scaled.row(j)).square().sum());
        matrix(j, i) = matrix(i, j);
      }
    matrix.diagonal().array() += noise;
    return matrix;
  }

  Eigen::ArrayXXd features_;
  Eigen::VectorXd residuals_;
};

void fit_residual(KernelTimeModel& model, ResidualFit fit) {
  Eigen::ArrayXd scales = Eigen::ArrayXd::Constant(fit.feature_count(), 4.0);
  double noise = 1e-2;
  double best = fit.likelihood(scales, noise);
  const auto improve = [&](double& value, double candidate) {
    const double old = std::exchange(value, candidate);
    const double likelihood = fit.likelihood(scales, noise);
    if (likelihood > best)
      best = likelihood;
    else
      value = old;
  };
  for (int sweep = 0; sweep < kSweeps; ++sweep) {
    for (Eigen::Index f = 0; f < scales.size(); ++f)
      for (const double candidate : kLengthScales) improve(scales[f], candidate);
    for (const double candidate : kNoiseRatios) improve(noise, candidate);
  }
  fit.store(model, scales, noise);
}

}  // namespace

KernelTimeModel fit_kernel(std::span<const KernelSample> samples) {
  KernelTimeModel model;
  model.kind = samples.front().kernel.shape.kind;
  model.pass = samples.front().kernel.pass;
  model.optimizer = samples.front().kernel.optimizer;
  model.precision = samples.front().kernel.precision;
  fit_base(model, samples);
  const auto count = static_cast<Eigen::Index>(samples.size());
  Eigen::ArrayXXd features(count, kernel_features(samples.front().kernel).count);
  Eigen::VectorXd residuals(count);
  for (Eigen::Index i = 0; i < count; ++i) {
    const Kernel& kernel = samples[i].kernel;
    const KernelFeatures values = kernel_features(kernel);
    for (int f = 0; f < values.count; ++f) features(i, f) = values.values[f];
    residuals[i] = std::log(samples[i].median / base_time(model, kernel));
  }
  fit_residual(model, ResidualFit(std::move(features), std::move(residuals)));
  return model;
}

void fit(Calibration& calibration) {
  calibration.kernel_models.clear();
  std::vector<KernelSample> left = calibration.kernels;
  while (!left.empty()) {
    const Kernel& kernel = left.front().kernel;
    const KernelTimeModel first{
        .kind = kernel.shape.kind, .pass = kernel.pass, .optimizer = kernel.optimizer, .precision = kernel.precision};
    const auto others =
        std::stable_partition(left.begin(), left.end(), [&](const KernelSample& sample) { return is_model_of(first, sample.kernel); });
    calibration.kernel_models.push_back(fit_kernel(std::span(left.begin(), others)));
    left.erase(left.begin(), others);
  }
  calibration.all_reduce_models.clear();
  std::vector<CollectiveSample> samples = calibration.collectives;
  std::stable_sort(samples.begin(), samples.end(),
                   [](const auto& a, const auto& b) { return a.ranks != b.ranks ? a.ranks < b.ranks : a.bytes < b.bytes; });
  for (const CollectiveSample& sample : samples) {
    if (sample.operation != "all-reduce") continue;
    auto& models = calibration.all_reduce_models;
    if (models.empty() || models.back().ranks != sample.ranks) models.push_back({sample.ranks, {}, {}});
    models.back().log_bytes.push_back(std::log(sample.bytes.value()));
    models.back().log_seconds.push_back(std::log(sample.median.value()));
  }
}

}  // namespace forerun
