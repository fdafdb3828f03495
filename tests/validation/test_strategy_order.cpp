#include <catch2/catch.hpp>

#include "validation/strategy_order.hpp"

using namespace forerun;

namespace {

ScoredRun row(const std::string& strategy, std::int64_t batch, double measured, double predicted) {
  ScoredRun run{.engine = "paper", .metric = "step_time_s", .workload = "net", .batch = batch, .ranks = 4, .measured = measured};
  run.subject = "net";
  run.strategy = strategy;
  run.predicted = predicted;
  run.error = predicted / measured - 1;
  return run;
}

StrategyOrder order_of(const std::vector<ScoredRun>& rows) {
  const auto orders = strategy_order(rows);
  REQUIRE(orders.size() == 1);
  return orders.front();
}

}  // namespace

TEST_CASE("strategies are ordered by their time a sample, whatever their batch") {
  // 1 s a step of 100 samples against 2 s of 400: the second is faster a sample.
  const StrategyOrder right = order_of({row("data=4", 400, 2, 3), row("filter=4", 100, 1, 1)});
  CHECK(right.pairs == 1);
  CHECK(right.ordered == 1);
  const StrategyOrder wrong = order_of({row("data=4", 400, 2, 5), row("filter=4", 100, 1, 1)});
  CHECK(wrong.pairs == 1);
  CHECK(wrong.ordered == 0);
  REQUIRE(wrong.wrong.size() == 1);
  CHECK(wrong.wrong[0].faster == "data=4");
  CHECK(wrong.wrong[0].measured_ratio == Approx(2));
  CHECK(wrong.wrong[0].predicted_ratio == Approx(0.8));
}

TEST_CASE("a prediction that does not tell strategies apart orders none") {
  CHECK(order_of({row("data=4", 100, 1, 1), row("filter=4", 100, 2, 1)}).ordered == 0);
}

TEST_CASE("ranges that overlap, and times within a tenth, do not qualify") {
  CHECK(order_of({row("data=4", 100, 1, 1), row("data=4", 100, 3, 1), row("filter=4", 100, 2, 2)}).pairs == 0);
  CHECK(order_of({row("data=4", 100, 1, 1), row("filter=4", 100, 1.09, 2)}).pairs == 0);
  CHECK(order_of({row("data=4", 100, 1, 1), row("filter=4", 100, 1.11, 2)}).pairs == 1);
  ScoredRun spread = row("data=4", 100, 1, 1);
  spread.measured_p90 = 2;
  CHECK(order_of({spread, row("filter=4", 100, 1.5, 2)}).pairs == 0);
}

TEST_CASE("other models, other numbers of ranks and rows without an error make no pair") {
  ScoredRun other = row("filter=4", 100, 2, 2);
  other.ranks = 8;
  CHECK(order_of({row("data=4", 100, 1, 1), other}).pairs == 0);
  other.ranks = 4;
  other.subject = "other";
  CHECK(order_of({row("data=4", 100, 1, 1), other}).pairs == 0);
  ScoredRun denied = row("filter=4", 100, 2, 2);
  denied.error.reset();
  CHECK(order_of({row("data=4", 100, 1, 1), denied}).pairs == 0);
}

TEST_CASE("throughputs compare the other way round") {
  ScoredRun fast = row("data=4", 100, 200, 150), slow = row("filter=4", 100, 100, 120);
  fast.metric = slow.metric = "throughput_samples_per_s";
  const StrategyOrder order = order_of({fast, slow});
  CHECK(order.pairs == 1);
  CHECK(order.ordered == 1);
}
