#include "strategies/settings.hpp"

#include <set>

namespace forerun {
namespace {

std::string trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return "";
  return std::string(text.substr(begin, text.find_last_not_of(" \t") - begin + 1));
}

// One `key=value` of the text, standing where the text stands.
Text setting_at(const Text& text, std::string_view part) {
  const auto equals = part.find('=');
  Text setting = text;
  if (equals == std::string_view::npos) {
    setting.value = trimmed(part);
    throw BadInput(problem(setting, "a strategy is key=value, separated by commas", "for example data=4,runtime=pytorch-ddp"));
  }
  setting.key = trimmed(part.substr(0, equals));
  setting.value = trimmed(part.substr(equals + 1));
  if (setting.value.empty()) throw BadInput(problem(setting, "has no value"));
  return setting;
}

}  // namespace

std::vector<Text> split_settings(const Text& text, Problems& problems) {
  std::vector<Text> settings;
  if (trimmed(text.value) == "serial") return settings;
  std::set<std::string> seen;
  std::string_view rest = text.value;
  for (bool more = true; more;) {
    const auto comma = rest.find(',');
    more = comma != std::string_view::npos;
    problems.collect([&] {
      Text setting = setting_at(text, rest.substr(0, comma));
      if (!seen.insert(setting.key).second) throw BadInput(problem(setting, "given twice"));
      settings.push_back(std::move(setting));
    });
    if (more) rest.remove_prefix(comma + 1);
  }
  return settings;
}

}  // namespace forerun
