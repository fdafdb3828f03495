#pragma once

#include "core/calibration.hpp"
#include "io/json.hpp"
#include "io/yaml.hpp"

/// `columns` and `kernels` of a calibration file: one entry a model, with its samples one row each.
namespace forerun {

void write_models(Json& document, const Calibration& calibration);

/// Features are computed from the samples. BadInput where it stands: a second model of a layer, pass and precision (fp32 where an entry
/// names none), a row of another layer or of a pass that its layer has not, a kernel of more elements than can be counted.
void read_models(Mapping& mapping, Calibration& calibration, Problems& problems);

}  // namespace forerun
