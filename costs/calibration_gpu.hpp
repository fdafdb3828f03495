#pragma once

#include <string_view>

#include "core/calibration.hpp"
#include "io/json.hpp"
#include "io/yaml.hpp"

/// `gpu` of a calibration file: the figures of its GpuModel, one row each, with where it stands:
///   {"figure": "bandwidth-bytes-per-s", "value": 2.039e+12, "source": "NVIDIA A100 data sheet (2022), p. 2"}
/// Tiles are figures too: `tile-256x128` is the share of that tile. A row may say how far its figure may be off:
///   "spread": 0.039, "spread-source": "..."      the standard deviation of the logarithm, and where it stands
namespace forerun {

/// A figure of the model by its key in the file, in SI; zero for a figure that the model has not, and for tiles.
double gpu_figure(const GpuModel& gpu, std::string_view key);

/// Puts another value in its place; out of the figure's range (that of read_gpu()), the end that is nearer. Precondition: the key of a
/// figure, a number.
void set_gpu_figure(GpuModel& gpu, std::string_view key, double value);

/// The rows in one order, whatever order they were read in, without those that a file need not give and this one did not.
Json gpu_figures_json(const Calibration& calibration);

/// Reads them into `gpu` and `gpu_sources`. BadInput where it stands: an unknown, repeated or missing figure, one out of range (shares in
/// (0, 1.2], those of convolutions in (0, 4]), an empty source, a spread without its source or of a tile, a peak without its share of
/// products, some of the shares of flash attention or of convolutions on tensor cores without the others, no tile at all, more than ten
/// tiles, more power idle than at the peak.
void read_gpu(Mapping& mapping, Calibration& calibration, Problems& problems);

}  // namespace forerun
