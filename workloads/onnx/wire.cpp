#include "workloads/onnx/wire.hpp"

#include <bit>
#include <utility>

#include "io/text.hpp"
#include "workloads/onnx/graph.hpp"

namespace forerun::onnx {
namespace {

// Wire types [Protocol Buffers, "Encoding"].
constexpr int kVarint = 0;
constexpr int kFixed64 = 1;
constexpr int kBytes = 2;
constexpr int kFixed32 = 5;

}  // namespace

Wire::Wire(google::protobuf::io::ZeroCopyInputStream& stream, int size, std::string file, std::string kind)
    : in_(&stream), file_(std::move(file)), kind_(std::move(kind)) {
  in_.PushLimit(size);
}

void Wire::refuse(const std::string& what, const std::string& allowed) const {
  const Text where{.file = file_};
  throw BadInput(problem(where, "byte " + std::to_string(in_.CurrentPosition()) + ": " + what, allowed));
}

void Wire::count() {
  if (++fields_ > kMostFields) refuse("the file has too many fields", "at most " + std::to_string(kMostFields));
}

bool Wire::next() {
  count();
  if (in_.BytesUntilLimit() == 0) return false;
  std::uint32_t tag = 0;
  if (!in_.ReadVarint32(&tag)) refuse("the file is cut off");
  field_ = static_cast<int>(tag >> 3);
  type_ = static_cast<int>(tag & 7);
  if (field_ == 0) refuse("is no " + kind_ + ": there is a field without a number");
  return true;
}

void Wire::expect(int type) const {
  if (type_ != type) refuse("is no " + kind_ + ": field " + std::to_string(field_) + " has the wrong type");
}

int Wire::length() {
  expect(kBytes);
  std::uint64_t length = 0;
  if (!in_.ReadVarint64(&length)) refuse("the file is cut off");
  if (length > static_cast<std::uint64_t>(in_.BytesUntilLimit()))
    refuse("a field is longer than what holds it: the file is cut off or damaged");
  return static_cast<int>(length);
}

void Wire::skip() {
  std::uint64_t number = 0;
  bool there = true;
  switch (type_) {
    case kVarint: there = in_.ReadVarint64(&number); break;
    case kFixed64: there = in_.Skip(8); break;
    case kBytes: there = in_.Skip(length()); break;
    case kFixed32: there = in_.Skip(4); break;
    default: refuse("is no " + kind_ + ": field " + std::to_string(field_) + " has a type that it does not use");
  }
  if (!there) refuse("the file is cut off");
}

std::int64_t Wire::integer() {
  expect(kVarint);
  std::uint64_t number = 0;
  if (!in_.ReadVarint64(&number)) refuse("the file is cut off");
  return static_cast<std::int64_t>(number);
}

float Wire::number() {
  expect(kFixed32);
  std::uint32_t bits = 0;
  if (!in_.ReadLittleEndian32(&bits)) refuse("the file is cut off");
  return std::bit_cast<float>(bits);
}

std::string Wire::text(std::size_t most, const char* what) {
  const int bytes = length();
  if (static_cast<std::size_t>(bytes) > most) refuse(std::string(what) + " is too long", "at most " + std::to_string(most) + " bytes");
  std::string text;
  if (!in_.ReadString(&text, bytes)) refuse("the file is cut off");
  return text;
}

std::string Wire::small_bytes(std::size_t most) {
  const int bytes = length();
  std::string kept;
  const bool small = static_cast<std::size_t>(bytes) <= most;
  if (!(small ? in_.ReadString(&kept, bytes) : in_.Skip(bytes))) refuse("the file is cut off");
  return kept;
}

template <class Number, class Read>
bool Wire::append(std::vector<Number>& list, std::size_t most, int single, Read&& read) {
  if (type_ != kBytes) {
    expect(single);
    const Number number = read();
    if (list.size() == most) return false;
    list.push_back(number);
    return true;
  }
  const auto limit = in_.PushLimit(length());
  while (in_.BytesUntilLimit() > 0 && list.size() < most) {
    count();
    list.push_back(read());
  }
  const int left = in_.BytesUntilLimit();
  if (!in_.Skip(left)) refuse("the file is cut off");
  in_.PopLimit(limit);
  return left == 0;
}

bool Wire::integers(std::vector<std::int64_t>& list, std::size_t most) {
  return append(list, most, kVarint, [&] {
    std::uint64_t number = 0;
    if (!in_.ReadVarint64(&number)) refuse("the file is cut off");
    return static_cast<std::int64_t>(number);
  });
}

bool Wire::floats(std::vector<double>& list, std::size_t most) {
  return append(list, most, kFixed32, [&] {
    std::uint32_t bits = 0;
    if (!in_.ReadLittleEndian32(&bits)) refuse("the file is cut off");
    return static_cast<double>(std::bit_cast<float>(bits));
  });
}

bool Wire::doubles(std::vector<double>& list, std::size_t most) {
  return append(list, most, kFixed64, [&] {
    std::uint64_t bits = 0;
    if (!in_.ReadLittleEndian64(&bits)) refuse("the file is cut off");
    return std::bit_cast<double>(bits);
  });
}

}  // namespace forerun::onnx
