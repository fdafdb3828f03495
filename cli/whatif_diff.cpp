#include "cli/whatif_diff.hpp"

#include <algorithm>
#include <filesystem>
#include <set>

#include "cli/terms.hpp"
#include "io/format.hpp"
#include "io/prediction_json.hpp"
#include "io/quantity.hpp"
#include "io/yaml.hpp"

namespace forerun {
namespace {

constexpr double kMostFigure = 1e300;

YamlNode read_prediction(const std::string& file) {
  YamlNode root = read_yaml(file);
  const YamlNode* time = root.kind == YamlNode::Kind::mapping ? root.find("step_time_s") : nullptr;
  if (time == nullptr) throw BadInput(problem(root.text, "is no prediction", "a document that `forerun predict --format json` wrote"));
  if (time->kind == YamlNode::Kind::null) {
    const YamlNode* reason = root.find("reason");
    throw BadInput(problem(time->text, "has no time" + (reason == nullptr || reason->text.value.empty() ? "" : ": " + reason->text.value)));
  }
  return root;
}

Figure written_figures(const YamlNode& root) {
  return [&root](std::string_view key) -> std::optional<double> {
    const YamlNode* node = root.find(std::string(key));
    if (node == nullptr || node->kind == YamlNode::Kind::null) return std::nullopt;
    return parse_number(node->text, -kMostFigure, kMostFigure);
  };
}

std::string written_word(const YamlNode& root, const char* key) {
  const YamlNode* node = root.find(key);
  return node == nullptr || node->kind == YamlNode::Kind::null ? "" : node->text.value;
}

/// The scenario's settings.
std::set<std::string> written_settings(const YamlNode& root) {
  std::set<std::string> out;
  const YamlNode* scenario = root.find("scenario");
  const YamlNode* set = scenario == nullptr ? nullptr : scenario->find("set");
  if (set != nullptr && set->kind == YamlNode::Kind::sequence)
    for (const YamlNode& item : set->children) out.insert(item.text.value);
  return out;
}

/// What differs in what was asked for, a line each.
std::vector<std::string> changes(const YamlNode& before, const YamlNode& after) {
  std::vector<std::string> out;
  for (const char* key : {"workload", "platform", "strategy", "calibration", "engine", "nodes", "ranks", "global_batch", "price_date"})
    if (written_word(before, key) != written_word(after, key))
      out.push_back(format("{}: {} -> {}", key, written_word(before, key), written_word(after, key)));
  const std::set<std::string> first = written_settings(before), second = written_settings(after);
  for (const std::string& setting : first)
    if (!second.contains(setting)) out.push_back("without " + setting);
  for (const std::string& setting : second)
    if (!first.contains(setting)) out.push_back("with " + setting);
  return out;
}

}  // namespace

Page whatif_diff_page(const std::string& before, const std::string& after) {
  const YamlNode first = read_prediction(before), second = read_prediction(after);
  const std::vector<Term> terms = terms_of(written_figures(first), written_figures(second));
  const std::vector<std::string> changed = changes(first, second);
  const auto name = [](const std::string& file) { return std::filesystem::path(file).filename().string(); };
  Page page;
  page.rows = terms_table(terms, name(before), name(after));
  page.text = text_table(page.rows) + "\nwhat differs\n";
  for (const std::string& line : changed) page.text += "  - " + line + "\n";
  if (changed.empty()) page.text += "  - nothing that was asked for\n";
  page.document = {{"schema_version", kSchemaVersion}, {"before", before}, {"after", after}, {"changes", changed}};
  page.document["terms"] = terms_json(terms);
  return page;
}

}  // namespace forerun
