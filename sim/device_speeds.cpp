#include "sim/device_speeds.hpp"

#include <cmath>
#include <numbers>

#include "sim/play.hpp"

namespace forerun::sim {

namespace {

// Draws that belong to no operation of a plan.
constexpr int kRadiusDraw = -2;
constexpr int kAngleDraw = -3;

double normal_draw(std::uint64_t seed, int device) {
  const double radius = std::sqrt(-2 * std::log1p(-jitter_draw(seed, device, kRadiusDraw, 0)));
  return radius * std::cos(2 * std::numbers::pi * jitter_draw(seed, device, kAngleDraw, 0));
}

}  // namespace

std::vector<double> device_slowness(const Platform& platform, std::uint64_t seed, int devices) {
  if (platform.device_spread == 0 && platform.slow_devices.empty()) return {};
  std::vector<double> factors(devices, 1.0);
  if (platform.device_spread > 0)
    for (int device = 0; device < devices; ++device) factors[device] = std::exp(platform.device_spread * normal_draw(seed, device));
  for (const SlowDevice& slow : platform.slow_devices)
    if (slow.device < devices) factors[slow.device] *= slow.factor;
  return factors;
}

}  // namespace forerun::sim
