#include <catch2/catch.hpp>
#include <limits>

#include "core/error.hpp"
#include "tests/support/message.hpp"
#include "tests/workloads/chakra/trace_bytes.hpp"
#include "workloads/chakra/read.hpp"
#include "workloads/chakra/trace.hpp"
#include "workloads/chakra/write.hpp"

using namespace forerun;
using namespace forerun::test;

namespace {

std::string refusal(const std::string& bytes) {
  return message_of([&] { chakra::read_trace_text(bytes); });
}

std::string refusal_of(const std::vector<std::string>& files, const std::vector<Text>& settings = {}) {
  const Folder folder;
  put_traces(folder, files);
  std::string message = message_of([&] { chakra::read_trace({.value = (folder / "t.0.et").string()}, settings); });
  while (message.find(folder.path().string() + "/") != std::string::npos)
    message.erase(message.find(folder.path().string() + "/"), folder.path().string().size() + 1);
  return message;
}

std::string missing_in(const std::string& bytes) {
  try {
    chakra::read_trace_text(bytes);
  } catch (const MissingCapability& error) {
    return error.what();
  }
  return "nothing is missing";
}

std::string real(double value) {
  std::string bits(sizeof value, '\0');
  std::copy_n(reinterpret_cast<const char*>(&value), sizeof value, bits.begin());
  return varint((3U << 3) | 1) + bits;
}

}  // namespace

TEST_CASE("a trace that breaks off is refused wherever it does") {
  const std::string whole = trace({NodeBytes(0, compute, "a").micros(7), comm(1, all_reduce, 8).after({0})});
  CHECK(refusal("") == "trace: is empty");
  std::size_t refused = 0;
  for (std::size_t size = 0; size < whole.size(); ++size) refused += refusal(whole.substr(0, size)) != "no BadInput" ? 1 : 0;
  // The one cut between the two nodes leaves a whole trace of one node.
  CHECK(refused == whole.size() - 1);
  CHECK(refusal(whole.substr(0, whole.size() - 1)).starts_with("trace: message 3 breaks off: "));
}

TEST_CASE("lengths that cannot be are refused before they are believed") {
  CHECK(refusal(framed("") + varint(0xffffffff)) == "trace: message 2 is 4294967295 bytes long, above 4 MiB");
  CHECK(refusal(framed("") + "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01") ==
        "trace: message 2 has no valid length: is this a Chakra trace?");
  CHECK(refusal("%PDF-1.7 and more") == "trace: message 1 breaks off: 37 bytes are announced, 16 are there");
}

TEST_CASE("ids that are there twice, or named but not there, are refused") {
  CHECK(refusal(trace({NodeBytes(4, compute), NodeBytes(4, compute)})) == "trace: node 4: is there twice");
  CHECK(refusal(trace({NodeBytes(4, compute).after({9})})) == "trace: node 4: depends on node 9, which is not there");
}

TEST_CASE("nodes that wait for one another are refused") {
  const std::string message = "waits for itself, or for nodes that wait for one another";
  CHECK(refusal(trace({NodeBytes(4, compute).after({4})})) == "trace: node 4: " + message);
  CHECK(refusal(trace({NodeBytes(1, compute).after({3}), NodeBytes(2, compute), NodeBytes(3, compute).after({1, 2})})) ==
        "trace: node 1: " + message);
}

TEST_CASE("types, numbers and texts that are none are refused by node") {
  CHECK(refusal(trace({NodeBytes(1, 12)})) == "trace: node 1: has the unknown type 12");
  CHECK(refusal(trace({NodeBytes(1, collective)})) == "trace: node 1: has no comm_type");
  CHECK(refusal(trace({comm(1, 77, 8)})) == "trace: node 1: has the unknown comm_type 77");
  CHECK(refusal(trace({comm(1, all_reduce, -8)})) == "trace: node 1: has a comm_size that is out of range");
  CHECK(refusal(trace({NodeBytes(1, collective).number("comm_type", 0).text("comm_size", "8")})) ==
        "trace: node 1: has a comm_size that is no whole number");
  CHECK(refusal(trace({NodeBytes(1, compute).micros(std::numeric_limits<std::uint64_t>::max())})) ==
        "trace: node 1: has a duration_micros that is out of range");
  CHECK(refusal(trace({NodeBytes(1, compute).attribute("num_ops", real(std::numeric_limits<double>::quiet_NaN()))})) ==
        "trace: node 1: has a num_ops that is not finite");
  CHECK(refusal(trace({NodeBytes(1, compute).attribute("num_ops", real(-1))})) == "trace: node 1: has a num_ops that is negative");
  CHECK(refusal(trace({NodeBytes(1, metadata)})) == "trace: holds no node that takes time");
}

TEST_CASE("what no model prices is missing by its name") {
  CHECK(missing_in(trace({comm(1, reduce, 8)})).starts_with("trace: node 1 is a reduce, which has no cost model yet"));
  CHECK(missing_in(trace({NodeBytes(1, store)})) ==
        "trace: node 1 loads or stores remote memory without a duration, which has no cost model yet");
  CHECK(missing_in(trace({comm(1, all_reduce, 8).attribute("involved_dim", field(28, field(1, std::string_view("\x01\x00", 2))))}))
            .find("involved_dim") != std::string::npos);
}

TEST_CASE("ranks that do not come to the same collectives and messages are refused") {
  CHECK(refusal_of({trace({comm(3, all_reduce, 8)}), trace({NodeBytes(0, compute)})}) ==
        "t.0.et: node 3: is a collective that rank 1 never comes to");
  CHECK(refusal_of({trace({comm(3, all_reduce, 8)}), trace({comm(4, all_reduce, 9)})}) ==
        "t.1.et: node 4: is no counterpart of what the other ranks do then: they differ in kind or size");
  CHECK(refusal_of({trace({comm(3, all_reduce, 8).text("pg_name", "x")})}) ==
        "t.0.et: node 3: is over a process group of which nothing says its ranks: --set workload.groups=FILE");
  const NodeBytes message = NodeBytes(1, send).number("comm_size", 8).number("comm_dst", 1);
  CHECK(refusal_of({trace({message}), trace({NodeBytes(0, compute)})}) == "t.0.et: node 1: sends a message that rank 1 never receives");
  CHECK(refusal_of({trace({message})}) == "t.0.et: node 1: is a message between rank 0 and rank 1");
}

TEST_CASE("ranks that wait for one another in a circle are refused") {
  const auto file = [](std::int64_t peer) {
    return trace({NodeBytes(1, receive).number("comm_size", 8).number("comm_src", peer),
                  NodeBytes(2, send).number("comm_size", 8).number("comm_dst", peer).after({1})});
  };
  CHECK(refusal_of({file(1), file(0)}).ends_with("waits for other ranks in a circle"));
}

TEST_CASE("groups that are no list of ranks are refused") {
  const Folder folder;
  put_traces(folder, {trace({comm(0, all_reduce, 8).text("pg_name", "1")})});
  const auto with = [&](const std::string& groups) {
    put(folder / "t.groups.json", groups);
    const std::string message = message_of([&] { chakra::read_trace({.value = (folder / "t.0.et").string()}, {}); });
    return message.substr(folder.path().string().size() + 1);
  };
  CHECK(with("[1]").find("is no mapping from process groups to their ranks") != std::string::npos);
  CHECK(with(R"({"1": [0, 0]})").find("names a rank twice") != std::string::npos);
  CHECK(with(R"({"1": [0, 5]})") == "t.groups.json: process group 1: names rank 5, and there are 1");
}

TEST_CASE("a rank whose file is missing is named") {
  const Folder folder;
  const std::string file = trace({comm(0, all_reduce, 8)});
  put_traces(folder, {file, file, file});
  const std::string first = (folder / "t.0.et").string();
  std::filesystem::remove(folder / "t.1.et");
  CHECK(message_of([&] { chakra::read_trace({.value = first}, {}); }) == (folder / "t.1.et").string() + ": is missing: t.2.et is there");
  std::filesystem::rename(folder / "t.2.et", folder / "t.x.2.et");  // of another trace
  CHECK(message_of([&] { chakra::read_trace({.value = first}, {}); }) == "no BadInput");
}

TEST_CASE("settings and names that mean no trace are refused") {
  const std::string file = trace({comm(0, all_reduce, 8)});
  const auto setting = [](const std::string& key, const std::string& value) { return Text{value, "--set", 0, 0, key}; };
  CHECK(refusal_of({file}, {setting("batch", "8")}) == "--set: workload.batch: is no setting of a trace (got 8, allowed groups, ranks)");
  CHECK(refusal_of({file, file}, {setting("ranks", "3")}) ==
        "t.0.et: workload.ranks: does not fit the files beside it: t.2.et is missing (got 3, allowed 2)");
  CHECK(refusal_of({file, file}, {setting("ranks", "1")}) == "t.0.et: workload.ranks: does not fit the files beside it (got 1, allowed 2)");
  CHECK(message_of([] { chakra::read_trace({.value = "x/t.3.et", .file = "--workload"}, {}); }) ==
        "--workload: is the trace of another rank (got x/t.3.et, allowed the trace of rank 0, NAME.0.et)");
  CHECK(message_of([] { chakra::read_trace({.value = "x/t.0.et", .file = "--workload"}, {}); }) == "x/t.0.et: no such file");
  CHECK(refusal_of({"\x1f\x8b\x08"}) == "t.0.et: is compressed: unpack it with gunzip first");
}

TEST_CASE("a trace of which one byte is another is read or refused, whatever byte it is") {
  const std::string whole = trace({NodeBytes(0, metadata, "## process_group:init ##").inputs(R"(['[{"pg_name": "7", "ranks": [0]}]'])"),
                                   NodeBytes(1, compute).micros(3).number("num_ops", 9).number("stream", 2),
                                   comm(2, all_gather, 8).after({1}).text("pg_name", "7"), NodeBytes(3, load).micros(5).after({2})});
  const std::string own = chakra::trace_of_rank(chakra::read_trace_text(whole), {}, 0);
  for (const std::string& bytes : {whole, own})
    for (std::size_t at = 0; at < bytes.size(); ++at)
      for (const int change : {0x01, 0x7f, 0x80, 0xff}) {
        std::string other = bytes;
        other[at] = static_cast<char>(other[at] ^ change);
        try {
          const StepPlan plan = chakra::read_trace_text(other);
          CHECK(find_defect(plan).empty());
        } catch (const BadInput& refused) {
          CHECK_FALSE(refused.problems().front().file.empty());
        } catch (const MissingCapability&) {
        }
      }
}

TEST_CASE("attributes of ours that contradict the published ones are refused") {
  const StepPlan plan = chakra::read_trace_text(trace({NodeBytes(0, compute).micros(3), comm(1, all_reduce, 300).after({0})}));
  const std::string own = chakra::trace_of_rank(plan, {}, 0);
  const auto with = [&](const std::string& before, const std::string& behind) {
    const std::size_t at = own.find(before);
    REQUIRE(at != std::string::npos);
    return refusal(std::string(own).replace(at, before.size(), behind));
  };
  CHECK(refusal(own) == "no BadInput");
  CHECK(with("comm_size" + field(9, 300), "comm_size" + field(9, 301)) ==
        "trace: node 1: has a comm_size that its forerun.bytes contradicts");
  CHECK(with("forerun.lane" + field(9, 1), "forerun.lane" + field(9, 5)) == "trace: node 1: has a forerun.lane that is out of range");
  CHECK(with("forerun.layer", "forerun.later") == "trace: node 0: has no forerun.layer");
}

TEST_CASE("a trace with too many nodes is refused") {
  std::string many = trace({});
  for (std::uint64_t id = 0; id <= chakra::kMostNodes; ++id) many += framed(field(1, id) + field(3, compute));
  CHECK(refusal(many) == "trace: has more than 262144 nodes");
}
