#pragma once

#include "core/fit_record.hpp"
#include "io/json.hpp"
#include "io/yaml.hpp"

/// `fit` of a calibration file: how it was fitted to measured runs.
namespace forerun {

Json fit_record_json(const FitRecord& record);

/// Reads it back. BadInput where it stands: a missing or unknown key, a value that is not positive, no row, no property.
FitRecord read_fit_record(const YamlNode& node);

}  // namespace forerun
