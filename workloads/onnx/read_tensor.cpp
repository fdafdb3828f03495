#include "workloads/onnx/read_tensor.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <string>
#include <utility>

namespace forerun::onnx {
namespace {

constexpr std::int64_t kExternal = 1;  // TensorProto.DataLocation
constexpr double kMostInteger = 9007199254740992.0;

template <class Number>
void decode(const std::string& raw, std::vector<double>& numbers) {
  for (std::size_t at = 0; at + sizeof(Number) <= raw.size(); at += sizeof(Number)) {
    Number number{};
    std::memcpy(&number, raw.data() + at, sizeof number);  // the format is little-endian
    numbers.push_back(std::clamp(static_cast<double>(number), -kMostInteger, kMostInteger));
  }
}

template <class Number>
void decode_floats(const std::string& raw, std::vector<double>& numbers) {
  for (std::size_t at = 0; at + sizeof(Number) <= raw.size(); at += sizeof(Number)) {
    Number number{};
    std::memcpy(&number, raw.data() + at, sizeof number);
    numbers.push_back(static_cast<double>(number));
  }
}

/// A 16-bit float by its IEEE 754 fields; infinities and NaN become large.
double half(std::uint16_t bits) {
  const int exponent = (bits >> 10) & 31;
  const double fraction = static_cast<double>(bits & 1023) / 1024;
  const double size = exponent == 0 ? std::ldexp(fraction, -14) : std::ldexp(1 + fraction, exponent - 15);
  return (bits & 0x8000) != 0 ? -size : size;
}

void decode_16(const std::string& raw, Type type, std::vector<double>& numbers) {
  for (std::size_t at = 0; at + 2 <= raw.size(); at += 2) {
    std::uint16_t bits = 0;
    std::memcpy(&bits, raw.data() + at, sizeof bits);
    numbers.push_back(type == Type::float16 ? half(bits)
                                            : static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16)));
  }
}

bool decode_raw(const std::string& raw, Type type, std::vector<double>& numbers) {
  switch (type) {
    case Type::float32: decode_floats<float>(raw, numbers); break;
    case Type::float64: decode_floats<double>(raw, numbers); break;
    case Type::float16:
    case Type::bfloat16: decode_16(raw, type, numbers); break;
    case Type::int64: decode<std::int64_t>(raw, numbers); break;
    case Type::uint64: decode<std::uint64_t>(raw, numbers); break;
    case Type::int32: decode<std::int32_t>(raw, numbers); break;
    case Type::uint32: decode<std::uint32_t>(raw, numbers); break;
    case Type::int16: decode<std::int16_t>(raw, numbers); break;
    case Type::uint16: decode<std::uint16_t>(raw, numbers); break;
    case Type::int8: decode<std::int8_t>(raw, numbers); break;
    case Type::uint8:
    case Type::boolean: decode<std::uint8_t>(raw, numbers); break;
    default: return false;
  }
  return true;
}

std::int64_t count(const Wire& wire, const Dims& dims) {
  std::int64_t elements = 1;
  for (const std::int64_t dim : dims) {
    if (dim < 0) wire.refuse("a tensor's dimension is negative");
    if (__builtin_mul_overflow(elements, dim, &elements) || elements > kMostElements)
      wire.refuse("a tensor is too large", "at most 2^53 elements");
  }
  return elements;
}

/// What the fields of a tensor hold, before it is known how many elements belong to it.
struct Fields {
  std::string raw;
  std::vector<double> floats;
  std::vector<std::int64_t> integers;
  bool external = false;
};

void finish(Tensor& tensor, Fields fields, const Wire& wire) {
  const std::int64_t elements = count(wire, tensor.dims);
  if (fields.external || elements > static_cast<std::int64_t>(kMostKept)) return;
  std::vector<double>& numbers = tensor.numbers;
  if (!fields.floats.empty()) {
    numbers = std::move(fields.floats);
  } else if (!fields.integers.empty()) {
    if (tensor.type == Type::float16 || tensor.type == Type::bfloat16) return;  // bits, not numbers
    for (const std::int64_t number : fields.integers)
      numbers.push_back(std::clamp(static_cast<double>(number), -kMostInteger, kMostInteger));
  } else if (!decode_raw(fields.raw, tensor.type, numbers)) {
    return;
  }
  tensor.known = static_cast<std::int64_t>(numbers.size()) == elements;
  if (!tensor.known) numbers.clear();
}

}  // namespace

Type type_of(std::int64_t number) {
  return number >= 0 && number <= static_cast<std::int64_t>(Type::last) ? static_cast<Type>(number) : Type::undefined;
}

Tensor read_tensor(Wire& wire, Names& values, Spent& spent) {
  Tensor tensor;
  Fields fields;
  wire.message([&](int field) {
    switch (field) {
      case 1:
        if (!wire.integers(tensor.dims, kMostDims)) wire.refuse("a tensor has too many dimensions", "at most " + std::to_string(kMostDims));
        return;
      case 2: tensor.type = type_of(wire.integer()); return;
      case 8:
        if (const std::string name = wire.text(kMostName, "a tensor's name"); !name.empty()) {
          tensor.name = values.number(name);
          spent.add(wire, static_cast<std::int64_t>(name.size()) + kNameCost);
        }
        return;
      case 9: fields.raw = wire.small_bytes(kMostKept * sizeof(double)); return;
      case 4: wire.floats(fields.floats, kMostKept); return;
      case 10: wire.doubles(fields.floats, kMostKept); return;
      case 5:
      case 7:
      case 11: wire.integers(fields.integers, kMostKept); return;
      case 14: fields.external = wire.integer() == kExternal; return;
      default: return wire.skip();
    }
  });
  finish(tensor, std::move(fields), wire);
  spent.add(wire, static_cast<std::int64_t>(8 * (tensor.dims.size() + tensor.numbers.size())));
  return tensor;
}

}  // namespace forerun::onnx
