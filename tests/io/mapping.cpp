#include <catch2/catch.hpp>

#include "io/quantity.hpp"
#include "io/yaml.hpp"
#include "tests/support/message.hpp"

namespace forerun {
namespace {

struct Read {
  std::int64_t nodes = 0;
  std::int64_t devices = 1;
  std::size_t links = 0;
  bool had_nodes = false;
  bool had_devices = false;
};

Read read(const std::string& text) {
  const YamlNode root = read_yaml_text(text, "f.yaml");
  Problems problems;
  Read out;
  Mapping mapping(root, problems);
  out.had_nodes = mapping.required("nodes", [&](const Text& value) { out.nodes = parse_integer(value, 1, 9); });
  out.had_devices = mapping.optional("devices", [&](const Text& value) { out.devices = parse_integer(value, 1, 9); });
  mapping.optional("links", [&](const YamlNode& value) { out.links = items(value).size(); });
  mapping.finish();
  problems.throw_if_any();
  return out;
}

std::string error_of(const std::string& text) {
  return message_of([&] { read(text); });
}

}  // namespace

TEST_CASE("a mapping gives its keys to whoever asks", "[unit]") {
  const Read both = read("nodes: 3\ndevices: 2\nlinks: [a, b]\n");
  CHECK(both.nodes == 3);
  CHECK(both.devices == 2);
  CHECK(both.links == 2);
  CHECK(both.had_devices);
  const Read one = read("nodes: 3\n");
  CHECK(one.had_nodes);
  CHECK_FALSE(one.had_devices);
  CHECK(one.devices == 1);
}

TEST_CASE("a missing key is reported where the mapping starts", "[unit]") {
  CHECK(error_of("# words\ndevices: 2\n") == "f.yaml:2:1: nodes: is missing");
}

TEST_CASE("an unknown key is reported with the nearest known one", "[unit]") {
  CHECK(error_of("nodes: 1\ndevice: 2\n") == "f.yaml:2:1: device: unknown key (allowed devices, links, nodes). Did you mean devices?");
}

TEST_CASE("everything wrong in a mapping is said at once", "[unit]") {
  CHECK(error_of("devices: 0\nlinks: {a: 1}\nx: 1\n") ==
        "f.yaml:1:1: nodes: is missing\n"
        "f.yaml:1:10: devices: is out of range (got 0, allowed a whole number from 1 to 9)\n"
        "f.yaml:2:8: links: has the wrong form (got a mapping, allowed a list)\n"
        "f.yaml:3:1: x: unknown key (allowed devices, links, nodes)");
}

TEST_CASE("a key without a value is reported, optional or not", "[unit]") {
  CHECK(error_of("nodes:\n").find("nodes: has no value") != std::string::npos);
  CHECK(error_of("nodes: 1\ndevices: ~\n") == "f.yaml:2:10: devices: has no value");
}

TEST_CASE("a node of the wrong form is reported with both forms", "[unit]") {
  CHECK(error_of("nodes: [1]\n") == "f.yaml:1:8: nodes: has the wrong form (got a list, allowed a single value)");
  CHECK(error_of("[1, 2]\n") == "f.yaml:1:1: has the wrong form (got a list, allowed a mapping)");
  CHECK(error_of("word\n") == "f.yaml:1:1: has the wrong form (got a single value, allowed a mapping)");
}

}  // namespace forerun
