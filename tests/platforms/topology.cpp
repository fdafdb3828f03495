#include <catch2/catch.hpp>

#include "platforms/load.hpp"
#include "tests/support/folder.hpp"
#include "tests/support/message.hpp"

namespace forerun {
namespace {

using Kind = Topology::Kind;

const std::string kNodes = "memory-per-node: 4 GiB\nnodes: 64\nlink-bandwidth: 1 GB/s\nlink-latency: 1 us\n";

Text setting(const std::string& key, const std::string& value) { return {.value = value, .file = "--set", .key = key}; }

Platform load(const std::string& text, const std::vector<Text>& settings = {}) {
  const Folder folder;
  put(folder / "p.yaml", text);
  return load_platform({.value = (folder / "p.yaml").string()}, settings);
}

std::string error_of(const std::string& more, const std::vector<Text>& settings = {}) {
  std::string message = message_of([&] { load(kNodes + more, settings); });
  const std::size_t file = message.find("p.yaml");
  return file == std::string::npos ? message : message.substr(file);
}

}  // namespace

TEST_CASE("a platform without a topology is a star", "[unit]") {
  CHECK(load(kNodes).topology == Topology{});
  CHECK(load(kNodes + "topology: star\n").topology == Topology{});
}

TEST_CASE("a fat tree has a shape, and an over-subscription a level", "[unit]") {
  const Topology tree = load(kNodes + "topology: fat-tree\nfat-tree: 16x2\noversubscription: 4\n").topology;
  CHECK(tree == Topology{.kind = Kind::fat_tree, .shape = {16, 2}, .oversubscription = {4, 1}});
  CHECK(load(kNodes, {setting("topology", "fat-tree"), setting("fat-tree", "8")}).topology ==
        Topology{.kind = Kind::fat_tree, .shape = {8}, .oversubscription = {1}});
  CHECK(load(kNodes + "topology: fat-tree\nfat-tree: 8x2\noversubscription: 1x2.5\n").topology.oversubscription[1] == 2.5);
}

TEST_CASE("a torus and a dragonfly have a shape, and bandwidths of their own", "[unit]") {
  CHECK(load(kNodes + "topology: torus\ntorus: 4x8x2\n").topology == Topology{.kind = Kind::torus, .shape = {4, 8, 2}});
  CHECK(load(kNodes + "topology: torus\ntorus: 64\nlocal-bandwidth: 3 GB/s\n").topology.local == BytesPerSecond(3e9));
  CHECK(load(kNodes + "topology: dragonfly\ndragonfly: 4x5\nlocal-bandwidth: 3 GB/s\nglobal-bandwidth: 40 Gbit/s\n").topology ==
        Topology{.kind = Kind::dragonfly, .shape = {4, 5}, .local = BytesPerSecond(3e9), .global = BytesPerSecond(5e9)});
}

TEST_CASE("a setting of another topology leaves nothing of the file's", "[unit]") {
  const std::string tree = kNodes + "topology: fat-tree\nfat-tree: 16x2\noversubscription: 4\n";
  CHECK(load(tree, {setting("topology", "star")}).topology == Topology{});
  CHECK(load(tree, {setting("topology", "fat-tree"), setting("fat-tree", "4")}).topology ==
        Topology{.kind = Kind::fat_tree, .shape = {4}, .oversubscription = {4}});
}

TEST_CASE("what is wrong with a topology is bad input with file and line", "[unit]") {
  CHECK(error_of("topology: fat-tre\n") ==
        "p.yaml:5:11: topology: unknown value (got fat-tre, allowed star, fat-tree, torus, dragonfly, routes). Did you mean fat-tree?");
  CHECK(error_of("topology: fat-tree\n") ==
        "p.yaml:5:11: fat-tree: is missing: topology asks for it (allowed whole numbers with x between them)");
  CHECK(error_of("fat-tree: 16\n") == "p.yaml:5:11: fat-tree: says nothing of a star, which joins the nodes here (got 16)");
  CHECK(error_of("topology: fat-tree\nfat-tree: 16x0\n") ==
        "p.yaml:6:11: fat-tree: is out of range (got 0, allowed a whole number from 1 to 1048576)");
  CHECK(error_of("topology: fat-tree\nfat-tree: 16x-2\n").find("p.yaml:6:11: fat-tree: is out of range (got -2") == 0);
  CHECK(error_of("topology: fat-tree\nfat-tree: 16x\n").find("p.yaml:6:11: fat-tree: ") == 0);
  CHECK(error_of("topology: fat-tree\nfat-tree: 1.5\n").find("p.yaml:6:11: fat-tree: ") == 0);
  CHECK(error_of("topology: fat-tree\nfat-tree: 1048576x1048576x1048576\n") ==
        "p.yaml:6:11: fat-tree: holds too many nodes (got 1048576x1048576x1048576, allowed a product of at most 1048576)");
  CHECK(error_of("topology: fat-tree\nfat-tree: 1x1x1x1x1x1x1\n") ==
        "p.yaml:6:11: fat-tree: has too many numbers (got 1x1x1x1x1x1x1, allowed at most 6, with x between them)");
  CHECK(error_of("topology: torus\ntorus: 4x4x3\n") == "p.yaml:6:8: torus: holds 48 nodes (got 4x4x3, allowed a product of all nodes, 64)");
  CHECK(error_of("topology: torus\ntorus: 4x4x4\nglobal-bandwidth: 1 GB/s\n") ==
        "p.yaml:7:19: global-bandwidth: says nothing of a torus, which joins the nodes here (got 1 GB/s)");
  CHECK(error_of("topology: torus\ntorus: 4x4x4\n", {setting("nodes", "65")}).find("torus: holds 64 nodes") != std::string::npos);
  CHECK(error_of("topology: dragonfly\ndragonfly: 4\n") ==
        "p.yaml:6:12: dragonfly: is one number (got 4, allowed nodes of a router x routers of a group)");
  CHECK(error_of("topology: dragonfly\ndragonfly: 4x4x4\n").find("p.yaml:6:12: dragonfly: has too many numbers") == 0);
  CHECK(error_of("topology: dragonfly\ndragonfly: 4x4\nlocal-bandwidth: 0 GB/s\n").find("p.yaml:7:18: local-bandwidth: is zero") == 0);
  CHECK(error_of("topology: dragonfly\ndragonfly: 4x4\nlocal-bandwidth: -2 GB/s\n").find("p.yaml:7:18: local-bandwidth: is negative") == 0);
  CHECK(error_of("topology: fat-tree\nfat-tree: 16\noversubscription: 0.5\n").find("p.yaml:7:19: oversubscription: is out of range") == 0);
  CHECK(error_of("topology: fat-tree\nfat-tree: 16\noversubscription: 2x2\n").find("p.yaml:7:19: oversubscription: has too many") == 0);
}

TEST_CASE("a key that is missing is named as the settings beside it are", "[unit]") {
  CHECK_THAT(error_of("", {setting("topology", "torus")}), Catch::StartsWith("--set: platform.torus: is missing: topology asks"));
  CHECK_THAT(error_of("", {setting("spot-price", "1USD/h")}), Catch::StartsWith("--set: platform.price: is missing: spot-price"));
}

TEST_CASE("all that is wrong with a topology is said at once", "[unit]") {
  const std::string message = error_of("topology: fat-tree\nfat-tree: 0\nnics: 0\n");
  CHECK(message.find("fat-tree: is out of range") != std::string::npos);
  CHECK(message.find("nics: is out of range") != std::string::npos);
}

TEST_CASE("a topology reads back as it was written", "[unit]") {
  for (const std::string text : {"topology: fat-tree\nfat-tree: 16x2\n", "topology: fat-tree\nfat-tree: 16x2x3\noversubscription: 1x2.5\n",
                                 "topology: torus\ntorus: 4x16\nlocal-bandwidth: 24 Gbit/s\n",
                                 "topology: dragonfly\ndragonfly: 4x16\nlocal-bandwidth: 24 Gbit/s\nglobal-bandwidth: 8 Gbit/s\n"}) {
    const Platform platform = load(kNodes + text);
    const std::string written = platform_yaml(platform);
    CHECK(written.find(text) != std::string::npos);
    CHECK(load(written) == platform);
  }
}

}  // namespace forerun
