#include "cherrypick/surrogate.hpp"

#include <algorithm>
#include <cmath>

#include "cherrypick/random.hpp"

namespace forerun::cherrypick {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

/// Below which values are held to differ by noise only: a thousandth, in logarithms.
constexpr double kLeastScale = 1e-3;

}  // namespace

Surrogate::Surrogate(MatrixXd features, Predictions predictions, SurrogateSettings settings, std::uint64_t seed)
    : features_(std::move(features)), predictions_(std::move(predictions)), settings_(settings), seed_(seed) {
  members_.emplace_back();
  if (!predictions_.empty()) members_.push_back({.corrects_predictions = true, .weight = 0.5});
  members_.front().weight = 1 / static_cast<double>(members_.size());
}

/// What a member adds to its process: the prediction. Where there is none, the process stands alone around its mean.
double Surrogate::offset(const Member& member, int candidate) const {
  return member.corrects_predictions ? predictions_[static_cast<std::size_t>(candidate)].value_or(0) : 0;
}

void Surrogate::fit(Member& member, const std::vector<Observation>& runs) {
  const auto n = static_cast<Index>(runs.size());
  TrainingSet set{MatrixXd(n, features_.cols()), VectorXd(n)};
  for (Index i = 0; i < n; ++i) {
    const Observation& run = runs[static_cast<std::size_t>(i)];
    set.features.row(i) = features_.row(run.candidate);
    set.values[i] = run.value - offset(member, run.candidate);
  }
  double sum = 0;
  for (Index i = 0; i < n; ++i) sum += set.values[i];
  member.centre = sum / static_cast<double>(n);
  double squares = 0;
  for (Index i = 0; i < n; ++i) squares += (set.values[i] - member.centre) * (set.values[i] - member.centre);
  member.scale = std::max(std::sqrt(squares / static_cast<double>(n)), kLeastScale);
  for (Index i = 0; i < n; ++i) set.values[i] = (set.values[i] - member.centre) / member.scale;

  std::vector<Hyperparameters> starts{prior_mode(features_.cols(), settings_.prior)};
  if (member.last.size() > 0) starts.push_back(member.last);
  Random random(seed_, static_cast<std::uint64_t>(n));
  for (int i = 0; i < settings_.random_starts; ++i) {
    Hyperparameters start = starts.front();
    for (Index k = 0; k < start.size(); ++k) start[k] += random.normal();
    starts.push_back(std::move(start));
  }
  const HyperFit fitted = fit_hyperparameters(set, settings_.prior, starts);
  member.last = fitted.at;
  member.log_evidence = -fitted.negative_log_evidence - static_cast<double>(n) * portable_log(member.scale);
  member.process.clear();
  member.process.emplace_back(std::move(set), fitted.at);
}

void Surrogate::fit(const std::vector<Observation>& runs) {
  double best = 0;
  for (std::size_t m = 0; m < members_.size(); ++m) {
    fit(members_[m], runs);
    best = m == 0 ? members_[m].log_evidence : std::max(best, members_[m].log_evidence);
  }
  double total = 0;
  for (Member& member : members_) total += member.weight = portable_exp(member.log_evidence - best);
  for (Member& member : members_) member.weight /= total;
}

void Surrogate::believe(int candidate) {
  for (Member& member : members_) {
    const GaussianProcess& now = member.process.back();
    double mean = 0;
    double variance = 0;
    now.predict(features_, candidate, {&mean, 1}, {&variance, 1});
    TrainingSet set = now.training();
    const Index n = set.values.size();
    set.features.conservativeResize(n + 1, Eigen::NoChange);
    set.values.conservativeResize(n + 1);
    set.features.row(n) = features_.row(candidate);
    set.values[n] = mean;
    GaussianProcess next(std::move(set), now.hyperparameters());
    if (member.process.size() > 1) member.process.pop_back();
    member.process.push_back(std::move(next));
  }
}

void Surrogate::forget_beliefs() {
  for (Member& member : members_)
    if (member.process.size() > 1) member.process.pop_back();
}

std::optional<double> Surrogate::trust() const {
  if (members_.size() < 2) return std::nullopt;
  return members_.back().weight;
}

void Surrogate::predict(std::size_t which, Index first, std::span<double> mean, std::span<double> variance) const {
  const Member& member = members_[which];
  member.process.back().predict(features_, first, mean, variance);
  for (std::size_t i = 0; i < mean.size(); ++i) {
    mean[i] = member.centre + member.scale * mean[i] + offset(member, static_cast<int>(first) + static_cast<int>(i));
    variance[i] *= member.scale * member.scale;
  }
}

Surrogate::Normal Surrogate::at(int candidate) const {
  double mean = 0;
  double square = 0;
  for (std::size_t m = 0; m < members_.size(); ++m) {
    double member_mean = 0;
    double member_variance = 0;
    predict(m, candidate, {&member_mean, 1}, {&member_variance, 1});
    // Second moments around the first member's mean would cancel less; logarithms of costs are small enough.
    mean += members_[m].weight * member_mean;
    square += members_[m].weight * (member_variance + member_mean * member_mean);
  }
  return {mean, std::sqrt(std::max(square - mean * mean, 0.0))};
}

GaussianProcess::Joint Surrogate::joint(std::size_t which, const std::vector<int>& candidates) const {
  const Member& member = members_[which];
  MatrixXd places(static_cast<Index>(candidates.size()), features_.cols());
  for (std::size_t i = 0; i < candidates.size(); ++i) places.row(static_cast<Index>(i)) = features_.row(candidates[i]);
  GaussianProcess::Joint joint = member.process.back().joint(places);
  for (Index i = 0; i < joint.mean.size(); ++i)
    joint.mean[i] = member.centre + member.scale * joint.mean[i] + offset(member, candidates[static_cast<std::size_t>(i)]);
  joint.covariance *= member.scale * member.scale;
  return joint;
}

double Surrogate::noise() const {
  double noise = 0;
  for (const Member& member : members_) noise += member.weight * member.scale * member.process.front().noise();
  return noise;
}

}  // namespace forerun::cherrypick
