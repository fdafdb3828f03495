#include "workloads/chakra/framing.hpp"

#include <google/protobuf/message_lite.h>

#include <climits>
#include <cstdint>

#include "core/error.hpp"

namespace forerun::chakra {
namespace {

// A node has a name, some attributes and its tensors' shapes: kilobytes.
constexpr std::uint64_t kLongestMessage = std::uint64_t{4} << 20;
constexpr int kVarintBits = 7;
constexpr std::size_t kMostParts = std::size_t{1} << 23;  // 32 for each of as many nodes as a trace may have

}  // namespace

void Messages::fail(std::string what) const {
  throw BadInput(Problem{.file = file_, .what = "message " + std::to_string(number_) + " " + std::move(what)});
}

std::optional<std::string_view> Messages::next() {
  if (at_ == bytes_.size()) return std::nullopt;
  ++number_;
  std::uint64_t length = 0;
  for (int shift = 0;; shift += kVarintBits) {
    if (shift > 4 * kVarintBits) fail("has no valid length: is this a Chakra trace?");
    if (at_ == bytes_.size()) fail("breaks off within its length");
    const auto byte = static_cast<unsigned char>(bytes_[at_++]);
    length |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) break;
  }
  if (length > kLongestMessage) fail("is " + std::to_string(length) + " bytes long, above 4 MiB");
  if (length > bytes_.size() - at_)
    fail("breaks off: " + std::to_string(length) + " bytes are announced, " + std::to_string(bytes_.size() - at_) + " are there");
  const std::string_view message = bytes_.substr(at_, length);
  at_ += length;
  return message;
}

void Messages::parse(std::string_view bytes, google::protobuf::MessageLite& message) const {
  if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) fail("is malformed");
}

void Messages::spend(std::size_t parts) {
  parts_ += parts;
  if (parts_ > kMostParts) fail("makes the file one of more than " + std::to_string(kMostParts) + " attributes");
}

void append_message(std::string& out, const google::protobuf::MessageLite& message) {
  const std::string bytes = message.SerializeAsString();
  std::uint64_t length = bytes.size();
  for (; length >= 0x80; length >>= kVarintBits) out += static_cast<char>((length & 0x7f) | 0x80);
  out += static_cast<char>(length);
  out += bytes;
}

}  // namespace forerun::chakra
