#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "workloads/onnx/import.hpp"

namespace forerun::test {

/// Bytes of protobuf messages, written field by field.
class Message {
 public:
  Message& integer(int field, std::int64_t value) {
    varint(static_cast<std::uint64_t>(field) << 3);
    varint(static_cast<std::uint64_t>(value));
    return *this;
  }
  Message& text(int field, std::string_view value) {
    varint(static_cast<std::uint64_t>(field) << 3 | 2);
    varint(value.size());
    bytes_ += value;
    return *this;
  }
  Message& real(int field, float value) {
    varint(static_cast<std::uint64_t>(field) << 3 | 5);
    char raw[sizeof value];
    std::memcpy(raw, &value, sizeof value);
    bytes_.append(raw, sizeof raw);
    return *this;
  }
  Message& message(int field, const Message& value) { return text(field, value.bytes_); }
  Message& integers(int field, const std::vector<std::int64_t>& values) {
    for (const std::int64_t value : values) integer(field, value);
    return *this;
  }
  /// Fields that are bytes already.
  Message& append(std::string_view fields) {
    bytes_ += fields;
    return *this;
  }
  [[nodiscard]] const std::string& bytes() const { return bytes_; }

 private:
  void varint(std::uint64_t value) {
    for (; value >= 128; value >>= 7) bytes_ += static_cast<char>(value | 128);
    bytes_ += static_cast<char>(value);
  }

  std::string bytes_;
};

inline constexpr int kFloat = 1;
inline constexpr int kInt64 = 7;

/// A tensor of the file; `numbers` are its elements where it has some.
inline Message tensor(const std::string& name, int type, const std::vector<std::int64_t>& dims, const std::vector<double>& numbers = {}) {
  Message m;
  m.integers(1, dims).integer(2, type).text(8, name);
  std::string raw;
  for (const double each : numbers) {
    const std::int64_t whole = static_cast<std::int64_t>(each);
    const float real = static_cast<float>(each);
    char eight[8];
    type == kInt64 ? std::memcpy(eight, &whole, 8) : std::memcpy(eight, &real, 4);
    raw.append(eight, type == kInt64 ? 8 : 4);
  }
  return numbers.empty() ? m : m.text(9, raw);
}

inline Message whole(const std::string& name, std::int64_t value) { return Message().text(1, name).integer(3, value).integer(20, 2); }
inline Message real(const std::string& name, float value) { return Message().text(1, name).real(2, value).integer(20, 1); }
inline Message list(const std::string& name, const std::vector<std::int64_t>& values) {
  return Message().text(1, name).integers(8, values).integer(20, 7);
}

/// A symbolic dimension, or a size.
struct Dim {
  Dim(std::int64_t s) : size(s) {}  // NOLINT(google-explicit-constructor)
  Dim(const char* n) : name(n) {}   // NOLINT(google-explicit-constructor)
  std::int64_t size = -1;
  std::string name;
};

/// An ONNX model in the making.
class Model {
 public:
  Model& input(const std::string& name, const std::vector<Dim>& dims, int type = kFloat) {
    Message shape;
    for (const Dim& dim : dims) shape.message(1, dim.name.empty() ? Message().integer(1, dim.size) : Message().text(2, dim.name));
    graph_.message(11, Message().text(1, name).message(2, Message().message(1, Message().integer(1, type).message(2, shape))));
    return *this;
  }
  Model& output(const std::string& name) {
    graph_.message(12, Message().text(1, name));
    return *this;
  }
  Model& weight(const std::string& name, const std::vector<std::int64_t>& dims) {
    graph_.message(5, tensor(name, kFloat, dims));
    return *this;
  }
  Model& integers(const std::string& name, const std::vector<double>& numbers) {
    graph_.message(5, tensor(name, kInt64, {static_cast<std::int64_t>(numbers.size())}, numbers));
    return *this;
  }
  Model& number(const std::string& name, double value) {
    graph_.message(5, tensor(name, kFloat, {}, {value}));
    return *this;
  }
  Model& node(const std::string& op, const std::vector<std::string>& inputs, const std::string& output,
              const std::vector<Message>& attributes = {}, const std::string& domain = "") {
    Message m;
    for (const std::string& each : inputs) m.text(1, each);
    m.text(2, output).text(4, op);
    for (const Message& each : attributes) m.message(5, each);
    if (!domain.empty()) m.text(7, domain);
    graph_.message(1, m);
    return *this;
  }
  Model& raw(const Message& graph_field) {
    graph_ = Message(graph_field);
    return *this;
  }
  Message& graph() { return graph_; }

  [[nodiscard]] std::string bytes() const {
    return Message().integer(1, 8).message(8, Message().text(1, "").integer(2, 17)).message(7, graph_).bytes();
  }
  [[nodiscard]] Workload load(const std::vector<Text>& settings = {}) const { return import_onnx_bytes(bytes(), "m.onnx", settings); }
  /// Without a loss.
  [[nodiscard]] Workload layers() const { return load({{.value = "none", .file = "--set", .key = "loss"}}); }

 private:
  Message graph_;
};

}  // namespace forerun::test
