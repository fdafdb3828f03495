#include "cli/usage.hpp"

#include <CLI/CLI.hpp>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "io/suggest.hpp"

namespace forerun {

std::optional<Problem> unknown_verb(const CLI::App& command, std::span<char* const> arguments) {
  const CLI::App* app = &command;
  for (const std::string word : arguments) {
    const std::vector<const CLI::App*> verbs = app->get_subcommands({});
    if (verbs.empty() || word.starts_with('-')) break;
    std::vector<std::string_view> known;
    known.reserve(verbs.size());
    const CLI::App* chosen = nullptr;
    for (const CLI::App* verb : verbs) {
      known.push_back(verb->get_name());
      if (verb->get_name() == word) chosen = verb;
    }
    if (chosen == nullptr)
      return Problem{.what = app == &command ? "unknown verb" : "unknown noun of " + app->get_name(),
                     .got = word,
                     .allowed = listed(known),
                     .suggestion = suggest(word, known)};
    app = chosen;
  }
  return std::nullopt;
}

std::optional<Problem> spaced_setting(std::span<char* const> arguments) {
  for (std::size_t i = 0; i + 2 < arguments.size(); ++i) {
    if (arguments[i] == std::string_view("--")) break;  // what follows is another program's
    const std::string key = arguments[i + 1], value = arguments[i + 2];
    if (arguments[i] != std::string_view("--set") || key.starts_with('-') || value.starts_with('-')) continue;
    if (key.find('=') != std::string::npos) {
      std::error_code none;
      if (value.find('=') == std::string::npos || std::filesystem::exists(value, none)) continue;
      return Problem{.file = "--set", .what = "takes one key=value", .got = key + " " + value, .suggestion = "--set " + value};
    }
    return Problem{
        .file = "--set", .what = "is no setting", .got = key + " " + value, .allowed = "key=value", .suggestion = key + "=" + value};
  }
  return std::nullopt;
}

}  // namespace forerun
