#include "costs/measured_transfer.hpp"

#include <algorithm>
#include <optional>
#include <string>

#include "core/error.hpp"
#include "costs/collectives.hpp"
#include "costs/communication_benchmark.hpp"
#include "costs/server_transfer.hpp"

namespace forerun {

namespace {

constexpr Bytes kShortest(1);

/// What is measured of an operation; empty of those that nothing measures.
std::optional<CommunicationBenchmark> benchmark_of(Collective::Operation operation) {
  switch (operation) {
    case Collective::Operation::all_reduce: return CommunicationBenchmark::all_reduce;
    case Collective::Operation::all_gather: return CommunicationBenchmark::all_gather;
    case Collective::Operation::reduce_scatter: return CommunicationBenchmark::reduce_scatter;
    case Collective::Operation::broadcast: return CommunicationBenchmark::broadcast;
    case Collective::Operation::send: return CommunicationBenchmark::ping_pong;
    case Collective::Operation::pull: return CommunicationBenchmark::fan_out;
    case Collective::Operation::push: return CommunicationBenchmark::incast;
    case Collective::Operation::all_to_all:
    case Collective::Operation::shift:
    case Collective::Operation::barrier: break;
  }
  return {};
}

std::optional<Seconds> time_of_same(const Collective& collective, int ranks, Bytes bytes, const Calibration& calibration) {
  const auto benchmark = benchmark_of(collective.operation);
  return benchmark ? measured_time(calibration, *benchmark, ranks, bytes) : std::nullopt;
}

/// Servers share links with one another, so that what is of bytes stands apart.
OperationCost server_cost(Seconds shortest, Seconds whole) {
  const Seconds latency = std::min(shortest, whole);
  return {latency, whole - latency, Bytes(0)};
}

}  // namespace

bool is_measured(const Collective& collective, int ranks, const Calibration& calibration) {
  return time_of_same(collective, ranks, collective.bytes, calibration).has_value();
}

OperationCost measured_transfer_cost(const Collective& collective, int ranks, const Calibration& calibration) {
  const bool served = is_server_transfer(collective.operation);
  if (const auto whole = time_of_same(collective, ranks, collective.bytes, calibration)) {
    if (served) return server_cost(*time_of_same(collective, ranks, kShortest, calibration), *whole);
    return {*whole, Seconds(0), Bytes(0)};
  }
  const auto message = [&](Bytes bytes) {
    const auto time = measured_time(calibration, CommunicationBenchmark::ping_pong, 2, bytes);
    if (time) return *time;
    throw MissingCapability("calibration " + calibration.name + " measured neither " + std::string(to_string(collective.operation)) +
                            " over " + std::to_string(ranks) +
                            " ranks of one node nor messages; run forerun calibrate --network, or describe the link there: "
                            "--set platform.intra-node-bandwidth=... and -latency=...");
  };
  if (served) return server_cost((ranks - 1) * message(kShortest), (ranks - 1) * message(collective.bytes));
  const RingPhase ring = ring_phase(collective, ranks);
  return {ring.hops * message(ring.edge_bytes / ring.hops), Seconds(0), Bytes(0)};
}

}  // namespace forerun
