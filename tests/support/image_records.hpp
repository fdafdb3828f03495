#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "io/crc32c.hpp"
#include "kernels/data/record_file.hpp"

/// TFRecord files for tests, as TensorFlow writes them.
namespace forerun {

inline std::string little_bytes(std::uint64_t number, int count) {
  std::string bytes;
  for (int i = 0; i < count; ++i) bytes += static_cast<char>(number >> (8 * i) & 0xffU);
  return bytes;
}

inline std::string framed(const std::string& record) {
  const std::string length = little_bytes(record.size(), 8);
  return length + little_bytes(masked(crc32c(length)), 4) + record + little_bytes(masked(crc32c(record)), 4);
}

inline std::string varint(std::uint64_t number) {
  std::string bytes;
  for (; number >= 128; number >>= 7U) bytes += static_cast<char>(number % 128 + 128);
  return bytes + static_cast<char>(number);
}

/// A field of protobuf that has a length.
inline std::string field(int number, const std::string& content) {
  return varint(static_cast<std::uint64_t>(number) * 8 + 2) + varint(content.size()) + content;
}

inline std::string bytes_feature(const std::string& name, const std::string& bytes) {
  return field(1, field(1, name) + field(2, field(1, field(1, bytes))));
}

inline std::string integer_feature(const std::string& name, std::int64_t number) {
  return field(1, field(1, name) + field(2, field(3, field(1, varint(static_cast<std::uint64_t>(number))))));
}

/// A tf.train.Example of an image and its class.
inline std::string example(const std::string& image, std::int64_t label) {
  return field(1, bytes_feature("image/encoded", image) + integer_feature("image/class/label", label));
}

}  // namespace forerun
