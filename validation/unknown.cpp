#include <algorithm>
#include <array>

#include "io/quantity.hpp"
#include "io/suggest.hpp"
#include "validation/fit.hpp"

namespace forerun {
namespace {

enum class Member { bandwidth, latency };

struct Key {
  std::string_view name;
  Link Platform::*link;
  Member member;
};
constexpr std::array<Key, 4> kKeys{{{"platform.link-bandwidth", &Platform::inter_node, Member::bandwidth},
                                    {"platform.link-latency", &Platform::inter_node, Member::latency},
                                    {"platform.intra-node-bandwidth", &Platform::intra_node, Member::bandwidth},
                                    {"platform.intra-node-latency", &Platform::intra_node, Member::latency}}};

const Key* find_key(std::string_view name) {
  const auto found = std::ranges::find(kKeys, name, &Key::name);
  return found == kKeys.end() ? nullptr : &*found;
}

double parse_end(const Key& key, const Text& text) {
  return key.member == Member::bandwidth ? parse_bandwidth(text).value() : parse_seconds(text).value();
}

}  // namespace

Unknown parse_unknown(const Text& text) {
  const std::size_t equals = text.value.find('=');
  const std::string name = text.value.substr(0, equals);
  const Key* key = find_key(name);
  if (key == nullptr) {
    std::vector<std::string_view> names;
    names.reserve(kKeys.size());
    for (const Key& known : kKeys) names.push_back(known.name);
    Text unknown = text;
    unknown.value = name;
    throw BadInput(problem(unknown, "nothing to solve for", listed(names), suggest(name, names)));
  }
  Text range = text;
  range.key = name;
  range.value = equals == std::string::npos ? "" : text.value.substr(equals + 1);
  const std::size_t dots = range.value.find("..");
  if (dots == std::string::npos) throw BadInput(problem(range, "a range is needed", "LOW..HIGH"));
  Text low = range, high = range;
  low.value = range.value.substr(0, dots);
  high.value = range.value.substr(dots + 2);
  Unknown unknown{.key = name};
  Problems problems;
  problems.collect([&] { unknown.low = parse_end(*key, low); });
  problems.collect([&] { unknown.high = parse_end(*key, high); });
  problems.throw_if_any();
  if (unknown.low >= unknown.high) throw BadInput(problem(range, "the range is empty"));
  return unknown;
}

Scenario with_unknown(const Scenario& scenario, const Unknown& unknown, double value) {
  Scenario changed = scenario;
  const Key& key = *find_key(unknown.key);
  Link& link = changed.platform.*key.link;
  if (key.member == Member::bandwidth)
    link.bandwidth = BytesPerSecond(value);
  else
    link.latency = Seconds(value);
  return changed;
}

}  // namespace forerun
