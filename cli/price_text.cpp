#include "cli/price_text.hpp"

#include <charconv>

#include "io/format.hpp"

namespace forerun {
namespace {

constexpr double kOldYears = 1;

/// The last day that a date may mean, in days of a calendar whose years have 365.25; nothing where it names no year first.
std::optional<double> last_day(const std::string& date) {
  const std::string last = date.substr(date.rfind('/') + 1);
  int year = 0, month = 12, day = 31;
  const auto number = [&](std::size_t at, std::size_t length, int& into) {
    return last.size() >= at + length && std::from_chars(last.data() + at, last.data() + at + length, into).ec == std::errc();
  };
  if (!number(0, 4, year) || year < 1990) return std::nullopt;
  if (last.size() >= 7 && last[4] == '-') number(5, 2, month), day = 28;
  if (last.size() >= 10 && last[7] == '-') number(8, 2, day);
  return 365.25 * year + 30.44 * (month - 1) + day;
}

}  // namespace

std::string_view market_text(Market market) { return market == Market::spot ? "spot" : "on demand"; }

std::string price_text(const Platform& platform, Market market, const std::string& today) {
  const auto& price = platform.price;
  if (!price || (market == Market::spot && !price->spot)) return "";
  const Dollars paid = market == Market::spot ? *price->spot : price->on_demand;
  std::string out = forerun::format("{} costs {:.6g} USD an hour {}", platform.name, paid.value(), market_text(market));
  if (!price->region.empty()) out += " in " + price->region;
  out += price->date.empty() ? ", of an unknown date" : ", of " + price->date;
  if (const auto years = old_price_years(price->date, today)) out += forerun::format(" (OLD: {:.1f} years; ask the provider)", *years);
  return out + (price->source.empty() ? "" : ": " + price->source);
}

std::optional<double> old_price_years(const std::string& date, const std::string& today) {
  const auto then = last_day(date), now = last_day(today);
  if (!then || !now) return std::nullopt;
  const double years = (*now - *then) / 365.25;
  return years > kOldYears ? std::optional(years) : std::nullopt;
}

}  // namespace forerun
