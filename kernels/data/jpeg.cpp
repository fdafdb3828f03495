#include "kernels/data/jpeg.hpp"

#include <algorithm>
#include <cmath>
#include <memory>

#include "core/error.hpp"

#ifdef FORERUN_JPEG
#include <turbojpeg.h>
#endif

namespace forerun {

bool is_jpeg(std::string_view bytes) { return bytes.starts_with("\xff\xd8\xff"); }

#ifdef FORERUN_JPEG

bool decodes_jpeg() { return true; }

Image decode_jpeg(std::string_view bytes, std::int64_t channels, const std::string& place) {
  constexpr std::int64_t kMostPixels = std::int64_t{1} << 28U;
  const auto refuse = [&](const std::string& what) { throw BadInput(Problem{.file = place, .what = what}); };
  struct Close {
    void operator()(void* handle) const { tjDestroy(handle); }
  };
  const std::unique_ptr<void, Close> handle(tjInitDecompress());
  const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
  int width = 0, height = 0, sampling = 0, colors = 0;
  if (!is_jpeg(bytes) || tjDecompressHeader3(handle.get(), data, bytes.size(), &width, &height, &sampling, &colors) != 0)
    refuse("is no JPEG image");
  if (std::int64_t{width} * height > kMostPixels) refuse("is an image of too many pixels");
  Image image{height, width, channels, {}};
  image.pixels.resize(static_cast<std::size_t>(image.height * image.width * channels));
  const int format = channels == 1 ? TJPF_GRAY : TJPF_RGB;
  // A warning, such as of a file that is cut off, leaves gray where data is missing: nothing to train on without a word.
  if (tjDecompress2(handle.get(), data, bytes.size(), image.pixels.data(), width, 0, height, format, TJFLAG_ACCURATEDCT) != 0)
    refuse(std::string("is a JPEG image that cannot be decoded: ") + tjGetErrorStr2(handle.get()));
  return image;
}

#else

bool decodes_jpeg() { return false; }

Image decode_jpeg(std::string_view, std::int64_t, const std::string& place) {
  throw MissingCapability("decoding " + place + " needs a build with libjpeg-turbo (libturbojpeg0-dev)");
}

#endif

void resize(const Image& image, std::int64_t height, std::int64_t width, std::span<float> to) {
  const auto at = [&](std::int64_t y, std::int64_t x, std::int64_t channel) {
    return static_cast<float>(image.pixels[static_cast<std::size_t>((y * image.width + x) * image.channels + channel)]);
  };
  const auto place = [](std::int64_t index, std::int64_t from, std::int64_t count) {  // of a pixel among those that there are
    const double scaled = (static_cast<double>(index) + 0.5) * static_cast<double>(from) / static_cast<double>(count) - 0.5;
    return std::clamp(scaled, 0.0, static_cast<double>(from - 1));
  };
  std::size_t next = 0;
  for (std::int64_t y = 0; y < height; ++y) {
    const double row = place(y, image.height, height);
    const auto top = static_cast<std::int64_t>(row);
    const std::int64_t bottom = std::min(top + 1, image.height - 1);
    const auto down = static_cast<float>(row - static_cast<double>(top));
    for (std::int64_t x = 0; x < width; ++x) {
      const double column = place(x, image.width, width);
      const auto left = static_cast<std::int64_t>(column);
      const std::int64_t right = std::min(left + 1, image.width - 1);
      const auto across = static_cast<float>(column - static_cast<double>(left));
      for (std::int64_t c = 0; c < image.channels; ++c) {
        const float above = at(top, left, c) + across * (at(top, right, c) - at(top, left, c));
        const float below = at(bottom, left, c) + across * (at(bottom, right, c) - at(bottom, left, c));
        to[next++] = (above + down * (below - above) - 127.5F) / 63.75F;
      }
    }
  }
}

}  // namespace forerun
