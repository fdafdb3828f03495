#include "io/xml_depth.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace forerun {
namespace {

/// The place after the next `end`, or the text's.
std::size_t after(std::string_view text, std::string_view end, std::size_t from) {
  const std::size_t found = text.find(end, from);
  return found == std::string_view::npos ? text.size() : found + end.size();
}

/// The place after the > that ends a tag: one within quotes is part of a value.
std::size_t after_tag(std::string_view text, std::size_t from) {
  while (true) {
    const std::size_t at = text.find_first_of(">\"'", from);
    if (at == std::string_view::npos) return text.size();
    if (text[at] == '>') return at + 1;
    from = after(text, text.substr(at, 1), at + 1);
  }
}

}  // namespace

int xml_depth(std::string_view text) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kWithoutElements{
      {{"<!--", "-->"}, {"<![CDATA[", "]]>"}, {"<?", "?>"}, {"<!", ">"}}};
  int depth = 0, deepest = 0;
  for (std::size_t at = text.find('<'); at < text.size(); at = text.find('<', at)) {
    const std::string_view rest = text.substr(at);
    const auto* skipped = std::ranges::find_if(kWithoutElements, [&](const auto& form) { return rest.starts_with(form.first); });
    if (skipped != kWithoutElements.end()) {
      at = after(text, skipped->second, at + skipped->first.size());
      continue;
    }
    const bool ends = rest.starts_with("</");
    at = after_tag(text, at + 1);
    if (ends)
      depth = std::max(0, depth - 1);
    else
      deepest = std::max(deepest, ++depth);
    if (!ends && text.substr(0, at).ends_with("/>")) --depth;
  }
  return deepest;
}

}  // namespace forerun
