#include "platforms/stragglers.hpp"

#include <algorithm>
#include <string_view>
#include <tuple>
#include <utility>

#include "io/format.hpp"
#include "io/quantity.hpp"

namespace forerun {
namespace {

constexpr double kMostSlower = 1e6;
constexpr std::string_view kDots = "..";

/// The same place, another value.
Text part(const Text& whole, std::string_view value) {
  Text text = whole;
  const std::size_t first = std::min(value.find_first_not_of(' '), value.size());
  text.value = value.substr(first, value.find_last_not_of(' ') + 1 - first);
  return text;
}

/// What stands between the colons of an entry.
std::vector<Text> between_colons(const Text& entry, std::size_t least, std::size_t most, const std::string& form) {
  std::vector<Text> parts;
  for (std::size_t begin = 0; begin <= entry.value.size();) {
    const std::size_t end = std::min(entry.value.find(':', begin), entry.value.size());
    parts.push_back(part(entry, std::string_view(entry.value).substr(begin, end - begin)));
    begin = end + 1;
  }
  const bool empty = std::ranges::any_of(parts, [](const Text& each) { return each.value.empty(); });
  if (empty || parts.size() < least || parts.size() > most) throw BadInput(problem(entry, "has the wrong form", form));
  return parts;
}

/// Reads each entry of a list; what is wrong with any of them is thrown together.
template <class Read>
void each_entry(const Text& text, Read&& read) {
  Problems problems;
  const std::vector<std::string> entries = between_commas(text.value);
  if (entries.empty()) problems.add(problem(text, "is empty"));
  for (const std::string& entry : entries) problems.collect([&] { read(part(text, entry)); });
  problems.throw_if_any();
}

void read_spell(const Text& text, SlowLink& link) {
  const std::size_t dots = text.value.find(kDots);
  if (dots == std::string::npos || dots == 0) throw BadInput(problem(text, "is no spell", "FROM..UNTIL, such as 10s..20s, or FROM.."));
  link.from = parse_seconds(part(text, std::string_view(text.value).substr(0, dots)), Zero::allowed);
  const Text until = part(text, std::string_view(text.value).substr(dots + kDots.size()));
  if (until.value.empty()) return;
  link.until = parse_seconds(until);
  if (*link.until <= link.from) throw BadInput(problem(text, "ends before it begins"));
}

std::string seconds_text(Seconds time) { return exact(time.value()) + "s"; }

}  // namespace

std::vector<SlowDevice> parse_slow_devices(const Text& text, std::int64_t devices) {
  std::vector<SlowDevice> list;
  each_entry(text, [&](const Text& entry) {
    const std::vector<Text> parts = between_colons(entry, 2, 2, "DEVICE:FACTOR, such as 5:1.3");
    const SlowDevice slow{static_cast<int>(parse_integer(parts[0], 0, devices - 1)), parse_number(parts[1], 1, kMostSlower)};
    if (std::ranges::find(list, slow.device, &SlowDevice::device) != list.end())
      throw BadInput(problem(entry, "names a device a second time"));
    list.push_back(slow);
  });
  std::ranges::sort(list, {}, &SlowDevice::device);
  return list;
}

std::vector<SlowLink> parse_slow_links(const Text& text, int nodes) {
  std::vector<SlowLink> list;
  each_entry(text, [&](const Text& entry) {
    const std::vector<Text> parts = between_colons(entry, 2, 3, "NODE:FACTOR or NODE:FACTOR:FROM..UNTIL, such as 3:4:10s..20s");
    SlowLink slow{.node = static_cast<int>(parse_integer(parts[0], 0, nodes - 1)), .factor = parse_number(parts[1], 1, kMostSlower)};
    if (parts.size() > 2) read_spell(parts[2], slow);
    const auto overlaps = [&](const SlowLink& other) {
      return other.node == slow.node && (!other.until || *other.until > slow.from) && (!slow.until || *slow.until > other.from);
    };
    if (std::ranges::any_of(list, overlaps)) throw BadInput(problem(entry, "overlaps another spell of its node"));
    list.push_back(slow);
  });
  std::ranges::sort(list, {}, [](const SlowLink& link) { return std::tuple(link.node, link.from.value()); });
  return list;
}

std::string slow_devices_text(const std::vector<SlowDevice>& devices) {
  std::string text;
  for (const SlowDevice& slow : devices) text += format("{}{}:{}", text.empty() ? "" : ",", slow.device, exact(slow.factor));
  return text;
}

std::string slow_links_text(const std::vector<SlowLink>& links) {
  std::string text;
  for (const SlowLink& slow : links) {
    text += format("{}{}:{}", text.empty() ? "" : ",", slow.node, exact(slow.factor));
    if (slow.from > Seconds(0) || slow.until)
      text += ":" + seconds_text(slow.from) + std::string(kDots) + (slow.until ? seconds_text(*slow.until) : "");
  }
  return text;
}

}  // namespace forerun
