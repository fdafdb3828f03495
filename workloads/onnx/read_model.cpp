#include "workloads/onnx/read_model.hpp"

#include <fcntl.h>
#include <google/protobuf/io/zero_copy_stream_impl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <system_error>
#include <utility>

#include "io/format.hpp"
#include "workloads/onnx/read_tensor.hpp"

namespace forerun::onnx {
namespace {

// Field numbers: onnx/onnx.proto of ONNX 1.16, Apache License 2.0.

class ModelReader {
 public:
  ModelReader(Wire& wire, std::string file) : wire_(wire) { graph_.file = std::move(file); }

  Graph read() {
    bool has_graph = false;
    wire_.fields([&](int field) {
      if (field == 7) {
        if (has_graph) wire_.refuse("the file has two graphs");
        has_graph = true;
        read_graph();
      } else if (field == 8) {
        read_opset();
      } else {
        graph_.has_functions = graph_.has_functions || field == 25;
        wire_.skip();
      }
    });
    if (!has_graph) wire_.refuse("is no ONNX model: it has no graph");
    return std::move(graph_);
  }

 private:
  void read_opset() {
    std::string domain;
    std::int64_t version = 0;
    wire_.message([&](int field) {
      if (field == 1)
        domain = name("a domain");
      else if (field == 2)
        version = wire_.integer();
      else
        wire_.skip();
    });
    if (domain.empty() || domain == "ai.onnx") graph_.opset = std::max(graph_.opset, version);
  }

  void read_graph() {
    wire_.message([&](int field) {
      switch (field) {
        case 1: return read_node();
        case 5: return keep(graph_.initialisers, read_tensor(wire_, graph_.values, spent_));
        case 11: return keep(graph_.inputs, read_input());
        case 12: return graph_.outputs.push_back(read_input().value);
        case 15: wire_.refuse("a sparse initialiser", "dense ones");
        default: return wire_.skip();
      }
    });
  }

  template <class Item>
  void keep(std::vector<Item>& list, Item item) {
    spent_.add(wire_, sizeof(Item));
    list.push_back(std::move(item));
  }

  std::string name(const char* what) {
    std::string text = wire_.text(kMostName, what);
    spent_.add(wire_, static_cast<std::int64_t>(text.size()));
    return text;
  }

  int value(const char* what) {
    const std::string text = name(what);
    if (text.empty()) return -1;
    const int before = graph_.values.size();
    const int number = graph_.values.number(text);
    if (number == before) spent_.add(wire_, kNameCost);
    return number;
  }

  void read_node() {
    if (static_cast<std::int64_t>(graph_.nodes.size()) == kMostNodes)
      wire_.refuse("the graph has too many nodes", "at most " + std::to_string(kMostNodes));
    Node node;
    wire_.message([&](int field) {
      switch (field) {
        case 1: return link(node.inputs);
        case 2: return link(node.outputs);
        case 3: node.name = name("a node's name"); return;
        case 4: node.op = word("an operator's name"); return;
        case 5: return keep(node.attributes, read_attribute());
        case 7: {
          const int domain = word("a domain");
          if (const std::string& text = graph_.words.text(domain); !text.empty() && text != "ai.onnx") node.domain = domain;
          return;
        }
        default: return wire_.skip();
      }
    });
    if (node.op < 0) wire_.refuse("a node without an operator");
    keep(graph_.nodes, std::move(node));
  }

  void link(std::vector<int>& list) {
    if (list.size() == kMostInputs) wire_.refuse("a node has too many inputs or outputs", "at most " + std::to_string(kMostInputs));
    spent_.add(wire_, kLinkCost);
    list.push_back(value("a tensor's name"));
  }

  int word(const char* what) { return graph_.words.number(name(what)); }

  Attribute read_attribute() {
    Attribute attribute;
    wire_.message([&](int field) {
      switch (field) {
        case 1: attribute.name = word("an attribute's name"); return;
        case 2: attribute.number = static_cast<double>(wire_.number()); return;
        case 3: attribute.integer = wire_.integer(); return;
        case 4: attribute.text = wire_.small_bytes(kMostName); return;
        case 5:
          attribute.tensor = static_cast<int>(graph_.tensors.size());
          return keep(graph_.tensors, read_tensor(wire_, graph_.values, spent_));
        case 7: return whole(wire_.floats(attribute.numbers, kMostKept));
        case 8: return whole(wire_.integers(attribute.integers, kMostKept));
        default: return wire_.skip();  // graphs too: an operator that has one is unknown
      }
    });
    spent_.add(wire_, static_cast<std::int64_t>(8 * (attribute.numbers.size() + attribute.integers.size()) + attribute.text.size()));
    return attribute;
  }

  void whole(bool read) {
    if (!read) wire_.refuse("an attribute has too many numbers", "at most " + std::to_string(kMostKept));
  }

  Input read_input() {
    Input input;
    wire_.message([&](int field) {
      if (field == 1)
        input.value = value("a tensor's name");
      else if (field == 2)
        read_type(input);
      else
        wire_.skip();
    });
    if (input.value < 0) wire_.refuse("an input or output without a name");
    return input;
  }

  void read_type(Input& input) {
    wire_.message([&](int field) {
      if (field != 1) return wire_.skip();
      wire_.message([&](int inner) {
        if (inner == 1) {
          input.type = type_of(wire_.integer());
        } else if (inner == 2) {
          input.has_shape = true;
          wire_.message([&](int dim) { return dim == 1 ? read_dimension(input) : wire_.skip(); });
        } else {
          wire_.skip();
        }
      });
    });
  }

  void read_dimension(Input& input) {
    if (input.dims.size() == kMostDims) wire_.refuse("a tensor has too many dimensions", "at most " + std::to_string(kMostDims));
    Dimension dimension;
    wire_.message([&](int field) {
      if (field == 1)
        dimension.size = wire_.integer();
      else if (field == 2)
        dimension.symbol = name("a dimension's name");
      else
        wire_.skip();
    });
    keep(input.dims, std::move(dimension));
  }

  static constexpr std::int64_t kLinkCost = 32;  // bytes that an input of a node takes, here and later

  Wire& wire_;
  Graph graph_;
  Spent spent_;
};

[[noreturn]] void fail(const std::string& file, std::string what, std::string allowed = "") {
  throw BadInput(Problem{.file = file, .what = std::move(what), .allowed = std::move(allowed)});
}

}  // namespace

Graph read_model(const Text& file, std::int64_t limit) {
  const std::string& name = file.value;
  const auto cannot = [&] { fail(name, "cannot be read: " + std::generic_category().message(errno)); };
  // Not to wait for a writer where the name is that of a pipe.
  const int descriptor = ::open(name.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0 && errno == ENOENT) fail(name, "no such file");
  if (descriptor < 0) cannot();
  google::protobuf::io::FileInputStream stream(descriptor);
  stream.SetCloseOnDelete(true);
  struct stat status {};
  if (::fstat(descriptor, &status) != 0) cannot();
  if (S_ISDIR(status.st_mode)) fail(name, "is a directory, not a file");
  if (!S_ISREG(status.st_mode)) fail(name, "is no regular file");
  if (status.st_size == 0) fail(name, "is empty");
  if (status.st_size > std::min<std::int64_t>(limit, std::numeric_limits<int>::max()))
    fail(name, "is too large", format("at most {}, or what --set workload.file-limit says", human(Bytes(static_cast<double>(limit)))));
  Wire wire(stream, static_cast<int>(status.st_size), name);
  return ModelReader(wire, name).read();
}

Graph read_model_bytes(std::string_view bytes, const std::string& name) {
  if (bytes.empty()) fail(name, "is empty");
  if (bytes.size() > static_cast<std::size_t>(kFileLimit)) fail(name, "is too large");
  google::protobuf::io::ArrayInputStream stream(bytes.data(), static_cast<int>(bytes.size()));
  Wire wire(stream, static_cast<int>(bytes.size()), name);
  return ModelReader(wire, name).read();
}

}  // namespace forerun::onnx
