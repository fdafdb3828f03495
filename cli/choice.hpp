#pragma once

#include <CLI/CLI.hpp>
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace forerun {

/// An option that is one of a few words; the first is the default. Any other word is a mistake of usage.
template <class Value>
void add_choice(CLI::App& verb, const std::string& option, Value& value, const std::string& what,
                std::vector<std::pair<std::string, Value>> choices) {
  value = choices.front().second;
  std::vector<std::string> words;
  words.reserve(choices.size());
  for (const auto& [word, meaning] : choices) words.push_back(word);
  const std::string standard = words.front();
  verb.add_option_function<std::string>(
          option,
          [&value, choices = std::move(choices)](const std::string& word) {
            value = std::ranges::find(choices, word, &std::pair<std::string, Value>::first)->second;
          },
          what)
      ->check(CLI::IsMember(words))
      ->default_str(standard);
}

}  // namespace forerun
