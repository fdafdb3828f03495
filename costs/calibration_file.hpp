#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "core/calibration.hpp"
#include "io/text.hpp"

namespace forerun {

/// The calibration as a JSON file: who measured it where and when, and for each kernel its fitted base, length scales and error and
/// every sample with its spread and weight. Reading it back gives equal samples and models that predict alike.
/// Features are not in it but computed from the samples, and the weights belong to them: a change of kernel_features() needs a new
/// schema_version, as a change of the keys does, unless files from before are read as they were meant. Another version is BadInput, not a
/// guess. A calibration with a GPU's figures has version 3: name, device, date, origin and `gpu` (costs/calibration_gpu.hpp), no samples.
/// One that was measured on a GPU has samples of both precisions, `measured_gpu` and `issue` (costs/calibration_issue.hpp).
/// Either may have `fit`, how it was fitted to measured runs (costs/fit_record_file.hpp), and `compute_scale` where it is not 1.
/// So may it have `overlap_slowdown`: factor, origin and source.
std::string calibration_json(const Calibration& calibration);

/// The most that a transfer may slow the compute beside it.
inline constexpr double kMostOverlapSlowdown = 100;
/// A number from 1 to that.
double parse_overlap_slowdown(const Text& text);

/// Reads such a text; `name` stands for the file. BadInput with line and column for anything missing, negative or unknown.
Calibration read_calibration_text(std::string_view text, std::string_view name);

/// A calibration by name, or from a file (anything with a slash or the ending .json). A name is looked for as NAME.calibration.json
/// in the folders of `search`, then among the shipped ones (costs/calibrations/). BadInput for an unknown name, with a suggestion.
std::shared_ptr<const Calibration> load_calibration(const Text& name_or_file, std::span<const std::filesystem::path> search = {});

}  // namespace forerun
