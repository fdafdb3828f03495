#include "cherrypick/gaussian_process.hpp"

#include <catch2/catch.hpp>
#include <cmath>

#include "cherrypick/random.hpp"
#include "io/csv.hpp"
#include "io/quantity.hpp"

using namespace forerun;
using namespace forerun::cherrypick;

namespace {

/// Twelve runs, eight places and the evidence, by mpmath 1.3 in 50 digits; scikit-learn 1.3 gives the same means to 1e-8.
struct Reference {
  TrainingSet set;
  Eigen::MatrixXd places;
  std::vector<double> means;
  std::vector<double> variances;
  double evidence = 0;
  Hyperparameters at;
};

Reference reference() {
  const CsvTable table = read_csv(FORERUN_TEST_DATA "/posterior.csv");
  const auto number = [&](std::size_t row, std::string_view column) { return parse_number(table.at(row, column), -1e3, 1e3); };
  Reference all;
  all.set.features.resize(12, 3), all.set.values.resize(12), all.places.resize(8, 3);
  Eigen::Index runs = 0;
  Eigen::Index places = 0;
  for (std::size_t row = 0; row < table.rows.size(); ++row) {
    const std::string& kind = table.at(row, "kind").value;
    if (kind == "evidence") {
      all.evidence = number(row, "value");
      continue;
    }
    const Eigen::RowVector3d x(number(row, "x1"), number(row, "x2"), number(row, "x3"));
    if (kind == "run") {
      all.set.features.row(runs) = x;
      all.set.values[runs++] = number(row, "value");
    } else {
      all.places.row(places++) = x;
      all.means.push_back(number(row, "value"));
      all.variances.push_back(number(row, "variance"));
    }
  }
  all.at.resize(5);
  all.at << std::log(0.4), std::log(0.9), std::log(1.7), std::log(1.3), std::log(0.15);
  return all;
}

}  // namespace

TEST_CASE("the posterior is the reference's to 1e-8") {
  const Reference expected = reference();
  const GaussianProcess process(expected.set, expected.at);
  std::vector<double> mean(8);
  std::vector<double> variance(8);
  process.predict(expected.places, 0, mean, variance);
  for (std::size_t i = 0; i < mean.size(); ++i) {
    CHECK(mean[i] == Approx(expected.means[i]).epsilon(1e-10));
    CHECK(variance[i] == Approx(expected.variances[i]).epsilon(1e-9));
  }
}

TEST_CASE("the evidence is the reference's, and its gradient that of differences to 1e-5") {
  const Reference expected = reference();
  Evidence evidence(expected.set);
  Eigen::VectorXd gradient;
  CHECK(evidence(expected.at, gradient) == Approx(expected.evidence).epsilon(1e-10));
  REQUIRE(gradient.size() == 5);
  for (Eigen::Index k = 0; k < gradient.size(); ++k) {
    Eigen::VectorXd none;
    Hyperparameters at = expected.at;
    constexpr double kStep = 1e-5;
    at[k] += kStep;
    const double above = evidence(at, none);
    at[k] -= 2 * kStep;
    CHECK(gradient[k] == Approx((above - evidence(at, none)) / (2 * kStep)).epsilon(1e-5));
  }
}

TEST_CASE("places predicted in blocks are those predicted one by one") {
  const Reference expected = reference();
  const GaussianProcess process(expected.set, expected.at);
  Random random(1);
  Eigen::MatrixXd places(203, 3);
  for (Eigen::Index i = 0; i < places.size(); ++i) places.data()[i] = random.uniform();
  std::vector<double> mean(200);
  std::vector<double> variance(200);
  process.predict(places, 3, mean, variance);
  for (std::size_t i = 0; i < mean.size(); ++i) {
    double one_mean = 0;
    double one_variance = 0;
    process.predict(places, static_cast<Eigen::Index>(i) + 3, {&one_mean, 1}, {&one_variance, 1});
    CHECK(mean[i] == one_mean);
    CHECK(variance[i] == one_variance);
  }
}

TEST_CASE("the joint posterior has the marginals of single places") {
  const Reference expected = reference();
  const GaussianProcess::Joint joint = GaussianProcess(expected.set, expected.at).joint(expected.places);
  for (Eigen::Index i = 0; i < 8; ++i) {
    CHECK(joint.mean[i] == Approx(expected.means[static_cast<std::size_t>(i)]).epsilon(1e-9));
    CHECK(joint.covariance(i, i) == Approx(expected.variances[static_cast<std::size_t>(i)]).epsilon(1e-8));
  }
}

TEST_CASE("the posterior meets its runs where noise is small, and knows nothing far away") {
  Reference given = reference();
  given.at << std::log(0.3), std::log(0.3), std::log(0.3), 0, std::log(1e-3);
  const GaussianProcess process(given.set, given.at);
  std::vector<double> mean(12);
  std::vector<double> variance(12);
  process.predict(given.set.features, 0, mean, variance);
  for (std::size_t i = 0; i < 12; ++i) {
    CHECK(mean[i] == Approx(given.set.values[static_cast<Eigen::Index>(i)]).margin(1e-4));
    CHECK(variance[i] < 1e-5);
  }
  const Eigen::MatrixXd far = Eigen::MatrixXd::Constant(1, 3, 50);
  process.predict(far, 0, {mean.data(), 1}, {variance.data(), 1});
  CHECK(variance[0] > 1);  // the signal's, and that of the mean
}

TEST_CASE("duplicate runs have a factor, and share their noise") {
  TrainingSet set{Eigen::MatrixXd::Constant(6, 2, 0.5), Eigen::VectorXd::Constant(6, 2)};
  Hyperparameters at = prior_mode(2, {});
  at[3] = std::log(kLeastNoise);
  const GaussianProcess process(set, at);
  double mean = 0;
  double variance = 0;
  process.predict(set.features, 0, {&mean, 1}, {&variance, 1});
  CHECK(mean == Approx(2));
  CHECK(variance < 1e-6);
}

TEST_CASE("a fit is no worse than its starts, and the prior holds what runs leave open") {
  const Reference given = reference();
  const HyperPrior prior;
  const HyperFit fit = fit_hyperparameters(given.set, prior, {prior_mode(3, prior), given.at});
  Evidence evidence(given.set);
  Eigen::VectorXd none;
  CHECK(fit.negative_log_evidence <= evidence(prior_mode(3, prior), none));
  const TrainingSet one{Eigen::MatrixXd::Constant(1, 3, 0.5), Eigen::VectorXd::Zero(1)};
  const HyperFit open = fit_hyperparameters(one, prior, {prior_mode(3, prior)});
  for (Eigen::Index k = 0; k < 3; ++k) CHECK(open.at[k] == Approx(prior.length.mean).margin(1e-6));
}
