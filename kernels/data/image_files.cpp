#include "kernels/data/image_files.hpp"

#include <algorithm>
#include <cctype>
#include <set>

#include "core/error.hpp"
#include "io/crc32c.hpp"
#include "io/file.hpp"
#include "io/format.hpp"
#include "kernels/data/jpeg.hpp"
#include "kernels/data/record_file.hpp"
#include "kernels/trainer/clock.hpp"
#include "workloads/tf_example.hpp"

namespace forerun {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kLargestImage = std::size_t{256} << 20U;

[[noreturn]] void refuse(const std::string& place, std::string what, std::string got = "", std::string allowed = "") {
  throw BadInput(Problem{.file = place, .what = std::move(what), .got = std::move(got), .allowed = std::move(allowed)});
}

bool is_image_file(const fs::path& file) {
  std::string ending = file.extension().string();
  std::ranges::transform(ending, ending.begin(), [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  return ending == ".jpg" || ending == ".jpeg";
}

/// What a folder holds, by name, hidden entries left out.
std::set<fs::path> entries(const fs::path& folder) {
  std::set<fs::path> all;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error))
    if (!entry.path().filename().string().starts_with('.')) all.insert(entry.path());
  if (error) refuse(folder.string(), "cannot be read: " + error.message());
  return all;
}

bool is_folder(const fs::path& path) {
  std::error_code none;
  return fs::is_directory(path, none);
}

bool learns_images(const Workload& workload) {
  const bool tables = std::ranges::any_of(workload.layers, [](const Layer& layer) { return layer.shape.kind == LayerKind::embedding; });
  return !tables && workload.layers.back().shape.input.positions() == 1 && workload.input.depth == 1;
}

}  // namespace

ImageFiles::ImageFiles(const std::vector<fs::path>& paths, const Workload& workload)
    : shape_(workload.input), classes_(workload.layers.back().shape.input.elements()) {
  if (!learns_images(workload))
    throw MissingCapability("the trainer reads images with a class each, and " + workload.name + " learns something else");
  for (const fs::path& path : paths) {
    if (!is_folder(path)) {
      add_records(path);
      continue;
    }
    const std::set<fs::path> inside = entries(path);
    if (std::ranges::any_of(inside, is_folder)) {
      add_classes(path);
    } else {
      for (const fs::path& file : inside) add_records(file);
    }
  }
  if (places_.empty())
    refuse(paths.empty() ? "--data" : paths.front().string(), "holds no samples", "",
           "TFRecord files, or a folder of JPEG files for each class");
  std::string where;
  for (const Place& place : places_)
    where += forerun::format("{} {} {} {}\n", files_[place.file].filename().string(), place.offset, place.bytes, place.label);
  identity_ = forerun::format("{} samples {:08x}", places_.size(), crc32c(where));
  std::vector<float> pixels(static_cast<std::size_t>(shape_.elements()));
  Times times;
  load(0, pixels, times);
}

Bytes ImageFiles::sample_bytes() const {
  double all = 0;
  for (const Place& place : places_) all += static_cast<double>(place.bytes);
  return Bytes(all / static_cast<double>(places_.size()));
}

void ImageFiles::add_records(const fs::path& file) {
  if (is_image_file(file))
    refuse(file.string(), "is a JPEG file without a class", "", "one folder that holds a folder of JPEG files for each class");
  files_.push_back(file);
  std::int64_t record = 0;
  for (const RecordPlace& place : find_records(file)) places_.push_back({files_.size() - 1, record++, place.offset, place.bytes, 0});
}

void ImageFiles::add_classes(const fs::path& folder) {
  std::int32_t label = 0;
  for (const fs::path& entry : entries(folder)) {
    if (!is_folder(entry)) refuse(entry.string(), "stands beside the folders of classes");
    check_label(label, entry.string());
    for (const fs::path& file : entries(entry)) {
      if (!is_image_file(file)) refuse(file.string(), "is no JPEG file by its name", "", ".jpg, .jpeg");
      std::error_code error;
      const std::uintmax_t bytes = fs::file_size(file, error);
      if (error) refuse(file.string(), "cannot be read: " + error.message());
      files_.push_back(file);
      places_.push_back({files_.size() - 1, -1, 0, bytes, label});
    }
    ++label;
  }
}

std::string ImageFiles::place_text(const Place& place) const {
  const std::string file = files_[place.file].string();
  return place.record < 0 ? file : forerun::format("{}: record {} at byte {}", file, place.record, place.offset - kRecordHead);
}

void ImageFiles::check_label(std::int64_t label, const std::string& place) const {
  if (label < 0 || label >= classes_)
    refuse(place, "is of a class that the network does not tell apart", std::to_string(label), forerun::format("0 to {}", classes_ - 1));
}

std::int32_t ImageFiles::load(std::int64_t sample, std::span<float> pixels, Times& times) const {
  const Place& place = places_[static_cast<std::size_t>(sample)];
  const std::string text = place_text(place);
  const Seconds begun = steady_now();
  std::string bytes =
      place.record < 0 ? read_bytes(files_[place.file], kLargestImage) : read_record(files_[place.file], {place.offset, place.bytes}, text);
  const Seconds read = steady_now();
  std::int32_t label = place.label;
  if (place.record >= 0) {
    ImageExample example = parse_image_example(bytes, text);
    check_label(example.label, text);
    label = static_cast<std::int32_t>(example.label), bytes = std::move(example.image);
  }
  decode(bytes, text, pixels);
  times.read += read - begun, times.decode += steady_now() - read;
  return label;
}

/// A JPEG file's image at the network's size; or pixels as they are, a byte each.
void ImageFiles::decode(const std::string& image, const std::string& place, std::span<float> pixels) const {
  if (is_jpeg(image)) {
    if (shape_.channels != 1 && shape_.channels != 3)
      refuse(place, "is a JPEG image, and the network reads other pixels", forerun::format("{} channels", shape_.channels), "1 or 3");
    return resize(decode_jpeg(image, shape_.channels, place), shape_.height, shape_.width, pixels);
  }
  if (image.size() != pixels.size())
    refuse(place, "holds neither a JPEG image nor the network's pixels", forerun::format("{} bytes", image.size()),
           forerun::format("{} x {} x {} bytes, or JPEG", shape_.height, shape_.width, shape_.channels));
  resize({shape_.height, shape_.width, shape_.channels, {image.begin(), image.end()}}, shape_.height, shape_.width, pixels);
}

}  // namespace forerun
