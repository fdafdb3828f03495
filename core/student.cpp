#include "core/student.hpp"

#include <cassert>
#include <cmath>
#include <numbers>

namespace forerun {
namespace {

constexpr double kMostT = 4;  // of one degree of freedom it is 3.08
constexpr double kNarrow = 1e-12;

}  // namespace

double student_within(double t, int freedom) {
  assert(t >= 0 && freedom >= 1);
  const double theta = std::atan(t / std::sqrt(freedom));
  const double sine = std::sin(theta), cosine = std::cos(theta);
  const bool odd = freedom % 2 == 1;
  double term = odd ? cosine : 1, sum = freedom > 1 ? term : 0;
  for (int power = odd ? 3 : 2; power <= freedom - 2; power += 2) {
    term *= cosine * cosine * (power - 1) / power;
    sum += term;
  }
  return odd ? 2 / std::numbers::pi * (theta + sine * sum) : sine * sum;
}

double student90(int freedom) {
  double low = 0, high = kMostT;
  while (high - low > kNarrow) {
    const double middle = (low + high) / 2;
    (student_within(middle, freedom) < 0.8 ? low : high) = middle;
  }
  return (low + high) / 2;
}

}  // namespace forerun
