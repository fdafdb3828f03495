#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "cherrypick/gaussian_process.hpp"

namespace forerun::cherrypick {

/// A run as the surrogate learns it: which candidate, and the latent quantity.
struct Observation {
  int candidate = 0;
  double value = 0;
};

/// A simulator's word on the latent quantity of each candidate; nothing where it has none.
using Predictions = std::vector<std::optional<double>>;

struct SurrogateSettings {
  HyperPrior prior{};
  int random_starts = 0;  ///< of the fit, beside the prior's mode and the last optimum
};

/// Gaussian processes over the catalogue: one of the latent quantity itself and, where there are predictions, a second of what these leave
/// unexplained. Each has a weight by the density it gave the runs, w_m ~ p(runs | m), so that a simulator that misleads is not followed.
class Surrogate {
 public:
  /// `features`: one row a candidate. `predictions`: of each candidate, or empty.
  Surrogate(Eigen::MatrixXd features, Predictions predictions, SurrogateSettings settings, std::uint64_t seed);

  /// Learns all runs anew: standardises their values, fits each member's hyper-parameters, weighs the members. At least one run.
  void fit(const std::vector<Observation>& runs);

  /// Takes for granted that a run of the candidate gives what each member expects of it, without a new fit: a run that is under way
  /// [the kriging believer of Ginsbourger et al. 2010].
  void believe(int candidate);
  void forget_beliefs();

  [[nodiscard]] std::size_t members() const { return members_.size(); }
  [[nodiscard]] double weight(std::size_t member) const { return members_[member].weight; }
  /// The weight of the predictions; nothing without any.
  [[nodiscard]] std::optional<double> trust() const;

  /// Mean and variance of the latent quantity by one member, of candidates [first, first + mean.size()).
  void predict(std::size_t member, Eigen::Index first, std::span<double> mean, std::span<double> variance) const;

  /// Of one candidate by all members together: of their mixture.
  struct Normal {
    double mean = 0;
    double deviation = 0;
  };
  [[nodiscard]] Normal at(int candidate) const;
  /// The same jointly of a few, by one member.
  [[nodiscard]] GaussianProcess::Joint joint(std::size_t member, const std::vector<int>& candidates) const;

  /// The noise of a run by all members, as a deviation of the latent quantity.
  [[nodiscard]] double noise() const;

  [[nodiscard]] const Eigen::MatrixXd& features() const { return features_; }

 private:
  struct Member {
    bool corrects_predictions = false;
    double centre = 0;
    double scale = 1;
    double weight = 1;
    double log_evidence = 0;
    Hyperparameters last{};
    std::vector<GaussianProcess> process{};  ///< one, or with beliefs a second that knows them; none before the first fit
  };

  [[nodiscard]] double offset(const Member& member, int candidate) const;
  void fit(Member& member, const std::vector<Observation>& runs);

  Eigen::MatrixXd features_;
  Predictions predictions_;
  SurrogateSettings settings_;
  std::uint64_t seed_;
  std::vector<Member> members_;
};

}  // namespace forerun::cherrypick
