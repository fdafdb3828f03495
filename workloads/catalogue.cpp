#include "workloads/catalogue.hpp"

#include <algorithm>
#include <sstream>

#include "workloads/data.hpp"
#include "workloads/families/family.hpp"
#include "workloads/load.hpp"

namespace forerun {
namespace {

/// Whether a full stop at `at` ends an abbreviation: `et al.`, `sec.`
bool abbreviates(std::string_view text, std::size_t at) {
  const std::string_view before = text.substr(0, at);
  return before.ends_with(" al") || before.ends_with(" sec");
}

/// The comment that a file begins with, up to the first colon or full stop: what follows is where the sizes are from.
std::string first_words(std::string_view text) {
  std::istringstream lines{std::string(text)};
  std::string comment;
  for (std::string line; std::getline(lines, line) && line.starts_with("# ");) comment += (comment.empty() ? "" : " ") + line.substr(2);
  comment += ' ';
  for (std::size_t at = 0; at + 1 < comment.size(); ++at) {
    const bool stops = comment[at] == ':' || (comment[at] == '.' && !abbreviates(comment, at));
    if (stops && comment[at + 1] == ' ') return comment.substr(0, at);
  }
  comment.pop_back();
  return comment;
}

std::string family_of(std::string_view text) {
  constexpr std::string_view kKey = "\nfamily: ";
  const std::size_t at = text.find(kKey);
  if (at == std::string_view::npos) return "";
  const std::size_t begin = at + kKey.size();
  return std::string(text.substr(begin, text.find_first_of(" \n#", begin) - begin));
}

}  // namespace

std::vector<KnownWorkload> catalogue() {
  std::vector<KnownWorkload> all;
  for (const std::string_view name : known_workloads()) {
    const auto file = std::ranges::find(workloads_data(), "models/" + std::string(name) + ".yaml", &workloads_file::name);
    if (file != workloads_data().end())
      all.push_back({std::string(name), family_of(file->text), first_words(file->text)});
    else if (const Family* family = find_family(name))
      all.push_back({std::string(name), std::string(name), std::string(family->what)});
  }
  return all;
}

}  // namespace forerun
