#pragma once

#include <google/protobuf/io/coded_stream.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace forerun::onnx {

/// The fields of a protobuf message, one after the other, as its wire format has them. A message is read by naming its fields' numbers:
///
///   wire.message([&](int field) {
///     if (field == 1) name = wire.text(1024, "a name");
///     else wire.skip();
///   });
///
/// Every length is held against what is left of the file before it is believed, so nothing is allocated for bytes that are not there;
/// what is skipped is not even read. BadInput, with the byte where it stands: a cut file, a field of the wrong type, a text or a list
/// that is too long, a group, more fields than kMostFields.
class Wire {
 public:
  /// `size` bytes of `stream`; `file` is what messages name, `kind` what it should be.
  Wire(google::protobuf::io::ZeroCopyInputStream& stream, int size, std::string file, std::string kind = "ONNX file");

  /// The fields of the outermost message.
  template <class Field>
  void fields(Field&& field) {
    while (next()) field(field_);
  }

  /// The fields of the message that the current field holds.
  template <class Field>
  void message(Field&& field) {
    const auto limit = in_.PushLimit(length());
    fields(field);
    in_.PopLimit(limit);
  }

  void skip();
  std::int64_t integer();
  float number();
  std::string text(std::size_t most, const char* what);
  /// Bytes where they are at most `most`; else empty, and they are skipped.
  std::string small_bytes(std::size_t most);
  /// Appends the numbers of a repeated field, packed or not, while the list has fewer than `most`; others are skipped, and false returned.
  bool integers(std::vector<std::int64_t>& list, std::size_t most);
  bool floats(std::vector<double>& list, std::size_t most);
  bool doubles(std::vector<double>& list, std::size_t most);

  [[noreturn]] void refuse(const std::string& what, const std::string& allowed = "") const;

 private:
  bool next();
  int length();
  void expect(int type) const;
  void count();
  /// Appends what `read` returns for each number of a field, of which one has the type `single` where they are not packed.
  template <class Number, class Read>
  bool append(std::vector<Number>& list, std::size_t most, int single, Read&& read);

  google::protobuf::io::CodedInputStream in_;
  std::string file_;
  std::string kind_;
  std::int64_t fields_ = 0;
  int field_ = 0;
  int type_ = 0;
};

}  // namespace forerun::onnx
