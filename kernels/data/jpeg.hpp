#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace forerun {

/// Pixels row by row, each with its channels.
struct Image {
  std::int64_t height = 0;
  std::int64_t width = 0;
  std::int64_t channels = 3;
  std::vector<std::uint8_t> pixels;
};

/// Whether bytes begin as a JPEG file does.
bool is_jpeg(std::string_view bytes);

/// Decodes a JPEG file by libjpeg-turbo: to RGB, or to its luminance for one channel. `place` is what messages name. BadInput where it is
/// none, damaged, or larger than 2^28 pixels; MissingCapability in a build without libjpeg-turbo.
Image decode_jpeg(std::string_view bytes, std::int64_t channels, const std::string& place);

/// Whether this build can decode JPEG files.
bool decodes_jpeg();

/// The image at another size, each pixel between its four nearest (half-pixel centers), as numbers of a mean near zero and a deviation near
/// one: (value - 127.5) / 63.75.
void resize(const Image& image, std::int64_t height, std::int64_t width, std::span<float> to);

}  // namespace forerun
