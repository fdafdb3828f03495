#include <catch2/catch.hpp>
#include <filesystem>
#include <functional>
#include <iostream>
#include <random>
#include <string>
#include <vector>

#include "tests/workloads/chakra/trace_bytes.hpp"
#include "tests/workloads/hostile.hpp"
#include "workloads/chakra/read.hpp"
#include "workloads/chakra/write.hpp"

namespace forerun {
namespace {

namespace fs = std::filesystem;
using namespace test;

struct Case {
  std::string name;
  std::function<void(const Folder&)> make;  ///< puts t.0.et
  std::string reason;                       ///< a part of the message
};

Case bytes(const std::string& name, const std::string& text, const std::string& reason) {
  return {name, [text](const Folder& folder) { put(folder / "t.0.et", text); }, reason};
}

std::string repeated(std::size_t count, const std::string& text) {
  std::string all;
  all.reserve(count * text.size());
  for (std::size_t i = 0; i < count; ++i) all += text;
  return all;
}

/// A trace of one node with these bytes beside its id, its type and its duration.
std::string node_with(const std::string& more, std::uint64_t id = 0) {
  return framed(field(1, id) + field(3, compute) + field(7, 1) + more);
}
const std::string kStart = framed(field(1, "1.0.0"));

Case sparse(const std::string& name, std::uintmax_t size, const std::string& reason) {
  const auto make = [size](const Folder& folder) {
    put(folder / "t.0.et", kStart);
    fs::resize_file(folder / "t.0.et", size);
  };
  return {name, make, reason};
}

/// A collective over process group 1 beside a file that says its ranks.
Case groups(const std::string& name, const std::string& document, const std::string& reason) {
  const auto make = [document](const Folder& folder) {
    put(folder / "t.0.et", trace({comm(0, all_reduce, 8).text("pg_name", "1")}));
    put(folder / "t.groups.json", document);
  };
  return {name, make, reason};
}

/// A trace of ours in whose metadata this text is another.
std::string own_but(const std::string& before, const std::string& behind) {
  const StepPlan plan = chakra::read_trace_text(trace({NodeBytes(0, compute).micros(3), comm(1, all_reduce, 300).after({0})}));
  const std::string own = chakra::trace_of_rank(plan, {}, 0);
  std::size_t start = 0;
  std::size_t length = 0;
  for (int shift = 0; start == 0 || (own[start - 1] & 0x80) != 0; shift += 7)
    length |= static_cast<std::size_t>(own[start++] & 0x7f) << shift;
  std::string metadata = own.substr(start, length);
  const std::size_t at = metadata.find(before);
  REQUIRE(at != std::string::npos);
  return framed(metadata.replace(at, before.size(), behind)) + own.substr(start + length);
}

std::vector<Case> damaged() {
  const std::string whole = trace({NodeBytes(0, compute).micros(3), comm(1, all_reduce, 8).after({0})});
  std::string random;
  std::mt19937_64 numbers(7);
  for (int i = 0; i < 4096; ++i) random += static_cast<char>(numbers());
  const auto folder_there = [](const Folder& folder) { fs::create_directory(folder / "t.0.et"); };
  return {
      bytes("nothing", "", "is empty"),
      bytes("metadata alone", kStart, "holds no node that takes time"),
      bytes("random bytes", random, "message 1 "),
      bytes("text", "input: 4\nlayers:\n", "message 1 "),
      bytes("compressed", "\x1f\x8b\x08" + random, "is compressed"),
      bytes("cut", whole.substr(0, whole.size() - 2), "message 3 breaks off"),
      bytes("cut in a length", kStart + "\x80", "message 2 breaks off within its length"),
      bytes("length without an end", kStart + std::string(10, '\xff'), "message 2 has no valid length"),
      bytes("length of 4 GiB", kStart + varint(0xffffffff), "message 2 is 4294967295 bytes long, above 4 MiB"),
      bytes("length beyond the end", kStart + varint(1000) + "abc", "message 2 breaks off: 1000 bytes are announced, 3 are there"),
      bytes("name longer than its node", kStart + framed(field(1, 1) + "\x12\x7f" + "ab"), "message 2 is malformed"),
      bytes("wire type 7", kStart + framed("\x0f\x01"), "message 2 is malformed"),
      bytes("varint cut in a node", kStart + framed("\x08\xff"), "message 2 is malformed"),
      {"directory", folder_there, "is a directory, not a file"},
      sparse("129 MiB", std::uintmax_t{129} << 20, "is too large"),
      sparse("2 GiB", (std::uintmax_t{2} << 30) + 1, "is too large"),
      sparse("128 MiB of zeros", std::uintmax_t{128} << 20, "node 0: has the unknown type 0"),
  };
}

std::vector<Case> contradictory() {
  const std::int64_t billion = 1'000'000'000;
  const auto operations = [](std::int64_t count) {
    return field(2, field(1, "forerun.operations") + field(9, static_cast<std::uint64_t>(count)));
  };
  const std::string ring = trace({NodeBytes(1, compute).after({3}), NodeBytes(2, compute).after({1}), NodeBytes(3, compute).after({2})});
  const NodeBytes message = NodeBytes(1, send).number("comm_size", 8).number("comm_dst", billion);
  return {
      bytes("circle", ring, "node 1: waits for itself, or for nodes that wait for one another"),
      bytes("node that waits for itself", trace({NodeBytes(4, compute).after({4})}), "node 4: waits for itself"),
      bytes("dependency on no node", trace({NodeBytes(4, compute).after({9})}), "depends on node 9, which is not there"),
      bytes("id given twice", trace({NodeBytes(4, compute), NodeBytes(4, compute)}), "node 4: is there twice"),
      bytes("unknown type", trace({NodeBytes(1, 1'000'000)}), "has the unknown type 1000000"),
      bytes("unknown collective", trace({comm(1, 77, 8)}), "has the unknown comm_type 77"),
      bytes("negative size", trace({comm(1, all_reduce, -8)}), "has a comm_size that is out of range"),
      bytes("size beyond 2^53", trace({comm(1, all_reduce, (std::int64_t{1} << 53) + 1)}), "has a comm_size that is out of range"),
      bytes("duration of 2^64", trace({NodeBytes(1, compute).micros(~std::uint64_t{0})}), "has a duration_micros that is out of range"),
      bytes("rank 1e9", trace({message}), "has a comm_dst that is out of range"),
      bytes("1e9 operations of our own", own_but(operations(2), operations(billion)), "has a forerun.operations that is out of range"),
      groups("1e9 ranks", R"({"1": [0, 1000000000]})", "is out of range (got 1000000000"),
      groups("groups that are none", "[1, 2]", "is no mapping from process groups to their ranks"),
      groups("groups 1,000 deep", repeated(1'000, "{\"1\": "), "t.groups.json:1:"),
      groups("400,000 ranks", "{\"1\": [0" + repeated(400'000, ",0") + "]}", "holds too many values"),
      groups("groups of 4 MiB", "{\"1\": [0" + repeated(1 << 20, ",  0") + "]}", "is too large"),
  };
}

std::vector<Case> large() {
  std::string nodes = kStart;
  for (std::uint64_t id = 0; id <= 262'144; ++id) nodes += node_with("", id);
  const std::string attributes = field(10, "");
  std::string texts = kStart;
  std::string many = kStart;
  std::string numbers = kStart;
  for (std::uint64_t id = 0; id < 9; ++id) {
    many += node_with(repeated(2'000'000, attributes), id);
    texts += node_with(field(10, field(1, "x") + field(30, repeated(2'000'000, field(1, "")))), id);
    numbers += node_with(field(10, field(1, "x") + field(10, field(1, std::string(4'000'000, '\1')))), id);
  }
  std::string dependencies = kStart + node_with("");
  for (std::uint64_t id = 1; id < 4; ++id) dependencies += node_with(field(5, std::string(2'000'000, '\0')), id);
  std::string declared = kStart;
  const std::string list = "['[{" + repeated(120'000, "}, {") + "}]']";
  for (std::uint64_t id = 0; id < 9; ++id) declared += NodeBytes(id, metadata, "## process_group:init ##").inputs(list).framed();
  std::string streams = kStart;
  for (std::uint64_t id = 0; id < 20'000; ++id)
    streams += NodeBytes(id, compute).micros(1).number("stream", static_cast<std::int64_t>(id)).framed();
  return {
      bytes("262,145 nodes", nodes, "has more than 262144 nodes"),
      bytes("18 million attributes", many, "more than 8388608 attributes"),
      bytes("18 million texts", texts, "more than 8388608 attributes"),
      bytes("36 million numbers", numbers, "more than 8388608 attributes"),
      bytes("6 million dependencies", dependencies, "has more dependencies than a trace may have"),
      bytes("a million declared groups", declared, "process groups"),
      bytes("20,000 streams", streams, "more streams"),
      bytes("message of 5 MiB", kStart + node_with(std::string(5 << 20, '\1')), "above 4 MiB"),
  };
}

}  // namespace

TEST_CASE("hostile Chakra traces are refused with a reason within a second and 512 MiB", "[limit]") {
  Worst worst;
  for (const auto& list : {damaged, contradictory, large})
    for (const Case& each : list()) {
      const Folder folder;
      each.make(folder);
      const std::string path = (folder / "t.0.et").string();
      const Ending ending = read_limited([&] { chakra::read_trace({.value = path, .file = "--workload"}, {}); });
      INFO(each.name << ": " << ending.text.substr(0, 300) << " (" << ending.seconds << " s, " << ending.mib << " MiB)");
      CHECK(ending.text.starts_with((folder / "t.").string()));
      CHECK(ending.text.find(each.reason) != std::string::npos);
      CHECK(ending.seconds < kMostSeconds);
      worst.add(each.name, ending);
    }
  std::cout << "hostile t.0.et: " << worst.text() << "\n";
}

}  // namespace forerun
