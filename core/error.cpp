#include "core/error.hpp"

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

BadInput::BadInput(Problem problem) : BadInput(std::vector<Problem>{std::move(problem)}) {}

BadInput::BadInput(std::vector<Problem> problems) : problems_(std::move(problems)) {
  for (const Problem& problem : problems_) {
    if (!text_.empty()) text_ += "\n";
    text_ += problem.text();
  }
}

}  // namespace forerun
