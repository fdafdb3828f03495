#include "cli/search/journal_line.hpp"

#include <cmath>

#include "core/error.hpp"

namespace forerun {

JournalLine::JournalLine(const std::string& text, std::string file, int line)
    : JournalLine(Json::parse(text, nullptr, false), std::move(file), line) {}

JournalLine::JournalLine(Json value, std::string file, int line) : value_(std::move(value)), file_(std::move(file)), line_(line) {
  if (!value_.is_object()) refuse("", "is no line of a search's journal");
}

void JournalLine::refuse(const std::string& key, const std::string& what) const {
  throw BadInput(Problem{.file = file_, .line = line_, .key = key, .what = what});
}

bool JournalLine::has(const char* key) const { return value_.contains(key) && !value_[key].is_null(); }

const Json& JournalLine::at(const char* key) const {
  const auto found = value_.find(key);
  if (found == value_.end()) refuse(key, "is missing");
  return *found;
}

std::string JournalLine::text(const char* key) const {
  const Json& value = at(key);
  if (!value.is_string()) refuse(key, "is no text");
  return value.get<std::string>();
}

std::string JournalLine::text_or_empty(const char* key) const { return has(key) ? text(key) : std::string(); }

double JournalLine::number(const char* key, double least, double most) const {
  const Json& value = at(key);
  if (!value.is_number()) refuse(key, "is no number");
  const double number = value.get<double>();
  if (!(number >= least && number <= most)) refuse(key, "is out of range");
  return number;
}

std::optional<double> JournalLine::optional_number(const char* key, double least, double most) const {
  if (!has(key)) return std::nullopt;
  return number(key, least, most);
}

std::uint64_t JournalLine::count(const char* key) const {
  const Json& value = at(key);
  if (!value.is_number_unsigned()) refuse(key, "is no whole number");
  return value.get<std::uint64_t>();
}

const Json& JournalLine::list(const char* key) const {
  const Json& value = at(key);
  if (!value.is_array()) refuse(key, "is no list");
  return value;
}

std::vector<std::string> JournalLine::texts(const char* key) const {
  std::vector<std::string> out;
  for (const Json& each : list(key)) {
    if (!each.is_string()) refuse(key, "holds what is no text");
    out.push_back(each.get<std::string>());
  }
  return out;
}

std::vector<double> JournalLine::numbers(const char* key) const {
  std::vector<double> out;
  for (const Json& each : list(key)) {
    if (!each.is_number() || !std::isfinite(each.get<double>())) refuse(key, "holds what is no number");
    out.push_back(each.get<double>());
  }
  return out;
}

JournalLine JournalLine::object(const char* key) const {
  if (!at(key).is_object()) refuse(key, "is no object");
  return {at(key), file_, line_};
}

std::vector<JournalLine> JournalLine::objects(const char* key) const {
  std::vector<JournalLine> out;
  for (const Json& each : list(key)) {
    if (!each.is_object()) refuse(key, "holds what is no object");
    out.push_back(JournalLine(each, file_, line_));
  }
  return out;
}

std::vector<std::pair<std::string, std::string>> JournalLine::text_by_key(const char* key) const {
  if (!at(key).is_object()) refuse(key, "is no object");
  std::vector<std::pair<std::string, std::string>> out;
  for (const auto& [name, value] : at(key).items()) {
    if (!value.is_string()) refuse(key, "holds what is no text");
    out.emplace_back(name, value.get<std::string>());
  }
  return out;
}

}  // namespace forerun
