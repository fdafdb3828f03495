#include <catch2/catch.hpp>

#include "tests/support/message.hpp"
#include "tests/workloads/chakra/trace_bytes.hpp"
#include "workloads/chakra/read.hpp"

using namespace forerun;
using namespace forerun::test;

namespace {

StepPlan import(const std::vector<std::string>& files, const std::vector<Text>& settings = {}) {
  const Folder folder;
  put_traces(folder, files);
  StepPlan plan = chakra::read_trace({.value = (folder / "t.0.et").string()}, settings);
  CHECK(find_defect(plan).empty());
  return plan;
}

std::vector<int> after(const StepPlan& plan, int operation) {
  std::vector<int> named;
  for (int d = 0; d < plan.operations[operation].dependency_count; ++d)
    named.push_back(plan.dependencies[plan.operations[operation].first_dependency + d].operation);
  return named;
}

std::string_view lane_of(const StepPlan& plan, int operation) { return plan.lanes[plan.operations[operation].lane].name; }

const Collective& transfer(const StepPlan& plan, int operation) { return std::get<Collective>(plan.operations[operation].work); }

Text setting(const std::string& key, const std::string& value) { return {value, "--set", 0, 0, key}; }

}  // namespace

TEST_CASE("nodes become operations that wait for one another across lanes, in the order of dependencies and ids") {
  const StepPlan plan = import({trace({
      NodeBytes(7, compute, "last").after({3, 5}).micros(4),
      NodeBytes(5, compute, "first").micros(2).number("num_ops", 9).number("tensor_size", 8),
      comm(3, all_reduce, 100).after({5}),
      NodeBytes(6, compute, "beside").controlled_by(5),
  })});
  REQUIRE(plan.operations.size() == 4);
  CHECK(plan.operations[0].name == "first");
  CHECK(std::get<Computation>(plan.operations[0].work) == Computation{Seconds(2e-6), Flops(9), Bytes(8)});
  CHECK(transfer(plan, 1).bytes == Bytes(100));
  CHECK(after(plan, 1) == std::vector{0});
  CHECK(plan.operations[2].name == "beside");
  CHECK(after(plan, 2).empty());
  CHECK(plan.operations[3].name == "last");
  CHECK(after(plan, 3) == std::vector{1});
  CHECK(plan.step.count == 1);
  CHECK(lane_of(plan, 0) == "compute");
  CHECK(lane_of(plan, 1) == "network");
  CHECK(plan.compute_lane == plan.operations[0].lane);
}

TEST_CASE("of several operations of one lane only the last is waited for, and of the own lane none") {
  const StepPlan plan = import({trace({
      NodeBytes(0, compute).micros(1),
      NodeBytes(1, compute).micros(1).after({0}),
      comm(2, all_reduce, 100).after({0, 1}),
      NodeBytes(3, compute).micros(1).after({0, 1, 2}),
  })});
  CHECK(after(plan, 1).empty());
  CHECK(after(plan, 2) == std::vector{1});
  CHECK(after(plan, 3) == std::vector{2});
}

TEST_CASE("streams, the host and memory have lanes of their own") {
  const StepPlan plan = import({trace({
      NodeBytes(0, compute).micros(1),
      NodeBytes(1, compute).micros(1).number("stream", 7).after({0}),
      NodeBytes(2, compute).micros(1).flag("is_cpu_op", true),
      NodeBytes(3, load).micros(5),
  })});
  CHECK(lane_of(plan, 0) == "compute");
  CHECK(lane_of(plan, 1) == "stream 7");
  CHECK(after(plan, 1) == std::vector{0});
  CHECK(plan.lanes[plan.operations[2].lane] == Lane{"host", LaneKind::host});
  CHECK(plan.lanes[plan.operations[3].lane] == Lane{"storage", LaneKind::storage});
  CHECK(std::get<Delay>(plan.operations[3].work).duration == Seconds(5e-6));
}

TEST_CASE("a node of metadata takes no time, and whoever waits for it waits for what it waits for") {
  const StepPlan plan = import({trace({
      NodeBytes(0, compute).micros(1),
      NodeBytes(1, metadata).after({0}),
      comm(2, barrier, 0).after({1}),
  })});
  REQUIRE(plan.operations.size() == 2);
  CHECK(after(plan, 1) == std::vector{0});
}

TEST_CASE("an all-gather's comm_size is what each rank brings, any other's the whole") {
  const auto file = trace({comm(0, all_gather, 100), comm(1, all_to_all, 100), comm(2, reduce_scatter, 100), comm(3, broadcast, 100)});
  const StepPlan plan = import({file, file, file, file});
  CHECK(transfer(plan, 0) == Collective{Collective::Operation::all_gather, CollectiveAlgorithm::ring, 0, Bytes(400)});
  CHECK(transfer(plan, 1).bytes == Bytes(100));
  CHECK(transfer(plan, 2).operation == Collective::Operation::reduce_scatter);
  CHECK(transfer(plan, 3).operation == Collective::Operation::broadcast);
}

TEST_CASE("ranks that do the same are one class, whatever their nodes are called and numbered") {
  const StepPlan plan = import({trace({NodeBytes(0, compute, "a").micros(3), comm(1, all_reduce, 8).after({0})}),
                                trace({NodeBytes(40, compute, "b").micros(3), comm(41, all_reduce, 8).after({40})})});
  CHECK(plan.classes == std::vector<RankClass>{{"rank", 0, 2, 1}});
  CHECK(plan.operations.size() == 2);
  CHECK(plan.communicators[0].size == 2);
}

TEST_CASE("a rank that does other work is a class of its own, and the one with most compute is observed") {
  const auto file = [](std::uint64_t micros) { return trace({NodeBytes(0, compute).micros(micros), comm(1, all_reduce, 8).after({0})}); };
  const StepPlan plan = import({file(3), file(9), file(3)});
  REQUIRE(plan.classes.size() == 2);
  CHECK(plan.classes[0] == RankClass{"ranks from 0", 0, 2, 2});
  CHECK(plan.classes[1] == RankClass{"rank 1", 1, 1, 1});
  CHECK(plan.compute_class == 1);
  CHECK(plan.operations.size() == 3);
}

TEST_CASE("one trace stands for as many ranks as a setting says") {
  const StepPlan plan = import({trace({comm(0, all_reduce, 8)})}, {setting("ranks", "6")});
  CHECK(plan.ranks == 6);
  CHECK(plan.communicators[0].size == 6);
  CHECK(message_of([] {
          import({trace({NodeBytes(0, send).number("comm_size", 8).number("comm_dst", 1)})}, {setting("ranks", "6")});
        }).ends_with("node 0: is a message, and one trace stands for all ranks"));
}

TEST_CASE("process groups side by side share an operation, and groups that share a rank have different lanes") {
  const auto file = [](const std::string& near, const std::string& far) {
    return trace({comm(0, all_gather, 8).text("pg_name", near), comm(1, all_reduce, 8).text("pg_name", far)});
  };
  const Folder folder;
  put_traces(folder, {file("1", "3"), file("1", "4"), file("2", "3"), file("2", "4")});
  put(folder / "t.groups.json", R"({"1": [0, 1], "2": [2, 3], "3": [0, 2], "4": [1, 3]})");
  const StepPlan plan = chakra::read_trace({.value = (folder / "t.0.et").string()}, {});
  CHECK(plan.classes.size() == 1);
  REQUIRE(plan.operations.size() == 2);
  CHECK(plan.communicators[0].groups == 2);
  CHECK(plan.communicators[0].inner_stride == 2);
  CHECK(plan.communicators[1].member_stride == 2);
  CHECK(lane_of(plan, 0) == "network");
  CHECK(lane_of(plan, 1) == "network 2");
}

TEST_CASE("process groups are those that PyTorch declares in the trace, too") {
  const auto file = [](const std::string& name) {
    return trace(
        {NodeBytes(0, metadata, "## process_group:init ##")
             .inputs(R"(['[{"pg_name": "7", "ranks": [0, 1]}, {"pg_name": "8", "ranks": [2, 3]}, {"pg_name": "9", "ranks": []}]'])"),
         comm(1, all_reduce, 8).text("pg_name", name), comm(2, all_reduce, 8).text("pg_name", "9")});
  };
  const StepPlan plan = import({file("7"), file("7"), file("8"), file("8")});
  CHECK(plan.communicators[0].size == 2);
  CHECK(plan.communicators[1].size == 4);
}

TEST_CASE("a message is on its way once the sender has come to it, before its receiver waits for it") {
  const auto file = [](std::int64_t peer, std::int64_t first) {
    return trace({NodeBytes(0, compute).micros(static_cast<std::uint64_t>(first)),
                  NodeBytes(1, send).after({0}).number("comm_size", 10).number("comm_dst", peer).number("comm_tag", 5),
                  NodeBytes(2, receive).after({1}).number("comm_size", 10).number("comm_src", peer).number("comm_tag", 5),
                  NodeBytes(3, compute).micros(1).after({2})});
  };
  const StepPlan plan = import({file(1, 2), file(0, 3)});
  REQUIRE(plan.operations.size() == 6);
  CHECK(transfer(plan, 2).operation == Collective::Operation::send);
  CHECK(plan.communicators[transfer(plan, 2).communicator].rank(0, 1) == 1);
  CHECK(plan.communicators[transfer(plan, 3).communicator].rank(0, 1) == 0);
  CHECK(after(plan, 2) == std::vector{0});
  CHECK(after(plan, 3) == std::vector{1});
  CHECK(after(plan, 4) == std::vector{2, 3});
  CHECK(lane_of(plan, 2) != lane_of(plan, 3));
}

TEST_CASE("stages of a pipeline are classes, and their messages one operation") {
  const auto sender = [](std::int64_t peer) {
    return trace({NodeBytes(0, compute).micros(2), NodeBytes(1, send).after({0}).number("comm_size", 10).number("comm_dst", peer)});
  };
  const auto receiver = [](std::int64_t peer) {
    return trace({NodeBytes(0, receive).number("comm_size", 10).number("comm_src", peer), NodeBytes(1, compute).micros(3).after({0})});
  };
  const StepPlan plan = import({sender(2), sender(3), receiver(0), receiver(1)});
  CHECK(plan.classes.size() == 2);
  CHECK(plan.operations.size() == 3);
  CHECK(plan.communicators[0].groups == 2);
}
