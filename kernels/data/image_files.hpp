#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "core/units.hpp"
#include "core/workload.hpp"

namespace forerun {

/// Images in files, of a class each: records of TFRecord files, or JPEG files in a folder for each class.
class ImageFiles {
 public:
  /// `paths`: TFRecord files; folders of them; or one folder with a folder for each class, whose names in order are the classes 0, 1, ...
  /// Finds where every sample lies and reads the first. A TFRecord file's framing is walked through: of each record the length with its
  /// checksum. BadInput with file, record and byte: nothing there, cut off, a wrong checksum, what the network cannot read or tell apart.
  /// MissingCapability for a network that learns no images.
  ImageFiles(const std::vector<std::filesystem::path>& paths, const Workload& workload);

  [[nodiscard]] std::int64_t samples() const { return static_cast<std::int64_t>(places_.size()); }
  /// Of a sample, with what frames it; and how many one file holds. Both are means.
  [[nodiscard]] Bytes sample_bytes() const;
  [[nodiscard]] double samples_per_file() const { return static_cast<double>(places_.size()) / static_cast<double>(files_.size()); }
  /// What tells this data from other data: how many samples, and a checksum of where they lie.
  [[nodiscard]] const std::string& identity() const { return identity_; }

  /// What reading and decoding of samples took.
  struct Times {
    Seconds read;
    Seconds decode;
  };
  /// Reads one sample, its checksum too, into `pixels` (height x width x channels of the network). Adds to `times`.
  std::int32_t load(std::int64_t sample, std::span<float> pixels, Times& times) const;

 private:
  struct Place {
    std::size_t file = 0;
    std::int64_t record = -1;  ///< -1: the file is the sample
    std::uint64_t offset = 0;
    std::uint64_t bytes = 0;
    std::int32_t label = 0;  ///< of a file in a class's folder
  };

  void add_records(const std::filesystem::path& file);
  void add_classes(const std::filesystem::path& folder);
  [[nodiscard]] std::string place_text(const Place& place) const;
  void decode(const std::string& image, const std::string& place, std::span<float> pixels) const;
  void check_label(std::int64_t label, const std::string& place) const;

  TensorShape shape_;
  std::int64_t classes_ = 0;
  std::vector<std::filesystem::path> files_;
  std::vector<Place> places_;
  std::string identity_;
};

}  // namespace forerun
