#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

/// An ONNX file as it was read: its graph of nodes and what is known of its tensors, weights left out.
namespace forerun::onnx {

inline constexpr std::int64_t kFileLimit = std::int64_t{512} << 20;  ///< bytes, unless a setting says otherwise
inline constexpr std::int64_t kMostNodes = 1'000'000;
inline constexpr std::int64_t kMostLayers = 1 << 17;
inline constexpr std::size_t kMostDims = 64;
inline constexpr std::size_t kMostName = 1024;                        ///< bytes
inline constexpr std::size_t kMostKept = 4096;                        ///< elements of a tensor whose values are kept: shapes, axes, scalars
inline constexpr std::size_t kMostInputs = 4096;                      ///< of one node
inline constexpr std::int64_t kMostMemory = std::int64_t{128} << 20;  ///< bytes of names, numbers and shapes
inline constexpr std::int64_t kNameCost = 192;                        ///< bytes of tables that a tensor's name takes, here and later
inline constexpr std::int64_t kMostFields = std::int64_t{1} << 24;    ///< protobuf fields that are read or skipped
inline constexpr std::int64_t kMostElements = std::int64_t{1} << 53;  ///< of a tensor: beyond, a double does not count exactly

using Dims = std::vector<std::int64_t>;

/// Element types by their published numbers.
enum class Type {
  undefined = 0,
  float32 = 1,
  uint8 = 2,
  int8 = 3,
  uint16 = 4,
  int16 = 5,
  int32 = 6,
  int64 = 7,
  string = 8,
  boolean = 9,
  float16 = 10,
  float64 = 11,
  uint32 = 12,
  uint64 = 13,
  complex64 = 14,
  complex128 = 15,
  bfloat16 = 16,
  last = 64
};

constexpr bool is_float(Type type) {
  return type == Type::float32 || type == Type::float16 || type == Type::float64 || type >= Type::bfloat16;
}

/// A tensor that stands in the file. Integers are clamped to +-2^53.
struct Tensor {
  int name = -1;
  Type type = Type::undefined;
  Dims dims;
  bool known = false;  ///< whether `numbers` holds its elements
  std::vector<double> numbers;
};

struct Attribute {
  int name = -1;  ///< of Graph::words
  std::int64_t integer = 0;
  double number = 0;
  std::string text;
  std::vector<std::int64_t> integers;
  std::vector<double> numbers;
  int tensor = -1;  ///< of Graph::tensors
};

struct Node {
  std::string name;
  int op = -1;               ///< of Graph::words
  int domain = -1;           ///< of Graph::words; -1 for ONNX's own
  std::vector<int> inputs;   ///< of Graph::values; -1 for one that is left out
  std::vector<int> outputs;  ///< the same
  std::vector<Attribute> attributes;
};

/// A dimension that is a number, or one of a name or without any.
struct Dimension {
  std::int64_t size = -1;
  std::string symbol;
};

struct Input {
  int value = -1;
  Type type = Type::undefined;
  bool has_shape = false;
  std::vector<Dimension> dims;
};

/// Texts that occur again and again, as numbers from 0.
class Names {
 public:
  int number(std::string_view text) {
    const auto [at, added] = numbers_.try_emplace(std::string(text), static_cast<int>(texts_.size()));
    if (added) texts_.push_back(&at->first);
    return at->second;
  }
  [[nodiscard]] const std::string& text(int number) const { return *texts_[static_cast<std::size_t>(number)]; }
  [[nodiscard]] int size() const { return static_cast<int>(texts_.size()); }

 private:
  std::unordered_map<std::string, int> numbers_;  // its keys stay where they are
  std::vector<const std::string*> texts_;
};

struct Graph {
  std::string file;  ///< as messages name it
  std::int64_t opset = 0;
  bool has_functions = false;
  Names words;   ///< operators, domains, attributes
  Names values;  ///< tensors between nodes
  std::vector<Node> nodes;
  std::vector<Tensor> tensors;  ///< those of attributes
  std::vector<Tensor> initialisers;
  std::vector<Input> inputs;
  std::vector<int> outputs;

  [[nodiscard]] const std::string& op(const Node& node) const { return words.text(node.op); }
};

}  // namespace forerun::onnx
