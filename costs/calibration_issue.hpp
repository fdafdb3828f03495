#pragma once

#include "core/calibration.hpp"
#include "io/json.hpp"
#include "io/yaml.hpp"

/// `measured_gpu` and `issue` of a calibration file that was measured on a GPU: what CUDA was there, what launches and copies take, and the
/// host time to issue each kernel, one row a layer, pass and precision:
///   {"layer": "dense", "pass": "forward", "precision": "bf16", "issue_s": 4.1e-06}
namespace forerun {

/// Precondition: `measured_gpu` is there.
void write_measured_gpu(Json& document, const Calibration& calibration);

/// Leaves `measured_gpu` empty where the file has none. BadInput where it stands: a missing, negative or unknown entry, `issue` without
/// `measured_gpu`, a second issue time of the same kernel.
void read_measured_gpu(Mapping& mapping, Calibration& calibration);

}  // namespace forerun
