#include "oracle/iteration_log.hpp"

#include <cmath>

namespace forerun::oracle {

namespace {
// Sums of a few thousand terms keep about 1e-13; a drift below this is rounding.
constexpr double kRelativeTolerance = 1e-12;
}  // namespace

bool IterationLog::winner_stays(std::size_t begin, std::size_t end, std::size_t back, double tolerance) const {
  std::size_t winner = begin;
  for (std::size_t i = begin + 1; i < end; ++i)
    if (arguments_[i] > arguments_[winner]) winner = i;
  const double growth = arguments_[winner] - arguments_[winner - back];
  for (std::size_t i = begin; i < end; ++i) {
    if (std::isinf(arguments_[i])) continue;
    if (arguments_[i] - arguments_[i - back] > growth + tolerance) return false;
    if (arguments_[i - back] > arguments_[winner - back] + tolerance) return false;
  }
  return true;
}

bool IterationLog::repeats(Mark z, Mark a, Mark b, Mark c) const {
  const std::size_t arguments = c.argument - b.argument;
  const std::size_t maxima = c.maximum - b.maximum;
  if (b.argument - a.argument != arguments || a.argument - z.argument != arguments) return false;
  if (b.maximum - a.maximum != maxima || a.maximum - z.maximum != maxima) return false;
  if (arguments == 0) return true;
  double largest = 0;
  for (std::size_t i = b.argument; i < c.argument; ++i)
    if (!std::isinf(arguments_[i])) largest = std::max(largest, arguments_[i]);
  const double tolerance = kRelativeTolerance * largest;
  for (std::size_t i = b.argument; i < c.argument; ++i) {
    const double now = arguments_[i], before = arguments_[i - arguments], first = arguments_[i - 2 * arguments];
    if (std::isinf(now) != std::isinf(before) || std::isinf(before) != std::isinf(first)) return false;
    if (!std::isinf(now) && std::abs((now - before) - (before - first)) > tolerance) return false;
  }
  std::size_t begin = b.argument;
  for (std::size_t m = b.maximum; m < c.maximum; ++m) {
    if (ends_[m] - ends_[m - maxima] != arguments) return false;
    if (!winner_stays(begin, ends_[m], arguments, tolerance)) return false;
    begin = ends_[m];
  }
  return true;
}

}  // namespace forerun::oracle
