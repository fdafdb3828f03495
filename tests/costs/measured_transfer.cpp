#include "costs/measured_transfer.hpp"

#include <catch2/catch.hpp>
#include <cmath>

#include "core/error.hpp"
#include "costs/communication_benchmark.hpp"
#include "costs/kernel_fit.hpp"
#include "costs/transfer_time.hpp"

using namespace forerun;

namespace {

using Kind = Collective::Operation;
using enum CommunicationBenchmark;

/// Each benchmark by a line through two sizes, over two ranks and three: bytes x `slope`, at least `latency`.
Calibration with(std::initializer_list<std::pair<CommunicationBenchmark, double>> slopes) {
  Calibration calibration;
  calibration.name = "mine";
  for (const auto& [benchmark, slope] : slopes)
    for (int ranks = 2; ranks <= (benchmark == ping_pong ? 2 : 3); ++ranks)
      for (const double bytes : {1e3, 1e6}) {
        const Seconds time(bytes * slope * (ranks - 1));
        calibration.collectives.push_back({std::string(to_string(benchmark)), ranks, Bytes(bytes), time, time, time});
      }
  fit(calibration);
  return calibration;
}

double seconds(Kind kind, int ranks, double bytes, const Calibration& calibration) {
  return measured_transfer_cost({kind, CollectiveAlgorithm::ring, 0, Bytes(bytes)}, ranks, calibration).duration().value();
}

Platform one_node(int devices) {
  Platform platform;
  platform.nodes = 1;
  platform.devices_per_node = devices;
  return platform;
}

}  // namespace

TEST_CASE("inside a node whose link nobody described a transfer takes what the same was measured to take, over as many ranks") {
  const Calibration calibration = with({{ping_pong, 1e-9},
                                        {all_reduce, 2e-9},
                                        {all_gather, 3e-9},
                                        {reduce_scatter, 4e-9},
                                        {broadcast, 5e-9},
                                        {incast, 6e-9},
                                        {fan_out, 7e-9}});
  const std::vector<std::pair<Kind, double>> slopes = {
      {Kind::send, 1e-9},      {Kind::all_reduce, 2e-9}, {Kind::all_gather, 3e-9}, {Kind::reduce_scatter, 4e-9},
      {Kind::broadcast, 5e-9}, {Kind::push, 6e-9},       {Kind::pull, 7e-9}};
  for (const auto& [kind, slope] : slopes)
    for (const int ranks : {2, 3}) {
      if (kind == Kind::send && ranks == 3) continue;
      INFO(to_string(kind) << " over " << ranks);
      CHECK(is_measured({kind}, ranks, calibration));
      for (const double bytes : {1e3, 2e4, 1e6, 1e8})
        CHECK(seconds(kind, ranks, bytes, calibration) == Approx(bytes * slope * (ranks - 1)));
      CHECK(seconds(kind, ranks, 1, calibration) == Approx(1e3 * slope * (ranks - 1)));
    }
}

TEST_CASE("a transfer that was not measured over as many ranks takes its ring's messages") {
  const Calibration calibration = with({{ping_pong, 1e-9}, {all_reduce, 2e-9}});
  const double n = 8e6;
  CHECK_FALSE(is_measured({Kind::all_reduce}, 4, calibration));
  CHECK(seconds(Kind::all_reduce, 4, n, calibration) == Approx(1.5 * n * 1e-9));
  CHECK(seconds(Kind::all_gather, 4, n, calibration) == Approx(0.75 * n * 1e-9));
  CHECK(seconds(Kind::reduce_scatter, 4, n, calibration) == Approx(0.75 * n * 1e-9));
  CHECK(seconds(Kind::all_to_all, 4, n, calibration) == Approx(0.75 * n * 1e-9));
  CHECK(seconds(Kind::broadcast, 4, n, calibration) == Approx(n * 1e-9));
  CHECK(seconds(Kind::shift, 4, n, calibration) == Approx(n * 1e-9));
  CHECK(seconds(Kind::push, 4, n, calibration) == Approx(3 * n * 1e-9));
  CHECK(seconds(Kind::all_gather, 4, 4, calibration) == Approx(3 * 1e-6));  // three messages of the shortest time
}

TEST_CASE("what many send to a server is its latency first, and then by bytes, which other servers share") {
  const OperationCost push = measured_transfer_cost({Kind::push, CollectiveAlgorithm::ring, 0, Bytes(1e5)}, 2, with({{incast, 1e-9}}));
  CHECK(push.latency.value() == Approx(1e-6));
  CHECK(push.drain.value() == Approx(1e-4 - 1e-6));
}

TEST_CASE("without messages, what was not measured is refused with what to do") {
  const Calibration calibration = with({{all_reduce, 2e-9}});
  CHECK_THROWS_WITH(seconds(Kind::all_gather, 2, 8, calibration),
                    Catch::Contains("calibration mine measured neither all-gather over 2 ranks of one node nor messages") &&
                        Catch::Contains("forerun calibrate --network") && Catch::Contains("platform.intra-node-bandwidth"));
  CHECK_THROWS_AS(seconds(Kind::all_reduce, 4, 8, calibration), MissingCapability);
}

TEST_CASE("a described link counts more than what was measured, and between nodes nothing measured counts") {
  const Calibration calibration = with({{ping_pong, 1}, {all_gather, 1}, {incast, 1}});
  Communicator pair;
  pair.size = 2;
  const Collective gather{Kind::all_gather, CollectiveAlgorithm::ring, 0, Bytes(1e6)};
  CHECK(transfer_cost(gather, pair, one_node(2), calibration).duration().value() == Approx(1e6));
  Platform described = one_node(2);
  described.intra_node = {BytesPerSecond(1e9), Seconds(1e-6)};
  CHECK(transfer_cost(gather, pair, described, calibration).duration().value() < 1e-2);
  Platform apart = one_node(1);
  apart.nodes = 2, apart.inter_node = {BytesPerSecond(1e9), Seconds(1e-6)};
  CHECK(transfer_cost(gather, pair, apart, calibration).duration().value() < 1e-2);
  const Collective push{Kind::push, CollectiveAlgorithm::ring, 0, Bytes(1e6)};
  CHECK(transfer_cost(push, pair, one_node(2), calibration).duration().value() == Approx(1e6));
  CHECK(transfer_cost(push, pair, apart, calibration).duration().value() < 1e-2);
}

TEST_CASE("a measured collective is log-log linear between sizes, constant below and proportional above") {
  const CollectiveTimeModel model{2, {std::log(1e3), std::log(1e5)}, {std::log(1e-5), std::log(1e-3)}};
  CHECK(collective_time(model, Bytes(1e4)).value() == Approx(1e-4));
  CHECK(collective_time(model, Bytes(10)).value() == Approx(1e-5));
  CHECK(collective_time(model, Bytes(1e7)).value() == Approx(1e-1));
}
