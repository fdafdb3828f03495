#include "cherrypick/surrogate.hpp"

#include <catch2/catch.hpp>
#include <cmath>

using namespace forerun::cherrypick;

namespace {

Eigen::MatrixXd line(int count) {
  Eigen::MatrixXd features(count, 1);
  for (int i = 0; i < count; ++i) features(i, 0) = static_cast<double>(i) / (count - 1);
  return features;
}

double truth(int i) { return std::sin(0.9 * i) + 0.1 * i; }

std::vector<Observation> runs(std::initializer_list<int> ids) {
  std::vector<Observation> all;
  for (const int id : ids) all.push_back({id, truth(id)});
  return all;
}

Predictions predictions(int count, double offset, double sign) {
  Predictions all;
  for (int i = 0; i < count; ++i) all.push_back(offset + sign * truth(i));
  return all;
}

}  // namespace

TEST_CASE("predictions that are right but for a constant are trusted, and lead everywhere") {
  Surrogate surrogate(line(30), predictions(30, 2, 1), {}, 1);
  surrogate.fit(runs({0, 7, 15, 29}));
  CHECK(*surrogate.trust() > 0.95);
  for (int i = 0; i < 30; ++i) CHECK(surrogate.at(i).mean == Approx(truth(i)).margin(0.1));
}

TEST_CASE("predictions of the opposite are not trusted") {
  Surrogate surrogate(line(30), predictions(30, 0, -1), {}, 1);
  surrogate.fit(runs({0, 3, 5, 7, 11, 15, 20, 29}));
  CHECK(*surrogate.trust() < 0.1);
}

TEST_CASE("weights add up to one, and without predictions there is no trust") {
  Surrogate with(line(30), predictions(30, 0, 0.5), {}, 1);
  with.fit(runs({0, 9, 20}));
  CHECK(with.weight(0) + with.weight(1) == Approx(1));
  Surrogate without(line(30), {}, {}, 1);
  without.fit(runs({0, 9, 20}));
  CHECK(without.members() == 1);
  CHECK_FALSE(without.trust());
}

TEST_CASE("a belief narrows what is known without moving it, and can be forgotten") {
  Surrogate surrogate(line(30), {}, {}, 1);
  surrogate.fit(runs({0, 9, 20}));
  const auto before = surrogate.at(14);
  surrogate.believe(14);
  const auto believed = surrogate.at(14);
  CHECK(believed.mean == Approx(before.mean).margin(1e-6));
  CHECK(believed.deviation < 0.5 * before.deviation);
  surrogate.forget_beliefs();
  CHECK(surrogate.at(14).deviation == before.deviation);
}

TEST_CASE("values that are all alike give a narrow belief of that value") {
  Surrogate surrogate(line(5), {}, {}, 1);
  surrogate.fit({{0, 3}, {2, 3}, {4, 3}});
  CHECK(surrogate.at(1).mean == Approx(3));
  CHECK(surrogate.at(1).deviation < 0.01);
}
