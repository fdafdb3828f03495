#include "workloads/family_parameters.hpp"

#include <algorithm>
#include <utility>

#include "io/format.hpp"
#include "io/quantity.hpp"
#include "io/suggest.hpp"
#include "workloads/description.hpp"

namespace forerun {
namespace {

constexpr std::size_t kMostListed = std::size_t{1} << 16;
constexpr std::string_view kSetting = "workload.";  // stands before the key of a setting, not before a file's

}  // namespace

FamilyParameters::FamilyParameters(std::vector<Text> given, Text where) : given_(std::move(given)), where_(std::move(where)) {}

const Text* FamilyParameters::find(std::string_view key) const {
  const Text* found = nullptr;
  for (const Text& text : given_) {
    const std::string_view full = text.key;
    if (full == key || (full.ends_with(key) && full.substr(0, full.size() - key.size()) == kSetting)) found = &text;
  }
  return found;
}

const Text* FamilyParameters::ask(std::string_view key) {
  asked_.emplace_back(key);
  return find(key);
}

void FamilyParameters::note(std::string_view key, std::string value) {
  const auto known = std::ranges::find(used_, key, &FamilyParameter::key);
  if (known != used_.end())
    known->value = std::move(value);
  else
    used_.push_back({std::string(key), std::move(value)});
}

std::int64_t FamilyParameters::integer(std::string_view key, std::int64_t fallback, std::int64_t least, std::int64_t most) {
  if (const Text* text = ask(key)) problems_.collect([&] { fallback = parse_integer(*text, least, most); });
  note(key, std::to_string(fallback));
  return fallback;
}

double FamilyParameters::number(std::string_view key, double fallback, double least, double most) {
  if (const Text* text = ask(key)) problems_.collect([&] { fallback = parse_number(*text, least, most); });
  note(key, exact(fallback));
  return fallback;
}

bool FamilyParameters::flag(std::string_view key, bool fallback) {
  static constexpr std::string_view kChoices[] = {"false", "true"};
  return choice(key, kChoices, fallback ? 1 : 0) == 1;
}

std::size_t FamilyParameters::choice(std::string_view key, std::span<const std::string_view> choices, std::size_t fallback) {
  const Text* text = ask(key);
  note(key, text != nullptr ? text->value : std::string(choices[fallback]));
  if (text == nullptr) return fallback;
  const auto found = std::ranges::find(choices, text->value);
  if (found != choices.end()) return static_cast<std::size_t>(found - choices.begin());
  problems_.add(problem(*text, "unknown value", listed(choices), suggest(text->value, choices)));
  return fallback;
}

std::vector<std::int64_t> FamilyParameters::integers(std::string_view key, std::vector<std::int64_t> fallback, std::int64_t least,
                                                     std::int64_t most) {
  const std::vector<std::string> list = words(key);
  const Text* text = find(key);
  if (text == nullptr) {
    std::string shown;
    for (const std::int64_t value : fallback) shown += (shown.empty() ? "" : ",") + std::to_string(value);
    note(key, shown);
    return fallback;
  }
  if (list.size() > kMostListed) {
    refuse(key, "is a list of " + std::to_string(list.size()) + " numbers", "at most " + std::to_string(kMostListed));
    return fallback;
  }
  std::vector<std::int64_t> numbers;
  Text each = *text;
  for (const std::string& word : list) {
    if (problems_.full()) break;
    each.value = word.substr(std::min(word.find_first_not_of(' '), word.size()));
    problems_.collect([&] { numbers.push_back(parse_integer(each, least, most)); });
  }
  return numbers.size() == list.size() && !numbers.empty() ? numbers : fallback;
}

std::vector<std::string> FamilyParameters::words(std::string_view key) {
  const Text* text = ask(key);
  note(key, text != nullptr ? text->value : "");
  return between_commas(text != nullptr ? text->value : "");
}

void FamilyParameters::refuse(std::string_view key, const std::string& what, const std::string& allowed) {
  const Text* text = find(key);
  Text place = text != nullptr ? *text : where_;
  if (text == nullptr) place.value.clear(), place.key = std::string(kSetting) + std::string(key);
  problems_.add(problem(place, what, allowed));
}

void FamilyParameters::refuse(const Misfit& one, const Misfit& other) {
  const auto is_set = [&](const Misfit& misfit) {
    const Text* text = find(misfit.key);
    return text != nullptr && text->key.starts_with(kSetting);
  };
  const Misfit& blamed = is_set(other) && !is_set(one) ? other : one;
  refuse(blamed.key, blamed.what, blamed.allowed);
}

void FamilyParameters::finish() {
  std::ranges::sort(asked_);
  std::vector<std::string_view> known(asked_.begin(), asked_.end());
  known.insert(known.end(), workload_settings().begin(), workload_settings().end());
  std::ranges::sort(known);
  for (const Text& text : given_) {
    std::string_view key = text.key;
    if (key.starts_with(kSetting)) key.remove_prefix(kSetting.size());
    if (problems_.full()) break;
    if (std::ranges::find(known, key) != known.end()) continue;
    Text place = text;
    place.value.clear();
    problems_.add(problem(place, "unknown setting", listed(known), suggest(key, known)));
  }
  problems_.throw_if_any();
}

}  // namespace forerun
