#include "io/yaml.hpp"

#include <catch2/catch.hpp>

#include "tests/support/folder.hpp"
#include "tests/support/message.hpp"

namespace forerun {
namespace {

std::string error_of(const std::string& text) {
  return message_of([&] { read_yaml_text(text, "f.yaml"); });
}

}  // namespace

TEST_CASE("every node knows its file, line, column and key", "[unit]") {
  const YamlNode root = read_yaml_text("# a comment\nname: x\nlayers:\n  - {kind: dense, outputs: 10}\n  - relu\n", "f.yaml");
  REQUIRE(root.kind == YamlNode::Kind::mapping);
  CHECK(root.keys[1] == Text{.value = "layers", .file = "f.yaml", .line = 3, .column = 1, .key = "layers"});
  CHECK(scalar(*root.find("name")) == Text{.value = "x", .file = "f.yaml", .line = 2, .column = 7, .key = "name"});
  const auto& layers = items(*root.find("layers"));
  REQUIRE(layers.size() == 2);
  CHECK(layers[0].text.line == 4);
  CHECK(layers[0].text.column == 5);
  CHECK(scalar(*layers[0].find("outputs")) == Text{.value = "10", .file = "f.yaml", .line = 4, .column = 28, .key = "outputs"});
  CHECK(scalar(layers[1]) == Text{.value = "relu", .file = "f.yaml", .line = 5, .column = 5, .key = "layers"});
  CHECK(root.find("absent") == nullptr);
}

TEST_CASE("JSON goes through the same reader", "[unit]") {
  const YamlNode root = read_yaml_text("{\"a\": [1, 2.5, \"x\\ny\"],\n \"b\": null, \"c\": \"null\"}", "f.json");
  CHECK(scalar(items(*root.find("a"))[1]).value == "2.5");
  CHECK(scalar(items(*root.find("a"))[2]).value == "x\ny");
  CHECK(root.find("b")->kind == YamlNode::Kind::null);
  CHECK(root.find("c")->kind == YamlNode::Kind::scalar);
  CHECK(root.find("b")->text.line == 2);
}

TEST_CASE("Windows line ends and a byte order mark are tolerated", "[unit]") {
  const YamlNode root = read_yaml_text("\xef\xbb\xbfname: x\r\nnodes: 3\r\n", "f.yaml");
  CHECK(scalar(*root.find("name")).value == "x");
  CHECK(scalar(*root.find("nodes")) == Text{.value = "3", .file = "f.yaml", .line = 2, .column = 8, .key = "nodes"});
}

TEST_CASE("a syntax error has its line and column", "[unit]") {
  CHECK(error_of("name: x\nlayers: [1, 2\n") == "f.yaml:2:14: YAML syntax: a bracket [ is not closed, or a comma is missing");
  CHECK(error_of("{\"a\": 1,\n\"b\": {\"c\": 2") == "f.yaml:2:6: YAML syntax: this brace { is not closed");
  CHECK(error_of("{\"a\": 1,\n\"b\"") == "f.yaml:1:1: YAML syntax: this brace { is not closed");
  CHECK(error_of("{\"a\": [1 \"b\": 2}") == "f.yaml:1:7: YAML syntax: this bracket [ is not closed");
  CHECK(error_of("{\"a\": \"}\\\"}\", \"b\": [") == "f.yaml:1:20: YAML syntax: this bracket [ is not closed");
  CHECK(error_of("a: b: c\n") == "f.yaml:1:5: YAML syntax: illegal map value");
  CHECK(error_of("a: 1\n\tb: 2\n").find("f.yaml:2") == 0);
  CHECK(error_of("name: x\na: \"y") == "f.yaml:2:6: YAML syntax: a quote is not closed");
  CHECK(error_of("name: x\na: \"y\nb: 2\n") == "f.yaml:3:5: YAML syntax: a quote is not closed");
  CHECK(error_of("{\"a\": [{\"b\": 1},") != "no BadInput");
}

TEST_CASE("a repeated key is reported, all of them at once", "[unit]") {
  CHECK(error_of("a: 1\nb: 2\na: 3\nb: 4\n") == "f.yaml:3:1: a: is given twice\nf.yaml:4:1: b: is given twice");
}

TEST_CASE("the same key in two mappings is no repetition", "[unit]") {
  CHECK_NOTHROW(read_yaml_text("- {a: 1}\n- {a: 2}\n", "f.yaml"));
  CHECK_NOTHROW(read_yaml_text("a: {a: 2}\n", "f.yaml"));
}

TEST_CASE("documents must be exactly one", "[unit]") {
  CHECK(error_of("") == "f.yaml: is empty");
  CHECK(error_of("# only words\n") == "f.yaml: is empty");
  CHECK(error_of("---\n") == "f.yaml: is empty");
  CHECK(error_of("a: 1\n...\n") == "no BadInput");
  CHECK(error_of("# words without a line end") == "f.yaml: is empty");
  CHECK(error_of("a: 1\n---\nb: 2\n") == "f.yaml: holds more than one document");
}

TEST_CASE("aliases are refused before they expand", "[unit]") {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 30; ++i) {
    const std::string last = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + last + ", " + last + ", " + last + "]\n";
  }
  CHECK(error_of(bomb) == "f.yaml:2:10: aliases are not supported");
}

TEST_CASE("nesting has a limit of 64 levels", "[limit]") {
  CHECK(error_of(std::string(64, '[') + std::string(64, ']')) == "no BadInput");
  CHECK(error_of(std::string(65, '[') + std::string(65, ']')) == "f.yaml:1:65: is nested too deeply (allowed at most 64 levels)");
  CHECK(error_of(std::string(100'000, '[')) != "no BadInput");
  CHECK(error_of(std::string(100'000, '[') + std::string(100'000, ']')).find("is nested too deeply") != std::string::npos);
  CHECK(error_of(std::string(100'000, '{')) != "no BadInput");
}

TEST_CASE("a key that is no name is refused", "[unit]") {
  CHECK(error_of("layers:\n  - {kind: dense, outputs: 300\n  - {kind: relu}\n").find("is a bracket before it left open?") !=
        std::string::npos);
  CHECK(error_of("? [a, b]\n: 1\n").find("a key is a list or a mapping") != std::string::npos);
  CHECK(error_of("~: 1\n").find("a key is missing") != std::string::npos);
}

TEST_CASE("a file is read as its text is", "[unit]") {
  const Folder folder;
  put(folder / "f.yaml", "nodes: 3\n");
  const YamlNode root = read_yaml(folder / "f.yaml");
  CHECK(root.find("nodes")->text == Text{.value = "3", .file = (folder / "f.yaml").string(), .line = 1, .column = 8, .key = "nodes"});
}

TEST_CASE("a character that JSON escapes as two surrogates is one", "[unit]") {
  const auto value = [](const std::string& text) { return read_yaml_text("{\"a\": " + text + "}", "f").find("a")->text.value; };
  CHECK(value(R"("x\ud83d\ude00y")") == "x\xf0\x9f\x98\x80y");
  CHECK(value(R"("\uD83D\uDE00\uD83D\uDE00")") == "\xf0\x9f\x98\x80\xf0\x9f\x98\x80");
  CHECK(value(R"("\u00e9")") == "\xc3\xa9");
  CHECK(value(R"("\\ud83d\\ude00")") == R"(\ud83d\ude00)");
  for (const std::string alone : {R"("\ud83d")", R"("\ud83dx")", R"("\ud83d\u0041")", R"("\ude00")", R"("\ud83d\ud83d")"})
    CHECK_THROWS_AS(value(alone), BadInput);
}

TEST_CASE("a scalar between quotes is known as one", "[unit]") {
  const YamlNode root = read_yaml_text("{\"a\": \"1\", \"b\": 1, 'c': '1', \"d\": true}", "f");
  CHECK(root.find("a")->quoted);
  CHECK(!root.find("b")->quoted);
  CHECK(root.find("c")->quoted);
  CHECK(!root.find("d")->quoted);
}

}  // namespace forerun
