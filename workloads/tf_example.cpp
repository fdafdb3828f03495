#include "workloads/tf_example.hpp"

#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <vector>

#include "core/error.hpp"
#include "workloads/onnx/wire.hpp"

namespace forerun {
namespace {

constexpr std::size_t kLongestName = 1024;
constexpr std::array<std::string_view, 4> kImages{"image/encoded", "image_raw", "image/raw", "image"};
constexpr std::array<std::string_view, 2> kLabels{"image/class/label", "label"};

/// One entry of an Example's map: what stands under its name, of the two kinds that are asked for.
struct Feature {
  std::string name;
  std::optional<std::string> bytes;
  std::optional<std::int64_t> integer;
};

Feature read_feature(onnx::Wire& wire) {
  Feature feature;
  const auto value = [&](int kind) {
    if (kind != 1 && kind != 3) return wire.skip();  // a list of floats
    wire.message([&](int field) {
      if (field != 1) return wire.skip();
      if (kind == 1) {
        feature.bytes = wire.text(std::numeric_limits<std::int32_t>::max(), "an image");
        return;
      }
      std::vector<std::int64_t> numbers;
      wire.integers(numbers, 1);
      if (!numbers.empty()) feature.integer = numbers.front();
    });
  };
  wire.message([&](int field) {
    if (field == 1)
      feature.name = wire.text(kLongestName, "a name");
    else if (field == 2)
      wire.message(value);
    else
      wire.skip();
  });
  return feature;
}

/// The earlier of the names stands above the later ones.
template <std::size_t N>
bool is_better(const std::array<std::string_view, N>& names, const std::string& name, std::size_t& best) {
  const auto found = static_cast<std::size_t>(std::ranges::find(names, name) - names.begin());
  if (found >= best) return false;
  best = found;
  return true;
}

}  // namespace

ImageExample parse_image_example(std::string_view record, const std::string& place) {
  if (record.size() > static_cast<std::size_t>(std::numeric_limits<int>::max()))
    throw BadInput(Problem{.file = place, .what = "is longer than a message of protobuf may be"});
  google::protobuf::io::ArrayInputStream stream(record.data(), static_cast<int>(record.size()));
  onnx::Wire wire(stream, static_cast<int>(record.size()), place, "tf.train.Example");
  ImageExample example;
  std::size_t image = kImages.size(), label = kLabels.size();
  wire.fields([&](int field) {
    if (field != 1) return wire.skip();
    wire.message([&](int entry) {
      if (entry != 1) return wire.skip();
      Feature feature = read_feature(wire);
      if (feature.bytes && is_better(kImages, feature.name, image)) example.image = std::move(*feature.bytes);
      if (feature.integer && is_better(kLabels, feature.name, label)) example.label = *feature.integer;
    });
  });
  if (image == kImages.size())
    throw BadInput(Problem{.file = place, .what = "holds no image", .allowed = "bytes under image/encoded, image_raw, image/raw or image"});
  if (label == kLabels.size())
    throw BadInput(Problem{.file = place, .what = "holds no label", .allowed = "a whole number under image/class/label or label"});
  return example;
}

}  // namespace forerun
