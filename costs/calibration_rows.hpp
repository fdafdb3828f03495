#pragma once

#include <string>

#include "core/calibration.hpp"
#include "io/json.hpp"
#include "io/yaml.hpp"

/// The measured part of a calibration file: `kernels` (one entry a model, with its samples), `slow_spells`, `busy`, `collectives`.
namespace forerun {

void write_rows(Json& document, const Calibration& calibration);
void read_rows(Mapping& mapping, Calibration& calibration);

Origin parse_origin(const Text& text);

/// The document as text with one line a sample.
std::string compact_rows(const Json& document);

}  // namespace forerun
