#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace google::protobuf {
class MessageLite;
}

namespace forerun::chakra {

/// The messages of a trace file one by one: each stands after its length, a varint of at most 32 bits.
class Messages {
 public:
  /// `bytes` is the whole file, `file` its name in messages; both must outlive this.
  Messages(std::string_view bytes, const std::string& file) : bytes_(bytes), file_(file) {}

  /// The next message's bytes; empty at the end of the file. BadInput: a length that is no varint, above 4 MiB or beyond the file's end.
  std::optional<std::string_view> next();

  /// Parses a message. BadInput where it is none; the message is known by its number in the file.
  void parse(std::string_view bytes, google::protobuf::MessageLite& message) const;

  /// Counts what the last message is made of: little pieces take more time and memory than their bytes say. BadInput above kMostParts.
  void spend(std::size_t parts);

  [[noreturn]] void fail(std::string what) const;

 private:
  std::string_view bytes_;
  const std::string& file_;
  std::size_t at_ = 0;
  int number_ = 0;
  std::size_t parts_ = 0;
};

/// Appends a message after its length.
void append_message(std::string& out, const google::protobuf::MessageLite& message);

}  // namespace forerun::chakra
