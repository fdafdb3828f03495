#include "io/format.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <span>
#include <string_view>

namespace forerun {
namespace {

struct Scale {
  double factor;
  std::string_view unit;
};

constexpr Scale kTimes[] = {{1e-9, "ns"}, {1e-6, "us"}, {1e-3, "ms"}, {1, "s"}, {60, "min"}, {3600, "h"}, {86400, "d"}};
constexpr Scale kSizes[] = {{1, "B"}, {kKiB, "KiB"}, {kMiB, "MiB"}, {kGiB, "GiB"}, {kGiB * 1024, "TiB"}};
constexpr Scale kBandwidths[] = {{1, "B/s"}, {1e3, "kB/s"}, {1e6, "MB/s"}, {1e9, "GB/s"}, {1e12, "TB/s"}};
constexpr Scale kFlops[] = {{1, "flop"}, {1e3, "kflop"}, {1e6, "Mflop"}, {1e9, "Gflop"}, {1e12, "Tflop"}, {1e15, "Pflop"}};
constexpr Scale kFlopRates[] = {{1, "flop/s"}, {1e3, "kflop/s"}, {1e6, "Mflop/s"}, {1e9, "Gflop/s"}, {1e12, "Tflop/s"}, {1e15, "Pflop/s"}};

/// Three significant digits, never in scientific notation.
std::string three_digits(double value) {
  const double size = std::abs(value);
  const int decimals = size >= 99.95 || size == 0 ? 0 : size >= 9.995 ? 1 : size >= 0.9995 ? 2 : 3;
  return format("{:.{}f}", value, decimals);
}

/// In the largest unit in which the rounded number is still at least 1: 999.7 us reads 1.00 ms.
std::string scaled(double value, std::span<const Scale> scales, std::string_view unit_of_zero) {
  if (value == 0) return format("0 {}", unit_of_zero);
  constexpr double kRounding = 0.9995;
  const Scale* best = &scales.front();
  for (const Scale& scale : scales)
    if (std::abs(value) >= kRounding * scale.factor) best = &scale;
  return format("{} {}", three_digits(value / best->factor), best->unit);
}

}  // namespace

std::string human(Seconds time) { return scaled(time.value(), kTimes, "s"); }

std::string human(Bytes size) {
  // Bytes are counted: below one KiB there is no fraction to show.
  if (std::abs(size.value()) < kKiB) return format("{:.0f} B", size.value());
  return scaled(size.value(), kSizes, "B");
}

std::string human(BytesPerSecond rate) { return scaled(rate.value(), kBandwidths, "B/s"); }

std::string human(FlopsPerSecond rate) { return scaled(rate.value(), kFlopRates, "flop/s"); }

std::string human(Flops amount) { return scaled(amount.value(), kFlops, "flop"); }

std::string percent(double fraction) { return format("{:.1f} %", 100 * fraction); }

std::string signed_percent(double fraction) { return format("{:+.1f} %", 100 * fraction); }

std::string counted(std::int64_t count) {
  std::string digits = std::to_string(count);
  const std::ptrdiff_t sign = count < 0 ? 1 : 0;
  for (auto place = static_cast<std::ptrdiff_t>(digits.size()) - 3; place > sign; place -= 3)
    digits.insert(static_cast<std::size_t>(place), ",");
  return digits;
}

std::string exact(double number) {
  std::array<char, 32> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number).ptr;
  return std::string(buffer.data(), end);
}

}  // namespace forerun
