#include "io/suggest.hpp"

#include <algorithm>
#include <vector>

namespace forerun {
namespace {

// Locale-proof, and all that names consist of.
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) { return lower(c); });
  return out;
}

// Optimal string alignment: Levenshtein's recurrence with swaps of neighbours as one edit; three rows of its matrix are alive.
std::size_t edits(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), previous(b.size() + 1), current(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) previous[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    current[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = previous[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      current[j] = std::min({previous[j] + 1, current[j - 1] + 1, replaced});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) current[j] = std::min(current[j], before[j - 2] + 1);
    }
    std::swap(before, previous);
    std::swap(previous, current);
  }
  return previous[b.size()];
}

}  // namespace

std::string suggest(std::string_view name, std::span<const std::string_view> known) {
  constexpr std::size_t kLongest = 64;
  if (name.empty() || name.size() > kLongest) return "";
  const std::string typed = lower(name);
  // A third of the letters may be wrong; what shares only a few letters is another name.
  std::size_t best = std::max<std::size_t>(1, typed.size() / 3) + 1;
  std::string_view nearest;
  for (const std::string_view candidate : known) {
    const std::size_t distance = edits(typed, lower(candidate));
    if (distance < best) best = distance, nearest = candidate;
  }
  if (nearest.empty() && typed.size() >= 3) {
    for (const std::string_view candidate : known)
      if (lower(candidate).starts_with(typed)) return std::string(candidate);
  }
  return std::string(nearest);
}

std::string listed(std::span<const std::string_view> known) {
  std::string out;
  for (const std::string_view name : known) {
    if (!out.empty()) out += ", ";
    out += name;
  }
  return out;
}

}  // namespace forerun
