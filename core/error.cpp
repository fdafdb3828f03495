#include "core/error.hpp"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

namespace forerun {

std::string Problem::text() const {
  std::string out;
  if (!file.empty()) {
    out += file;
    if (line > 0) out += ":" + std::to_string(line);
    if (line > 0 && column > 0) out += ":" + std::to_string(column);
    out += ": ";
  }
  if (!key.empty()) out += key + ": ";
  out += what;
  if (!got.empty() || !allowed.empty()) {
    out += " (";
    if (!got.empty()) out += "got " + got;
    if (!got.empty() && !allowed.empty()) out += ", ";
    if (!allowed.empty()) out += "allowed " + allowed;
    out += ")";
  }
  if (!suggestion.empty()) out += ". Did you mean " + suggestion + "?";
  return out;
}

namespace {

/// The problems of a file together, in the order of its lines, those without a line last; files in the order in which they came up.
std::vector<Problem> in_order(std::vector<Problem> problems) {
  std::map<std::string, std::size_t> files;
  for (const Problem& problem : problems) files.try_emplace(problem.file, files.size());
  std::ranges::stable_sort(problems, {}, [&](const Problem& problem) {
    return std::tuple(files.at(problem.file), problem.line == 0, problem.line, problem.column);
  });
  return problems;
}

}  // namespace

BadInput::BadInput(Problem problem) : BadInput(std::vector<Problem>{std::move(problem)}) {}

BadInput::BadInput(std::vector<Problem> problems) : problems_(in_order(std::move(problems))) {
  for (const Problem& problem : problems_) {
    if (!text_.empty()) text_ += "\n";
    text_ += problem.text();
  }
}

}  // namespace forerun
