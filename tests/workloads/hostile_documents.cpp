#include <catch2/catch.hpp>
#include <filesystem>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/folder.hpp"
#include "tests/workloads/hostile.hpp"
#include "workloads/load.hpp"

namespace forerun {
namespace {

struct Case {
  std::string name;
  std::string text;    ///< of the file
  std::string reason;  ///< a part of the message
};

std::string times(std::size_t count, const std::string& text) {
  std::string all;
  all.reserve(count * text.size());
  for (std::size_t i = 0; i < count; ++i) all += text;
  return all;
}

/// "0" + between + "1" + between ...
std::string counted(int count, const std::string& before, const std::string& behind) {
  std::string all;
  for (int i = 0; i < count; ++i) all += before + std::to_string(i) + behind;
  return all;
}

std::string utf16(const std::string& text) {
  std::string wide = "\xff\xfe";
  for (const char c : text) wide += {c, '\0'};
  return wide;
}

void check(const std::vector<Case>& cases, const std::string& file) {
  test::Worst worst;
  for (const Case& each : cases) {
    const Folder folder;
    const std::string path = (folder / file).string();
    put(path, each.text);
    const test::Ending ending = test::read_limited([&] { load_workload({.value = path, .file = "--workload"}, {}); });
    INFO(each.name << ": " << ending.text.substr(0, 300) << " (" << ending.seconds << " s, " << ending.mib << " MiB)");
    CHECK((ending.text.starts_with(path + ":") || ending.text.find("got " + path) != std::string::npos));
    CHECK(ending.text.find(each.reason) != std::string::npos);
    CHECK(ending.text.size() < 100'000);
    CHECK(ending.seconds < test::kMostSeconds);
    worst.add(each.name, ending);
  }
  std::cout << "hostile " << file << ": " << worst.text() << "\n";
}

/// A configuration of GPT-2 with this beside its type.
std::string gpt2(const std::string& more) { return R"({"model_type": "gpt2", )" + more + "}"; }

const std::string kHead = "input: 4\nlayers:\n- {kind: dense, name: first, outputs: 4}\n";
const std::string kEnd = "- {kind: softmax-cross-entropy}\n";

}  // namespace

TEST_CASE("hostile config.json files are refused with a reason within a second and 512 MiB", "[limit]") {
  const std::string deep = times(50'000, "[") + times(50'000, "]");
  check(
      {
          {"nothing", "", "is empty"},
          {"white space", times(1'000'000, " \n").substr(0, 1'500'000), "is empty"},
          {"byte order mark alone", "\xef\xbb\xbf", "is empty"},
          {"byte order mark and half a document", "\xef\xbb\xbf{\"model_type\": \"gpt2\"", "config.json:1:1: "},
          {"UTF-16", utf16(gpt2("\"n_layer\": 2")), "UTF-16"},
          {"zero byte", gpt2(std::string("\"a\": \"\0\"", 8)), "zero byte"},
          {"random bytes", "\x93\x1f\xd2\x08{[\x7f\xee:,\x01]]}", "has the wrong form"},
          {"deep lists", gpt2("\"a\": " + deep), "is nested too deeply"},
          {"deep lists without an end", times(100'000, "["), "config.json:1:"},
          {"deep mappings", times(60'000, "{\"a\": "), "config.json:1:"},
          {"1.5 MiB of numbers", gpt2("\"a\": [" + times(780'000, "1,") + "1]"), "holds too many values"},
          {"1.5 MiB of nothing", gpt2("\"a\": [" + times(1'500'000, ",") + "1]"), "holds too many values"},
          {"as many keys as there may be", gpt2(counted(60'000, "\"k", "\": 1,") + "\"n_layer\": 0"), "layer: is out of range"},
          {"larger than a configuration", gpt2("\"a\": \"" + std::string(2 << 20, 'x') + "\""), "is too large"},
          {"key given twice", gpt2("\"n_layer\": 2, \"n_layer\": 3"), "n_layer: is given twice"},
          {"keys given twice", gpt2("\"a\": 1" + times(60'000, ", \"a\": 1")), "more is wrong than is shown"},
          {"1e400", gpt2("\"n_embd\": 1e400"), "is not a whole number (got 1e400"},
          {"NaN", gpt2("\"n_embd\": NaN"), "is not a whole number (got NaN"},
          {"infinity", gpt2("\"n_head\": -Infinity"), "is not a whole number (got -Infinity"},
          {"negative", gpt2("\"n_embd\": -768"), "is out of range (got -768"},
          {"2^64", gpt2("\"n_embd\": 18446744073709551616"), "(got 18446744073709551616"},
          {"a million digits", gpt2("\"n_embd\": " + std::string(1'000'000, '9')), "99..."},
          {"comma decimal", gpt2("\"n_embd\": \"768,0\""), "n_embd: is a string"},
          {"mapping for a number", gpt2("\"n_layer\": {}"), "has the wrong form"},
          {"list for a document", "[1]", "has the wrong form"},
          {"null", "null", "is empty"},
          {"two documents", gpt2("\"n_layer\": 2") + "\n---\n{}", "holds more than one document"},
          {"text without an end", gpt2("\"n_layer\": \"2"), "is not closed"},
          {"1e9 layers", gpt2("\"n_layer\": 1000000000"), "layers: is out of range"},
          {"sizes beyond 2^53", gpt2("\"n_embd\": 2147483640, \"n_inner\": 2147483647, \"n_head\": 8"), "too large"},
          {"unknown type of a megabyte", R"({"model_type": ")" + std::string(1'400'000, 'x') + "\"}", "unknown model type"},
      },
      "config.json");
}

TEST_CASE("hostile YAML files are refused with a reason within a second and 512 MiB", "[limit]") {
  std::string laughs = "a: &a [ha, ha]\n";
  for (char c = 'b'; c <= 'z'; ++c)
    laughs += std::string{c} + ": &" + c + " [" + times(9, "*" + std::string{static_cast<char>(c - 1)} + ", ") + "1]\n";
  std::string stairs;
  for (std::size_t i = 0; i < 1500; ++i) stairs += std::string(i, ' ') + "a:\n";
  const std::string name(500'000, 'n');
  check(
      {
          {"nothing", "", "is empty"},
          {"a million empty lines", times(1'000'000, "\n"), "is empty"},
          {"a million lines", times(1'000'000, "a: 1\n"), "is too large"},
          {"300,000 equal keys", times(300'000, "a: 1\n"), "holds too many values"},
          {"190,000 equal keys", times(190'000, "a: 1\n"), "a: is given twice"},
          {"a line of 1.5 MiB", "a: " + std::string(1'500'000, 'x'), "is neither a description"},
          {"UTF-16", utf16(kHead + kEnd), "UTF-16"},
          {"billion laughs", laughs, "aliases are not supported"},
          {"anchors", "a:\n" + counted(60'000, "- &x", " 1\n"), "is neither a description"},
          {"deep lists", "a: " + times(50'000, "["), "n.yaml:1:"},
          {"deep dashes", times(100'000, "- "), "is nested too deeply"},
          {"stairs", stairs, "is nested too deeply"},
          {"tags", times(200'000, "!a "), "YAML syntax"},
          {"a key of a megabyte for each item of its list",
           kHead + kEnd + "? \"" + std::string(1'000'000, 'k') + "\"\n: [" + times(150'000, "1,") + "1]\n", "kkk...: unknown key"},
          {"key given twice", "input: 4\ninput: 5\n", "input: is given twice"},
          {"unknown key", kHead + kEnd + "layer: 1\n", "layer: unknown key"},
          {"100,000 unknown keys", kHead + kEnd + counted(100'000, "k", ": 1\n"), "more is wrong than is shown"},
          {"90,000 unknown keys of a layer", "input: 4\nlayers: [{kind: relu, " + counted(90'000, "k", ": 1, ") + "}]", "k0: unknown key"},
          {"190,000 layers that are none", "input: 4\nlayers: [" + times(190'000, "1,") + "1]", "more is wrong than is shown"},
          {"50,000 unknown kinds", "input: 4\nlayers:\n" + times(50'000, "- {kind: x}\n"), "unknown kind of layer"},
          {"30,000 layers of one name", kHead + times(30'000, "- {kind: relu, name: a}\n"), "two layers have this name"},
          {"95,000 layers that nobody reads", kHead + times(95'000, "- kind: relu\n") + "- {kind: softmax-cross-entropy, from: first}\n",
           "nobody reads its output"},
          {"1e9 repeats", kHead + "- {repeat: 1000000000, layers: [{kind: relu}]}\n" + kEnd, "repeat: is out of range"},
          {"blocks of 4e9 layers", kHead + times(20'000, "- {repeat: 65536, layers: [{kind: relu}]}\n") + kEnd,
           "the network has too many layers"},
          {"4e9 inputs", kHead + "- {repeat: 60000, layers: [{kind: add, from: [" + times(60'000, "first,") + "first]}]}\n" + kEnd,
           "the layers have too many inputs"},
          {"layers with 30 GB of names", kHead + "- {repeat: 60000, layers: [{kind: relu, name: " + name + "}]}\n" + kEnd, "is too long"},
          {"blocks with 30 GB of names", kHead + "- {repeat: 60000, name: " + name + ", layers: [{kind: relu}]}\n" + kEnd, "is too long"},
          {"circle", kHead + "- {kind: add, name: a, from: [first, b]}\n- {kind: relu, name: b, from: a}\n" + kEnd,
           "names no layer before this one (got b)"},
          {"reads itself", kHead + "- {kind: relu, name: a, from: a}\n" + kEnd, "names no layer before this one (got a)"},
          {"shape of 2^93", "input: {channels: 2147483647, height: 2147483647, width: 2147483647}\nlayers:\n" + kEnd, "too large"},
          {"channels beyond 2^63",
           "input: 2000000000\nlayers:\n- {kind: concat, name: a, from: [input" + times(4'000, ", input") +
               "]}\n- {kind: concat, name: b, from: [a" + times(5'000, ", a") + "]}\n- {kind: dense, outputs: 4}\n" + kEnd,
           "b: the tensor is too large"},
          {"NaN", "input: NaN\nlayers:\n" + kEnd, "is not a whole number (got NaN"},
          {"1e400", "input: 4\nlayers:\n- {kind: dense, outputs: 1e400}\n" + kEnd, "is not a whole number (got 1e400"},
          {"comma decimal", "input: 4\nlayers:\n- {kind: dense, outputs: \"4,5\"}\n" + kEnd, "is not a whole number (got 4,5"},
          {"window of nothing", "input: {channels: 1, height: 4, width: 4}\nlayers:\n- {kind: max-pool, window: 0}\n" + kEnd, "window"},
          {"patterns for layers",
           "frozen: \"" + counted(50'000, "*", "*,") + "\"\n" + kHead + times(10'000, "- {kind: dense, outputs: 4}\n") + kEnd,
           "is too long for a network of so many layers"},
          {"pattern of a megabyte", "frozen: \"" + times(700'000, "*a") + "\"\n" + kHead + kEnd, "names no layer with parameters"},
          {"a family's list of 190,000", "family: cosmoflow\nfilters: \"" + times(190'000, "64,") + "64\"", "is a list of 190001 numbers"},
          {"a family's list of words", "family: resnet\nblocks: \"" + times(60'000, "x,") + "x\"", "is not a whole number (got x"},
          {"a family's 1e9 tables", "family: dlrm\ntables: 1000000000\n", "tables: is out of range"},
          {"100,000 unknown parameters", "family: vgg\n" + counted(100'000, "k", ": 1\n"), "k0: unknown setting"},
      },
      "n.yaml");
}

}  // namespace forerun
