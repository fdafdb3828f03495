#include "workloads/collective.hpp"

#include <catch2/catch.hpp>

using namespace forerun;

namespace {

StepPlan plan(const std::string& name, const std::vector<Text>& settings, int ranks = 8) {
  return collective_plan({name, "--workload", 0, 0, ""}, settings, ranks, CollectiveAlgorithm::automatic);
}

}  // namespace

TEST_CASE("a collective alone is a plan without a defect, whose one transfer all ranks share") {
  for (const std::string_view name : known_collectives()) {
    INFO(name);
    const StepPlan made = plan(std::string(name), {{"1MiB", "--set", 0, 0, "bytes"}});
    CHECK(find_defect(made).empty());
    const auto& collective = std::get<Collective>(made.operations.front().work);
    CHECK(to_string(collective.operation) == name);
    CHECK(collective.bytes == Bytes(1 << 20));
    CHECK(made.communicators.front().size == 8);
    CHECK(made.ranks == 8);
  }
}

TEST_CASE("a collective alone needs bytes, and knows no other setting") {
  CHECK_THROWS_WITH(plan("all-reduce", {}), Catch::Contains("workload.bytes: is missing"));
  CHECK_THROWS_WITH(plan("all-reduce", {{"0", "--set", 0, 0, "bytes"}}), Catch::Contains("bytes"));
  CHECK_THROWS_WITH(plan("all-reduce", {{"8", "--set", 0, 0, "batch"}}),
                    Catch::Contains("unknown setting of a collective alone (got workload.batch"));
  CHECK_THROWS_WITH(plan("all-reduce", {{"8MB", "--set", 0, 0, "byte"}}), Catch::Contains("Did you mean workload.bytes?"));
}

TEST_CASE("only the names of collectives mean one") {
  CHECK(names_a_collective("reduce-scatter"));
  CHECK_FALSE(names_a_collective("resnet50"));
  CHECK_FALSE(names_a_collective("send"));
}
