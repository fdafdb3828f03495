#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "tests/support/folder.hpp"

/// Execution traces byte by byte, as the published schema numbers its fields: a writer of its own beside the one under test.
namespace forerun::test {

inline std::string varint(std::uint64_t number) {
  std::string out;
  for (; number >= 0x80; number >>= 7) out += static_cast<char>((number & 0x7f) | 0x80);
  return out + static_cast<char>(number);
}

inline std::string field(int number, std::uint64_t value) { return varint(static_cast<std::uint64_t>(number) << 3) + varint(value); }
inline std::string field(int number, std::string_view bytes) {
  return varint((static_cast<std::uint64_t>(number) << 3) | 2) + varint(bytes.size()) + std::string(bytes);
}

inline std::string framed(const std::string& message) { return varint(message.size()) + message; }

enum : std::uint64_t { metadata = 1, load = 2, store = 3, compute = 4, send = 5, receive = 6, collective = 7 };
enum : std::uint64_t { all_reduce = 0, reduce = 1, all_gather = 2, broadcast = 5, all_to_all = 6, reduce_scatter = 7, barrier = 9 };

class NodeBytes {
 public:
  NodeBytes(std::uint64_t id, std::uint64_t type, const std::string& name = "node")
      : bytes_(field(1, id) + field(2, name) + field(3, type)) {}

  NodeBytes& after(std::initializer_list<std::uint64_t> ids) {
    for (const std::uint64_t id : ids) bytes_ += field(5, id);
    return *this;
  }
  NodeBytes& controlled_by(std::uint64_t id) { return add(field(4, id)); }
  NodeBytes& micros(std::uint64_t duration) { return add(field(7, duration)); }
  NodeBytes& inputs(const std::string& values) { return add(field(8, field(1, values))); }
  NodeBytes& number(const std::string& name, std::int64_t value) { return attribute(name, field(9, static_cast<std::uint64_t>(value))); }
  NodeBytes& flag(const std::string& name, bool value) { return attribute(name, field(27, value ? 1 : 0)); }
  NodeBytes& text(const std::string& name, const std::string& value) { return attribute(name, field(29, value)); }
  /// The attribute's value as the schema encodes it.
  NodeBytes& attribute(const std::string& name, const std::string& value) { return add(field(10, field(1, name) + value)); }

  [[nodiscard]] std::string framed() const { return test::framed(bytes_); }

 private:
  NodeBytes& add(const std::string& bytes) {
    bytes_ += bytes;
    return *this;
  }
  std::string bytes_;
};

inline NodeBytes comm(std::uint64_t id, std::uint64_t type, std::int64_t size) {
  return NodeBytes(id, collective).number("comm_type", static_cast<std::int64_t>(type)).number("comm_size", size);
}

/// A file of these nodes.
inline std::string trace(std::initializer_list<NodeBytes> nodes) {
  std::string out = framed(field(1, "1.0.0"));
  for (const NodeBytes& node : nodes) out += node.framed();
  return out;
}

/// A folder with one file a rank, `t.0.et` and so on.
inline void put_traces(const Folder& folder, const std::vector<std::string>& files) {
  for (std::size_t rank = 0; rank < files.size(); ++rank) put(folder / ("t." + std::to_string(rank) + ".et"), files[rank]);
}

}  // namespace forerun::test
