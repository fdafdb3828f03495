#include "cli/search/command_template.hpp"

#include <algorithm>
#include <functional>
#include <optional>
#include <string_view>

#include "core/error.hpp"
#include "io/suggest.hpp"

namespace forerun {
namespace {

bool is_alphanumeric(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

bool is_of_a_name(char c) { return is_alphanumeric(c) || c == '_' || c == '-' || c == '.'; }

/// The value of a placeholder; nothing where the configuration has none of this name.
std::optional<std::string> value_of(const SpaceEntry& entry, std::string_view name) {
  if (name == "candidate") return entry.candidate.name;
  for (const auto& [key, value] : entry.settings)
    if (key == name) return value;
  return std::nullopt;
}

/// `value` is asked for whatever stands between braces.
std::string filled(std::string_view word, const std::function<std::optional<std::string>(std::string_view)>& value) {
  std::string out;
  for (std::size_t open = word.find('{'); open != std::string_view::npos; open = word.find('{')) {
    const std::size_t close = word.find('}', open);
    const bool shell_variable = open > 0 && word[open - 1] == '$';
    const auto text = shell_variable || close == std::string_view::npos ? std::nullopt : value(word.substr(open + 1, close - open - 1));
    out += word.substr(0, open);
    out += text ? *text : "{";
    word.remove_prefix(text ? close + 1 : open + 1);
  }
  return out + std::string(word);
}

}  // namespace

CommandTemplate::CommandTemplate(std::vector<std::string> words, const SearchSpace& space) : words_(std::move(words)) {
  for (const SpaceEntry& entry : space.entries) {
    if (!entry.candidate.excluded.empty()) continue;
    const auto check = [&](std::string_view name) {
      auto value = value_of(entry, name);
      if (value || name.empty() || !std::ranges::all_of(name, is_of_a_name)) return value;
      std::vector<std::string_view> known{"candidate"};
      for (const auto& setting : entry.settings) known.push_back(setting.first);
      throw BadInput(Problem{.file = "command",
                             .what = "has a placeholder that " + entry.candidate.name + " has no setting for",
                             .got = "{" + std::string(name) + "}",
                             .allowed = listed(known),
                             .suggestion = suggest(name, known)});
    };
    for (const std::string& word : words_) filled(word, check);
  }
}

std::vector<std::string> CommandTemplate::words_for(const SpaceEntry& entry) const {
  std::vector<std::string> words;
  for (const std::string& word : words_) words.push_back(filled(word, [&](std::string_view name) { return value_of(entry, name); }));
  return words;
}

std::vector<std::string> variables_for(const SpaceEntry& entry, int run) {
  std::vector<std::string> variables{"FORERUN_RUN=" + std::to_string(run), "FORERUN_CANDIDATE=" + entry.candidate.name};
  for (const auto& [key, value] : entry.settings) {
    std::string name = "FORERUN_";
    for (const char c : key) name += !is_alphanumeric(c) ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    variables.push_back(name + "=" + value);
  }
  return variables;
}

}  // namespace forerun
