#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <functional>
#include <iostream>
#include <string>
#include <vector>

#include "tests/support/folder.hpp"
#include "tests/workloads/hostile.hpp"
#include "tests/workloads/onnx/model.hpp"
#include "workloads/formulas.hpp"
#include "workloads/load.hpp"

namespace forerun {
namespace {

namespace fs = std::filesystem;
using test::Message;
using test::Model;

struct Case {
  std::string name;
  std::function<void(const fs::path&)> make;
  std::string reason;  ///< a part of the message
};

/// A file of these bytes.
Case bytes(const std::string& name, const std::string& text, const std::string& reason) {
  return {name, [text](const fs::path& path) { put(path, text); }, reason};
}

Case model(const std::string& name, const Model& m, const std::string& reason) { return bytes(name, m.bytes(), reason); }

Case sparse(const std::string& name, std::uintmax_t size, const std::string& reason) {
  const auto make = [size](const fs::path& path) {
    put(path, "");
    fs::resize_file(path, size);
  };
  return {name, make, reason};
}

/// A dense layer without a bias that reads the sample, and is the first output.
Model small() {
  Model m;
  m.input("x", {"batch", 8}).output("y").weight("w", {8, 8}).node("MatMul", {"x", "w"}, "y");
  return m;
}

/// small() with more in its graph.
Model with(const std::function<void(Message&)>& more) {
  Model m = small();
  more(m.graph());
  return m;
}

Model chain(int count, const std::string& op) {
  Model m;
  m.input("x", {"batch", 8}).output("y").weight("w", {8, 8}).node("MatMul", {"x", "w"}, "t0");
  for (int i = 0; i < count; ++i) m.node(op, {"t" + std::to_string(i)}, "t" + std::to_string(i + 1));
  return m.node("Relu", {"t" + std::to_string(count)}, "y");
}

/// Messages in one another: each holds the one before as each of these fields in turn.
std::string nested(int depth, const std::vector<int>& fields) {
  Message m;
  for (int i = 0; i < depth; ++i)
    for (const int field : fields) m = Message().message(field, m);
  return m.bytes();
}

std::string repeated(std::size_t count, const std::string& text) {
  std::string all;
  all.reserve(count * text.size());
  for (std::size_t i = 0; i < count; ++i) all += text;
  return all;
}

/// The graph's bytes as a model.
std::string file(const std::string& graph) { return Message().integer(1, 8).text(7, graph).bytes(); }

Message elsewhere(const std::string& name, const std::string& location, int type, const std::vector<std::int64_t>& dims) {
  return test::tensor(name, type, dims).message(13, Message().text(1, "location").text(2, location)).integer(14, 1);
}

/// A model whose shapes depend on the numbers of another file.
Model depends_on(const std::string& location) {
  Model m;
  m.input("x", {"batch", 8}).output("y").weight("w", {8, 8}).node("MatMul", {"x", "w"}, "t").node("Reshape", {"t", "shape"}, "y");
  m.graph().message(5, elsewhere("shape", location, test::kInt64, {2}));
  return m;
}

std::vector<Case> files() {
  const auto link = [](const std::string& target) { return [target](const fs::path& path) { fs::create_symlink(target, path); }; };
  const std::string whole = small().bytes();
  return {
      bytes("nothing", "", "is empty"),
      bytes("text", "input: 4\nlayers:\n", "is no ONNX"),
      bytes("random bytes", "\x93\x1f\xd2\x08{[\x7f\xee:,\x01]]}", "m.onnx: byte "),
      bytes("zeros", std::string(100, '\0'), "there is a field without a number"),
      bytes("cut in its graph", whole.substr(0, whole.size() / 2), "the file is cut off"),
      bytes("cut in a length", whole.substr(0, 12), "m.onnx: byte "),
      bytes("varint without an end", "\x08" + std::string(11, '\xff'), "the file is cut off"),
      {"directory", [](const fs::path& path) { fs::create_directory(path); }, "is a directory, not a file"},
      {"link to a directory", link("/"), "is a directory, not a file"},
      {"link to itself", link("m.onnx"), "cannot be read"},
      {"link to nothing", link("nowhere"), "no such file"},
      {"link to a device", link("/dev/zero"), "is no regular file"},
      {"pipe", [](const fs::path& path) { ::mkfifo(path.c_str(), 0600); }, "is no regular file"},
      sparse("513 MiB", std::uintmax_t{513} << 20, "is too large"),
      sparse("2 GiB", (std::uintmax_t{2} << 30) + 1, "is too large"),
      sparse("512 MiB of zeros", std::uintmax_t{512} << 20, "there is a field without a number"),
  };
}

std::vector<Case> fields() {
  const auto twice = [] { return file(small().graph().bytes()) + Message().text(7, small().graph().bytes()).bytes(); };
  return {
      bytes("no graph", Message().integer(1, 8).bytes(), "it has no graph"),
      bytes("two graphs", twice(), "the file has two graphs"),
      bytes("group", "\x13\x14", "has a type that it does not use"),
      bytes("wire type 7", "\x0f\x01", "has a type that it does not use"),
      bytes("number for the graph", Message().integer(7, 5).bytes(), "field 7 has the wrong type"),
      bytes("text longer than the file", "\x12\xff\xff\xff\x7f" + std::string("abc"), "a field is longer than what holds it"),
      bytes("text of 2^63 bytes", "\x12" + std::string(8, '\xff') + "\x7f", "a field is longer than what holds it"),
      bytes("name longer than its node", file("\x0a\x04\x0a\x7fxy"), "a field is longer than what holds it"),
      bytes("17 million fields", repeated(17'000'000, Message().integer(1, 8).bytes()), "too many fields"),
      bytes("a million nodes", file(repeated(1'000'001, Message().message(1, Message().text(4, "Relu")).bytes())), "too many nodes"),
      model("node of 5,000 inputs", small().node("Sum", std::vector<std::string>(5'000, "x"), "z"), "too many inputs or outputs"),
      model("name of 2,000 bytes", small().node("Relu", {std::string(2'000, 'n')}, "z"), "is too long"),
      model("packed numbers of 8 MiB",
            with([](Message& g) { g.message(1, Message().text(4, "Relu").message(5, Message().text(8, std::string(8 << 20, '\1')))); }),
            "an attribute has too many numbers"),
      model("packed dims of 8 MiB", with([](Message& g) { g.message(5, Message().text(1, std::string(8 << 20, '\1'))); }),
            "a tensor has too many dimensions"),
      model("sparse initialiser", with([](Message& g) { g.message(15, Message()); }), "a sparse initialiser"),
  };
}

std::vector<Case> tensors() {
  const std::int64_t huge = std::int64_t{1} << 32;
  Model expanded = Model().input("x", {"batch", 8}).output("y").integers("to", {4e9, 4e9, 8}).node("Expand", {"x", "to"}, "y");
  return {
      model("65 dims", small().weight("v", std::vector<std::int64_t>(65, 1)), "a tensor has too many dimensions"),
      model("input of 65 dims", Model().input("x", std::vector<test::Dim>(65, 1)), "a tensor has too many dimensions"),
      model("elements beyond 2^64", small().weight("v", {huge, huge, huge}), "a tensor is too large"),
      model("elements beyond 2^53", small().weight("v", {std::int64_t{1} << 27, (std::int64_t{1} << 26) + 1}), "a tensor is too large"),
      model("negative dim", small().weight("v", {-8, 8}), "a tensor's dimension is negative"),
      model("input without a size", Model().input("x", {"batch", -8}).output("y").node("Relu", {"x"}, "y"), "x-1"),
      model("input of 2^62", Model().input("x", {"batch", std::int64_t{1} << 62}).output("y").node("Relu", {"x"}, "y"), "too large"),
      model("copies beyond 2^53", expanded, "too large"),
      model("shape in another file", depends_on("shape.bin"), "depends on the values of shape, which the file does not tell"),
      model("shape outside of the folder", depends_on("../../../../../../etc/passwd"), "depends on the values of shape"),
      model("shape at an absolute path", depends_on("/etc/passwd"), "depends on the values of shape"),
      model("initialiser twice", small().weight("w", {8, 8}), "the tensor w is defined twice"),
  };
}

std::vector<Case> graphs() {
  const std::string inner = nested(2'000, {6, 5, 1});  // a graph's node's attribute's graph
  Model deep = small();
  deep.graph().message(1, Message().text(1, "y").text(2, "z").text(4, "If").message(5, Message().text(1, "then").text(6, inner)));
  deep.output("z");
  Model calls = Model().input("x", {"batch", 8}).output("y").node("F", {"x"}, "y", {}, "local");
  const Message itself = Message()
                             .text(1, "F")
                             .text(4, "x")
                             .text(5, "y")
                             .text(10, "local")
                             .message(7, Message().text(1, "x").text(2, "y").text(4, "F").text(7, "local"));
  const std::string function = Message().message(25, itself).bytes();
  Model constants = Model().input("x", {"batch", 8}).output("y");
  constants.integers("c", std::vector<double>(4'096, 7)).node("Neg", {"c"}, "t0");
  for (int i = 0; i < 8'000; ++i) constants.node("Neg", {"t" + std::to_string(i)}, "t" + std::to_string(i + 1));
  constants.node("Add", {"x", "t8000"}, "y");
  std::string names;
  for (int i = 0; i < 600'000; ++i) names += Message().message(5, Message().text(8, "n" + std::to_string(i))).bytes();
  Model circle =
      Model().input("x", {"batch", 8}).output("y").node("Add", {"x", "b"}, "a").node("Relu", {"a"}, "b").node("Relu", {"b"}, "y");
  return {
      model("circle", circle, "the graph has a cycle"),
      model("node that reads itself", Model().input("x", {"batch", 8}).output("y").node("Add", {"x", "y"}, "y"), "the graph has a cycle"),
      model("tensor that nothing defines", small().node("Relu", {"q"}, "z"), "reads q, which nothing defines"),
      model("no output", Model().input("x", {"batch", 8}).node("Relu", {"x"}, "y"), "the graph has no output"),
      model("unknown operator", Model().input("x", {"batch", 8}).output("y").node("Frobnicate", {"x"}, "y"),
            "the operator Frobnicate is not supported: there is no rule for its shape and its cost"),
      model("unknown domain", Model().input("x", {"batch", 8}).output("y").node("Relu", {"x"}, "y", {}, "com.other"),
            "the operator com.other.Relu is not supported"),
      model("graphs 2,000 deep", deep, "the operator If is not supported"),
      bytes("function that calls itself", calls.bytes() + function, "functions of the file itself have to be inlined before"),
      bytes("20,000 functions", calls.bytes() + repeated(20'000, function), "functions of the file itself have to be inlined before"),
      model("140,000 layers", chain(140'000, "Relu"), "the network has too many layers"),
      model("names of 600,000 tensors", with([&](Message& g) { g.append(names); }), "the graph is too large"),
      model("numbers calculated 8,000 times", constants, "the graph is too large"),
  };
}

}  // namespace

TEST_CASE("hostile ONNX files are refused with a reason within a second and 512 MiB", "[limit]") {
  test::Worst worst;
  for (const auto& list : {files, fields, tensors, graphs})
    for (const Case& each : list()) {
      const Folder folder;
      const fs::path path = folder / "m.onnx";
      each.make(path);
      const test::Ending ending = test::read_limited([&] { load_workload({.value = path.string(), .file = "--workload"}, {}); });
      INFO(each.name << ": " << ending.text.substr(0, 300) << " (" << ending.seconds << " s, " << ending.mib << " MiB)");
      CHECK(ending.text.starts_with(path.string() + ":"));
      CHECK(ending.text.find(each.reason) != std::string::npos);
      CHECK(ending.seconds < test::kMostSeconds);
      worst.add(each.name, ending);
    }
  std::cout << "hostile m.onnx: " << worst.text() << "\n";
}

TEST_CASE("a file limit above 2 GiB does not open larger files", "[limit]") {
  const Folder folder;
  const fs::path path = folder / "m.onnx";
  put(path, "");
  fs::resize_file(path, (std::uintmax_t{3} << 30));
  const std::vector<Text> settings = {{.value = "4 GiB", .file = "--set", .key = "file-limit"}};
  const test::Ending ending = test::read_limited([&] { load_workload({.value = path.string(), .file = "--workload"}, settings); });
  CHECK(ending.text.starts_with(path.string() + ": is too large"));
  CHECK(ending.seconds < test::kMostSeconds);
}

TEST_CASE("a truncated ONNX file is refused wherever it ends", "[limit]") {
  const std::string whole = chain(3, "Relu").bytes();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const std::string text = test::ending_of([&] { import_onnx_bytes(std::string_view(whole).substr(0, size), "m.onnx", {}); });
    INFO(size << ": " << text);
    CHECK(text.starts_with("m.onnx: "));
  }
}

TEST_CASE("weights that stand in another file are counted, and that file is never opened", "[limit]") {
  const Folder folder;
  const fs::path path = folder / "m.onnx";
  // Who opened the pipe to read would wait for ever.
  ::mkfifo((folder / "weights").c_str(), 0600);
  Model m = Model().input("x", {"batch", 8}).output("y").node("MatMul", {"x", "w"}, "y");
  m.graph().message(5, elsewhere("w", "weights", test::kFloat, {8, 5}));
  put(path, m.bytes());
  CHECK(parameters(load_workload({.value = path.string(), .file = "--workload"}, {})) == 40);
}

}  // namespace forerun
