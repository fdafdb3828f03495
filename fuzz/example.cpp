#include <cstdint>

#include "core/error.hpp"
#include "workloads/tf_example.hpp"

/// Reads the bytes as a record of a TFRecord file of images.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    forerun::parse_image_example({reinterpret_cast<const char*>(data), size}, "fuzz");
  } catch (const forerun::BadInput&) {
    return 0;
  }
  return 0;
}
