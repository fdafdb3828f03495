#include <catch2/catch.hpp>

#include "cherrypick/search.hpp"
#include "tests/cherrypick/support.hpp"

using namespace forerun;
using namespace forerun::cherrypick;

TEST_CASE("of two that cost the same the faster one is the answer, and of two that take the same the cheaper one") {
  const Catalogue catalogue{{.name = "slow", .rate = DollarsPerSecond(1), .features = {0}},
                            {.name = "fast", .rate = DollarsPerSecond(4), .features = {1}},
                            {.name = "dear", .rate = DollarsPerSecond(8), .features = {2}}};
  for (const Objective objective : {Objective::cost, Objective::front}) {
    Search search(catalogue, {.goal = {.objective = objective}});
    search.tell(0, {Outcome::ok, Seconds(400)});
    search.tell(1, {Outcome::ok, Seconds(100)});
    search.tell(2, {Outcome::ok, Seconds(90)});
    CHECK(search.answer().best->candidate == 1);
    CHECK(search.to_confirm(1) == std::vector<int>{1});
  }
  Search by_time(catalogue, {.goal = {.objective = Objective::time}});
  by_time.tell(2, {Outcome::ok, Seconds(100)});
  by_time.tell(1, {Outcome::ok, Seconds(100)});
  by_time.tell(0, {Outcome::ok, Seconds(400)});
  CHECK(by_time.answer().best->candidate == 1);
}

TEST_CASE("one run says nothing of what others may take") {
  Search search(row_of_clusters(8), {});
  search.tell(0, {Outcome::ok, Seconds(100)});
  CHECK_FALSE(search.answer().chance_of_better);
  search.tell(1, {Outcome::oom, Seconds(10)});
  CHECK_FALSE(search.answer().chance_of_better);
  search.tell(2, {Outcome::ok, Seconds(50)});
  CHECK(search.answer().chance_of_better);
}
