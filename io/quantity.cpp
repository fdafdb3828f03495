#include "io/quantity.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "io/format.hpp"
#include "io/suggest.hpp"

namespace forerun {
namespace {

constexpr double kExactLimit = 9007199254740992.0;  // 2^53: whole numbers are exact up to here

struct Unit {
  std::string_view name;
  double factor;
  double divisor = 1;  // a power of ten is exact above one only: 5 us must be 5e-6
};

constexpr Unit kSizes[] = {{"B", 1},
                           {"kB", 1e3},
                           {"MB", 1e6},
                           {"GB", 1e9},
                           {"TB", 1e12},
                           {"PB", 1e15},
                           {"KiB", kKiB},
                           {"MiB", kMiB},
                           {"GiB", kGiB},
                           {"TiB", kGiB * 1024},
                           {"PiB", kGiB * 1024 * 1024}};

constexpr Unit kBandwidths[] = {
    {"bit/s", 1.0 / 8},    {"kbit/s", 1e3 / 8},   {"Mbit/s", 1e6 / 8}, {"Gbit/s", 1e9 / 8}, {"Tbit/s", 1e12 / 8},  {"Kibit/s", kKiB / 8},
    {"Mibit/s", kMiB / 8}, {"Gibit/s", kGiB / 8}, {"B/s", 1},          {"kB/s", 1e3},       {"MB/s", 1e6},         {"GB/s", 1e9},
    {"TB/s", 1e12},        {"KiB/s", kKiB},       {"MiB/s", kMiB},     {"GiB/s", kGiB},     {"TiB/s", kGiB * 1024}};

/// As vendors write them: a small b is a bit, a large B a byte.
constexpr Unit kBandwidthShort[] = {{"bps", 1.0 / 8}, {"kbps", 1e3 / 8}, {"Mbps", 1e6 / 8}, {"Gbps", 1e9 / 8}, {"Tbps", 1e12 / 8},
                                    {"b/s", 1.0 / 8}, {"kb/s", 1e3 / 8}, {"Mb/s", 1e6 / 8}, {"Gb/s", 1e9 / 8}, {"Tb/s", 1e12 / 8},
                                    {"kBps", 1e3},    {"MBps", 1e6},     {"GBps", 1e9},     {"TBps", 1e12}};

constexpr Unit kTimes[] = {{"ns", 1, 1e9}, {"us", 1, 1e6}, {"ms", 1, 1e3}, {"s", 1}, {"min", 60}, {"h", 3600}, {"d", 86400}};

constexpr Unit kFlopRates[] = {{"flop/s", 1},     {"kflop/s", 1e3},  {"Mflop/s", 1e6},  {"Gflop/s", 1e9}, {"Tflop/s", 1e12},
                               {"Pflop/s", 1e15}, {"Eflop/s", 1e18}, {"FLOP/s", 1},     {"kFLOP/s", 1e3}, {"MFLOP/s", 1e6},
                               {"GFLOP/s", 1e9},  {"TFLOP/s", 1e12}, {"PFLOP/s", 1e15}, {"EFLOP/s", 1e18}};

constexpr Unit kPrices[] = {{"USD/h", 1}};

constexpr Unit kPowers[] = {{"W", 1}, {"kW", 1e3}, {"MW", 1e6}};

struct Dimension {
  std::span<const Unit> units;
  std::string_view example;
  double least;  // smallest value above zero
  double most;
  std::string_view range;            // the same for people
  std::span<const Unit> synonyms{};  // read, but not named in messages
};

constexpr Dimension kSize{kSizes, "80 GiB", 0, kExactLimit, "at most 2^53 bytes"};
constexpr Dimension kBandwidth{kBandwidths, "25 Gbit/s", 1, kExactLimit, "1 B/s to 2^53 B/s", kBandwidthShort};
constexpr Dimension kTime{kTimes, "5 us", 0, kExactLimit, "at most 2^53 s"};
constexpr Dimension kPrice{kPrices, "3.06 USD/h", 0, 1e9, "at most 1e9 USD/h"};
constexpr Dimension kPower{kPowers, "3.3 kW", 0, 1e9, "at most 1e9 W"};
constexpr Dimension kFlopRate{kFlopRates, "100 Gflop/s", 1, 1e21, "1 flop/s to 1e21 flop/s"};

struct Number {
  double value;
  std::string_view rest;  // after the number and spaces
};

[[noreturn]] void fail(const Text& text, std::string what, std::string allowed, std::string suggestion = "") {
  throw BadInput(problem(text, std::move(what), std::move(allowed), std::move(suggestion)));
}

Number leading_number(const Text& text, const std::string& allowed) {
  const std::string_view all = text.value;
  double value = 0;
  const auto [end, error] = std::from_chars(all.data(), all.data() + all.size(), value);
  if (error == std::errc::result_out_of_range) fail(text, "is out of range", allowed);
  if (error != std::errc() || !std::isfinite(value)) fail(text, "is not a number", allowed);
  std::string_view rest = all.substr(static_cast<std::size_t>(end - all.data()));
  rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  return {value, rest};
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same_letters(std::string_view a, std::string_view b) {
  return std::ranges::equal(
      a, b, {}, [](char c) { return lower(c); }, [](char c) { return lower(c); });
}

const Unit* find_unit(const Dimension& dimension, std::string_view name) {
  for (const auto units : {dimension.units, dimension.synonyms})
    for (const Unit& unit : units)
      if (unit.name == name) return &unit;
  return nullptr;
}

/// The nearest unit; both where only the case tells bits from bytes, which are no spelling of one another.
std::string suggested_unit(std::string_view typed, const Dimension& dimension, std::span<const std::string_view> names) {
  std::string alike;
  for (const auto units : {dimension.units, dimension.synonyms})
    for (const Unit& unit : units)
      if (same_letters(unit.name, typed)) alike += (alike.empty() ? "" : " or ") + std::string(unit.name);
  return alike.empty() ? suggest(typed, names) : alike;
}

double parse(const Text& text, const Dimension& dimension, Zero zero) {
  const std::string allowed = format("a number with a unit, such as {}", dimension.example);
  const auto [number, unit] = leading_number(text, allowed);
  if (unit.empty()) fail(text, "has no unit", allowed);
  const Unit* found = find_unit(dimension, unit);
  if (found == nullptr) {
    std::vector<std::string_view> names;
    for (const Unit& known : dimension.units) names.push_back(known.name);
    fail(text, "has an unknown unit", listed(names), suggested_unit(unit, dimension, names));
  }
  if (number < 0) fail(text, "is negative", std::string(zero == Zero::allowed ? "zero or more" : "more than zero"));
  if (number == 0 && zero == Zero::refused) fail(text, "is zero", "more than zero");
  const double value = number * found->factor / found->divisor;
  if (number > 0 && (value == 0 || value < dimension.least || value > dimension.most))
    fail(text, "is out of range", std::string(dimension.range));
  return value;
}

}  // namespace

Bytes parse_bytes(const Text& text, Zero zero) { return Bytes(parse(text, kSize, zero)); }

BytesPerSecond parse_bandwidth(const Text& text) { return BytesPerSecond(parse(text, kBandwidth, Zero::refused)); }

Seconds parse_seconds(const Text& text, Zero zero) { return Seconds(parse(text, kTime, zero)); }

FlopsPerSecond parse_flop_rate(const Text& text) { return FlopsPerSecond(parse(text, kFlopRate, Zero::refused)); }

Dollars parse_price_per_hour(const Text& text) { return Dollars(parse(text, kPrice, Zero::refused)); }

Watts parse_power(const Text& text) { return Watts(parse(text, kPower, Zero::refused)); }

std::int64_t parse_integer(const Text& text, std::int64_t least, std::int64_t most) {
  const std::string allowed = format("a whole number from {} to {}", least, most);
  const std::string_view all = text.value;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(all.data(), all.data() + all.size(), value);
  if (error == std::errc::result_out_of_range) fail(text, "is out of range", allowed);
  if (error != std::errc() || end != all.data() + all.size()) fail(text, "is not a whole number", allowed);
  if (value < least || value > most) fail(text, "is out of range", allowed);
  return value;
}

double parse_number(const Text& text, double least, double most) {
  const bool any_above_zero = least == std::numeric_limits<double>::min();
  const std::string allowed =
      any_above_zero ? format("a number above 0 and up to {}", exact(most)) : format("a number from {} to {}", exact(least), exact(most));
  const auto [value, rest] = leading_number(text, allowed);
  if (!rest.empty()) fail(text, "is not a number", allowed);
  if (value < least || value > most) fail(text, "is out of range", allowed);
  return value;
}

double parse_fraction(const Text& text, double least, double most) {
  const std::string allowed = format("a fraction from {} to {}, such as 0.05 or 5 %", exact(least), exact(most));
  const auto [number, rest] = leading_number(text, allowed);
  if (!rest.empty() && rest != "%") fail(text, "is not a fraction", allowed);
  const double value = rest.empty() ? number : number / 100;
  if (value < least || value > most) fail(text, "is out of range", allowed);
  return value;
}

}  // namespace forerun
