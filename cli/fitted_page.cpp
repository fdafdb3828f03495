#include "cli/fitted_page.hpp"

#include "io/format.hpp"
#include "io/table.hpp"

namespace forerun {
namespace {

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + name;
  return out;
}

std::string value_text(const FittedProperty& property) {
  if (property.standing == Standing::kept) return forerun::format("{:.4g} (kept)", property.value);
  return forerun::format("{:.4g} [{:.4g}, {:.4g}]", property.value, property.p10, property.p90);
}

std::string properties_table(const std::vector<Validation::FittedProperties>& fits) {
  Table table;
  table.header = {"engine", "group", "fitted to rows", "left of them", "property", "value, P10 and P90", "before"};
  for (const auto& [engine, rows] : fits)
    for (const FittedProperty& property : rows.record.properties)
      table.rows.push_back({engine, rows.group.empty() ? "-" : rows.group, std::to_string(rows.record.rows.size()),
                            percent(rows.record.noise), property.name, value_text(property),
                            forerun::format("{:.4g}", property.published)});
  return text_table(table);
}

}  // namespace

std::string fitted_text(const Validation& validation) {
  std::string out;
  for (const Validation::Fitted& fitted : validation.fitted)
    out += forerun::format("\nfitted with {}: calibration.compute-scale = {:.4g}, from {}\n", fitted.engine, fitted.scale.scale,
                           joined(fitted.scale.runs));
  if (!validation.fitted_properties.empty()) out += "\n" + properties_table(validation.fitted_properties);
  return out;
}

Json fitted_json(const Validation& validation) {
  Json out = Json::array();
  for (const Validation::Fitted& fitted : validation.fitted)
    out.push_back(
        {{"engine", fitted.engine}, {"key", "calibration.compute-scale"}, {"value", fitted.scale.scale}, {"runs", fitted.scale.runs}});
  for (const auto& [engine, rows] : validation.fitted_properties) {
    Json runs = Json::array();
    for (const FittedRow& row : rows.record.rows) runs.push_back(row.run);
    for (const FittedProperty& property : rows.record.properties)
      out.push_back({{"engine", engine},
                     {"key", property.name},
                     {"value", property.value},
                     {"runs", runs},
                     {"group", rows.group.empty() ? Json(nullptr) : Json(rows.group)},
                     {"standing", property.standing == Standing::fitted ? "fitted" : "kept"},
                     {"p10", property.p10},
                     {"p90", property.p90},
                     {"why", property.why.empty() ? Json(nullptr) : Json(property.why)}});
  }
  return out;
}

}  // namespace forerun
