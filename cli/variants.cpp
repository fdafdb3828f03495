#include "cli/variants.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <set>
#include <sstream>

#include "io/format.hpp"

namespace forerun {
namespace {

constexpr std::size_t kMostVariants = 10'000;
constexpr std::string_view kAll = "all";
constexpr std::string_view kBest = "best";
constexpr std::array<std::string_view, 6> kDegrees = {"tensor", "pipeline", "context", "expert", "filter", "channel"};

Text text_of(const std::string& value, const char* option) { return {value, option, 0, 0, ""}; }

std::string key_of(const std::string& change) { return change.substr(0, change.find('=')); }

void check(const Text& change, Problems& problems) {
  const std::size_t equals = change.value.find('=');
  if (equals == std::string::npos || equals == 0)
    problems.add(problem(change, "is no change", "key=value"));
  else if (equals + 1 == change.value.size())
    problems.add(problem(change, "has no value", "key=value"));
}

Variant variant_of(const std::string& change, Problems& problems) {
  Variant variant;
  std::istringstream words(change);
  for (std::string word; words >> word;) {
    variant.changes.push_back(text_of(word, "--change"));
    check(variant.changes.back(), problems);
  }
  if (variant.changes.empty()) problems.add(problem(text_of(change, "--change"), "changes nothing", "key=value"));
  return variant;
}

/// Between semicolons where there is one, since a strategy has commas of its own; else between commas.
std::vector<std::string> values_of(const std::string& list) {
  if (list.find(';') == std::string::npos) return between_commas(list);
  std::vector<std::string> values;
  std::istringstream in(list);
  for (std::string value; std::getline(in, value, ';');) values.push_back(value);
  if (list.ends_with(';')) values.emplace_back();
  return values;
}

/// Each variant times each value of one more key.
void multiply(std::vector<Variant>& variants, const Text& vary, Problems& problems) {
  check(vary, problems);
  if (!problems.empty()) return;
  const std::string key = key_of(vary.value);
  const std::vector<std::string> values = values_of(vary.value.substr(key.size() + 1));
  if (values.size() * variants.size() > kMostVariants)
    return problems.add(problem(vary, "makes too many variants", format("at most {}", kMostVariants)));
  std::vector<Variant> product;
  for (const Variant& variant : variants)
    for (const std::string& value : values) {
      product.push_back(variant);
      product.back().changes.push_back(text_of(key + "=" + value, "--vary"));
      check(product.back().changes.back(), problems);
    }
  variants = std::move(product);
}

/// The degree that a strategy has of an axis: 1 where it says nothing, or what is no number.
int degree(const std::string& item, std::string_view key) {
  int number = 1;
  if (item.size() > key.size() + 1 && item.starts_with(key) && item[key.size()] == '=')
    std::from_chars(item.data() + key.size() + 1, item.data() + item.size(), number);
  return std::max(number, 1);
}

/// `spatial=2x4` is 8 ranks.
int spatial(const std::string& item) {
  constexpr std::string_view kKey = "spatial";
  const std::size_t by = item.find('x');
  if (!item.starts_with("spatial=") || by == std::string::npos) return 1;
  int width = 1;
  std::from_chars(item.data() + by + 1, item.data() + item.size(), width);
  return degree(item, kKey) * std::max(width, 1);
}

}  // namespace

std::string Variant::label() const {
  const Text* machine = nullptr;
  const Text* nodes = nullptr;
  for (const Text& change : changes) {
    if (key_of(change.value) == "platform") machine = &change;
    if (key_of(change.value) == "platform.nodes") nodes = &change;
  }
  std::string out;
  for (const Text& change : changes) {
    const std::string key = key_of(change.value), value = change.value.substr(key.size() + (key.size() < change.value.size() ? 1 : 0));
    std::string words = change.value;
    if (&change == machine)
      words = nodes != nullptr ? nodes->value.substr(key_of(nodes->value).size() + 1) + " x " + value : value;
    else if (&change == nodes)
      words = machine != nullptr ? "" : value + (value == "1" ? " node" : " nodes");
    else if (key == "run.market" || key == "strategy" || key == "workload")
      words = value == "on-demand" ? "on demand" : value;
    else if (key == "workload.batch")
      words = "batch " + value;
    if (!words.empty()) out += (out.empty() ? "" : ", ") + words;
  }
  return out;
}

std::vector<Variant> read_variants(const std::vector<std::string>& changes, const std::vector<std::string>& vary) {
  Problems problems;
  std::vector<Variant> variants;
  std::set<std::string> keys;
  if (!vary.empty()) variants.emplace_back();
  for (const std::string& text : vary) {
    if (!keys.insert(key_of(text)).second) problems.add(problem(text_of(text, "--vary"), "varies the same a second time"));
    multiply(variants, text_of(text, "--vary"), problems);
  }
  for (const std::string& change : changes) variants.push_back(variant_of(change, problems));
  problems.throw_if_any();
  return variants;
}

ScenarioText changed(const ScenarioText& baseline, const Variant& variant) {
  ScenarioText text = baseline;
  for (const Text& change : variant.changes) {
    const std::string key = key_of(change.value);
    Text value = change;
    value.value = change.value.substr(key.size() + 1);
    if (key == "platform")
      text.platform = value;
    else if (key == "workload")
      text.workload = value;
    else if (key == "strategy")
      text.strategy = value;
    else if (key == "calibration")
      text.calibration = value;
    else
      text.settings.push_back(change);
  }
  return text;
}

bool takes_all_devices(const std::string& strategy) { return with_all_devices(strategy, 1) != strategy; }

std::string with_all_devices(const std::string& strategy, int devices) {
  const std::vector<std::string> items = between_commas(strategy);
  int others = 1;
  for (const std::string& item : items) {
    others *= spatial(item);
    for (const std::string_view key : kDegrees) others *= degree(item, key);
  }
  std::string out;
  for (const std::string& item : items) {
    out += out.empty() ? "" : ",";
    out += item == "data=" + std::string(kAll) ? format("data={}", std::max(1, devices / others)) : item;
  }
  return out;
}

bool is_searched(const std::string& strategy) { return strategy == kBest || strategy.starts_with(std::string(kBest) + ","); }

std::string pinned_of(const std::string& strategy) {
  return strategy.size() > kBest.size() ? strategy.substr(kBest.size() + 1) : std::string();
}

}  // namespace forerun
