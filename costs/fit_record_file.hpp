#pragma once

#include <string>
#include <string_view>

#include "core/fit_record.hpp"
#include "io/json.hpp"
#include "io/yaml.hpp"

/// `fit` of a calibration file: how it was fitted to measured runs.
namespace forerun {

/// What of a platform's prediction was fitted, and to what: `product-rate, link-share fitted to 12 rows of runs.csv`. Empty where that is
/// nothing, because links of another platform were fitted.
std::string fit_text(const FitRecord& record, std::string_view platform);

Json fit_record_json(const FitRecord& record);

/// Reads it back. BadInput where it stands: a missing or unknown key, a value that is not positive, no row, no property.
FitRecord read_fit_record(const YamlNode& node);

}  // namespace forerun
