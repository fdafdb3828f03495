#include "cherrypick/acquisition.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "cherrypick/elementary.hpp"
#include "cherrypick/normal_tail.hpp"

namespace forerun::cherrypick {
namespace {

/// E[max(a - u, 0) max(b - u, 0)] of u normal.
double product_below(double a, double b, double mean, double deviation) {
  const double from_a = a - mean;
  const double from_b = b - mean;
  const double z = std::min(from_a, from_b) / deviation;
  return (from_a * from_b + deviation * deviation) * normal_distribution(z) + deviation * std::max(from_a, from_b) * normal_density(z);
}

}  // namespace

void log_expected_improvement(std::span<const double> mean, std::span<const double> variance, double best, std::span<double> worth) {
  for (std::size_t i = 0; i < mean.size(); ++i) worth[i] = (best - mean[i]) / std::sqrt(variance[i]);
  log_expected_improvements(worth);
  for (std::size_t i = 0; i < mean.size(); ++i) worth[i] += 0.5 * portable_log(variance[i]);
}

double expected_saving(double mean, double variance, double best) {
  const double deviation = std::sqrt(variance);
  const double z = (best - mean) / deviation;
  const double kept = portable_exp(mean - best + 0.5 * variance) * normal_distribution(z - deviation);
  return std::max(normal_distribution(z) - kept, 0.0);
}

void add_log_feasibility(std::span<const double> mean, std::span<const double> variance, std::span<const double> limit,
                         std::span<double> worth) {
  for (std::size_t i = 0; i < mean.size(); ++i)
    if (limit[i] < std::numeric_limits<double>::infinity())
      worth[i] += log_normal_distribution((limit[i] - mean[i]) / std::sqrt(variance[i]));
}

std::vector<FrontPoint> front_of(std::vector<FrontPoint> points) {
  std::ranges::stable_sort(points,
                           [](const FrontPoint& a, const FrontPoint& b) { return a.cost != b.cost ? a.cost < b.cost : a.time < b.time; });
  std::vector<FrontPoint> front;
  for (const FrontPoint& point : points)
    if (front.empty() || point.time < front.back().time) front.push_back(point);
  return front;
}

double hypervolume(const std::vector<FrontPoint>& front, const FrontPoint& reference) {
  double area = 0;
  double time = reference.time;
  for (const FrontPoint& point : front) {
    if (point.cost >= reference.cost) break;
    if (point.time >= time) continue;
    area += (reference.cost - point.cost) * (time - point.time);
    time = point.time;
  }
  return area;
}

double expected_hypervolume_improvement(const std::vector<FrontPoint>& front, const FrontPoint& reference, double mean, double deviation,
                                        double cost_shift, double time_shift) {
  // Between the costs of two neighbours on the front, whatever is faster than the cheaper of them enlarges the area:
  //   sum over steps of (right - max(cost, left))+ (ceiling - time)+,  (right - max(c, l))+ = (right - c)+ - (left - c)+.
  double gain = 0;
  double left = -std::numeric_limits<double>::infinity();
  double ceiling = reference.time;
  const auto add_step = [&](double right) {
    right = std::min(right, reference.cost);
    if (!(right > left)) return;
    const double top = ceiling - time_shift;
    gain += product_below(right - cost_shift, top, mean, deviation);
    if (std::isfinite(left)) gain -= product_below(left - cost_shift, top, mean, deviation);
    left = right;
  };
  for (const FrontPoint& point : front) {
    add_step(point.cost);
    ceiling = std::min(ceiling, point.time);
  }
  add_step(reference.cost);
  return std::max(gain, 0.0);
}

}  // namespace forerun::cherrypick
