#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "core/progress.hpp"
#include "core/storage.hpp"
#include "kernels/microbenchmarks/measure.hpp"
#include "kernels/trainer/quantiles.hpp"

namespace forerun {

/// How much is written and read.
struct DiskSizes {
  std::size_t large = std::size_t{128} << 20U;  ///< bytes of a large file
  int large_files = 5;
  int small_files = 300;  ///< that are read; a quarter of them are written

  friend bool operator==(const DiskSizes&, const DiskSizes&) = default;
};
DiskSizes disk_sizes(CalibrateMode mode);

struct DiskOptions {
  std::filesystem::path folder;  ///< on the storage that is measured; files of a folder of our own come and go in it
  DiskSizes sizes;
  std::filesystem::path journal;  ///< keeps what is finished while others are measured
  std::string host;
};

/// What one file took, over some of them.
struct DiskSample {
  enum class What { read_large, read_small, write_large, write_small };
  What what = What::read_large;
  Bytes bytes;  ///< of the file
  Quantiles time;
};
std::string_view to_string(DiskSample::What what);

struct DiskMeasurement {
  std::vector<DiskSample> samples;  ///< one of each kind, in their order
  bool from_disk = true;            ///< false: the system kept what was to be read in memory, as a file system in memory does
};

/// Reads and writes as the trainer does, one file after another, by one process:
///   read_large    a file from its first byte to its last, in its order, as records of TFRecord files lie
///   read_small    a file of an image's size, open and close with it
///   write_large   a file and the fsync after it, its rename and that of its folder, as a checkpoint
///   write_small   the same of a file whose bytes take no time
/// Before each read the page cache is told to forget the file (posix_fadvise), and asked whether it has (mincore). BadInput: a folder that
/// cannot be written to, or without room. Goes on where an earlier measurement of the same folder stopped, and takes away what one that
/// was killed left there.
DiskMeasurement measure_disk(const DiskOptions& options, const ProgressCallback& progress);

/// The figures that predictions go by, of both directions:
///   bandwidth = (large - small) / (T_large - T_small),   latency = T_small - small / bandwidth, at least 0
/// a line through the medians; where large is not slower than small, large / T_large and no latency.
Storage disk_storage(const DiskMeasurement& measured);

}  // namespace forerun
