#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace forerun {

/// What a tf.train.Example says of an image and its class.
struct ImageExample {
  std::string image;       ///< the bytes of `image/encoded`, else `image_raw`, `image/raw` or `image`: a file's, or pixels
  std::int64_t label = 0;  ///< `image/class/label`, else `label`
};

/// The record of a TFRecord file: a message of protobuf [tensorflow/core/example/example.proto, feature.proto]. `place` is what messages
/// name. BadInput with the byte of the record: no such message, cut off, without an image or without a label.
ImageExample parse_image_example(std::string_view record, const std::string& place);

}  // namespace forerun
