#include "costs/fit_record_file.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "costs/calibration_words.hpp"
#include "io/format.hpp"

namespace forerun {
namespace {

constexpr std::array<std::string_view, 2> kStandings{"fitted", "kept"};

double positive(const Text& text) { return parse_number(text, std::numeric_limits<double>::min(), 1e30); }

std::vector<std::string> words(const YamlNode& list) {
  std::vector<std::string> out;
  for (const YamlNode& item : items(list)) out.push_back(scalar(item).value);
  return out;
}

FittedProperty read_property(const YamlNode& node, Problems& problems) {
  FittedProperty property;
  Mapping mapping(node, problems);
  mapping.required("property", [&](const Text& text) { property.name = text.value; });
  mapping.required("standing", [&](const Text& text) {
    property.standing = calibration_file::parse_name<Standing>(text, kStandings, "standing of a property");
  });
  const auto number = [&](std::string_view key, double& to) { mapping.required(key, [&](const Text& text) { to = positive(text); }); };
  number("published", property.published), number("value", property.value), number("p10", property.p10), number("p90", property.p90);
  mapping.optional("why", [&](const Text& text) { property.why = text.value; });
  mapping.finish();
  return property;
}

FittedRow read_row(const YamlNode& node, Problems& problems) {
  FittedRow row;
  Mapping mapping(node, problems);
  mapping.required("run", [&](const Text& text) { row.run = text.value; });
  mapping.required("hash", [&](const Text& text) { row.hash = text.value; });
  mapping.finish();
  return row;
}

}  // namespace

std::string fit_text(const FitRecord& record, std::string_view platform) {
  std::string names;
  for (const FittedProperty& property : record.properties) {
    const auto sets_it = [&](const std::string& setting) { return setting.starts_with(property.name + "="); };
    if (property.standing == Standing::kept) continue;
    if (record.platform != platform && std::ranges::any_of(record.settings, sets_it)) continue;
    names += (names.empty() ? "" : ", ") + property.name;
  }
  return names.empty() ? names : format("{} fitted to {} rows of {}", names, record.rows.size(), record.file);
}

Json fit_record_json(const FitRecord& record) {
  Json properties = Json::array(), rows = Json::array();
  for (const FittedProperty& property : record.properties) {
    Json entry{{"property", property.name},
               {"standing", std::string(kStandings[static_cast<std::size_t>(property.standing)])},
               {"published", property.published},
               {"value", property.value},
               {"p10", property.p10},
               {"p90", property.p90}};
    if (!property.why.empty()) entry["why"] = property.why;
    properties.push_back(std::move(entry));
  }
  for (const FittedRow& row : record.rows) rows.push_back({{"run", row.run}, {"hash", row.hash}});
  Json document{{"base", record.base}, {"file", record.file}, {"row_count", record.rows.size()}, {"noise", record.noise}};
  if (!record.settings.empty()) document["platform"] = record.platform, document["settings"] = record.settings;
  document["properties"] = std::move(properties);
  if (!record.warnings.empty()) document["warnings"] = record.warnings;
  document["rows"] = std::move(rows);
  return document;
}

FitRecord read_fit_record(const YamlNode& node) {
  FitRecord record;
  Problems problems;
  Mapping mapping(node, problems);
  mapping.required("base", [&](const Text& text) { record.base = text.value; });
  mapping.required("file", [&](const Text& text) { record.file = text.value; });
  mapping.required("noise", [&](const Text& text) { record.noise = positive(text); });
  mapping.optional("platform", [&](const Text& text) { record.platform = text.value; });
  mapping.optional("settings", [&](const YamlNode& list) { record.settings = words(list); });
  mapping.optional("warnings", [&](const YamlNode& list) { record.warnings = words(list); });
  mapping.required("properties", [&](const YamlNode& list) {
    for (const YamlNode& item : items(list)) record.properties.push_back(read_property(item, problems));
    if (record.properties.empty()) throw BadInput(problem(list.text, "a fit of nothing"));
  });
  mapping.required("rows", [&](const YamlNode& list) {
    for (const YamlNode& item : items(list)) record.rows.push_back(read_row(item, problems));
    if (record.rows.empty()) throw BadInput(problem(list.text, "a fit to no row"));
  });
  mapping.required("row_count", [&](const Text& text) {
    if (parse_integer(text, 1, 1 << 30) != static_cast<std::int64_t>(record.rows.size()))
      throw BadInput(problem(text, "is not the number of rows", std::to_string(record.rows.size())));
  });
  mapping.finish();
  problems.throw_if_any();
  return record;
}

}  // namespace forerun
