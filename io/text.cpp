#include "io/text.hpp"

#include <algorithm>
#include <utility>

namespace forerun {
namespace {

// Longer values, and bytes that would steer a terminal, do not belong into a message.
constexpr std::size_t kShown = 80;
constexpr std::size_t kShownKey = 400;

std::string shown(const std::string& value) {
  std::string out = value.substr(0, kShown);
  for (char& c : out)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  if (value.size() > kShown) out += "...";
  return out;
}

}  // namespace

Problem problem(const Text& text, std::string what, std::string allowed, std::string suggestion) {
  return {.file = text.file,
          .line = text.line,
          .column = text.column,
          .key = text.key.size() > kShownKey ? text.key.substr(0, kShownKey) + "..." : text.key,
          .what = std::move(what),
          .got = shown(text.value),
          .allowed = std::move(allowed),
          .suggestion = std::move(suggestion)};
}

void Problems::add(Problem problem) {
  if (full() || std::ranges::find(problems_, problem) != problems_.end()) return;
  if (problems_.size() == kMost) problem = {.file = std::move(problem.file), .what = "more is wrong than is shown"};
  problems_.push_back(std::move(problem));
}

void Problems::add(const BadInput& error) {
  for (const Problem& problem : error.problems()) add(problem);
}

void Problems::throw_if_any() const {
  if (!problems_.empty()) throw BadInput(problems_);
}

std::vector<std::string> between_commas(std::string_view text) {
  std::vector<std::string> parts;
  if (text.empty()) return parts;
  for (std::size_t comma = text.find(','); comma != std::string_view::npos; comma = text.find(',')) {
    parts.emplace_back(text.substr(0, comma));
    text.remove_prefix(comma + 1);
  }
  parts.emplace_back(text);
  return parts;
}

}  // namespace forerun
