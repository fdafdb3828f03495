#pragma once

#include <optional>
#include <string_view>

#include "core/calibration.hpp"
#include "io/text.hpp"

namespace forerun {

/// What is measured between the ranks of a node; CollectiveSample::operation is its name. A ping-pong's time is half a round trip; in an
/// incast all others send to the first rank, in a fan-out it sends to all others. Bytes are of one message; of an all-reduce,
/// reduce-scatter and broadcast of the buffer, of an all-gather of the one that each rank ends up with.
enum class CommunicationBenchmark { ping_pong, all_reduce, all_gather, reduce_scatter, broadcast, incast, fan_out };
inline constexpr int kCommunicationBenchmarks = static_cast<int>(CommunicationBenchmark::fan_out) + 1;

std::string_view to_string(CommunicationBenchmark benchmark);
/// BadInput for an unknown name.
CommunicationBenchmark parse_benchmark(const Text& text);

/// What a benchmark takes over so many ranks: log-log linear between the measured sizes; below the smallest its latency, above the largest
/// its bandwidth. Empty where the calibration has no sample of it over as many ranks. All-reduces as their models have them.
std::optional<Seconds> measured_time(const Calibration& calibration, CommunicationBenchmark benchmark, int ranks, Bytes bytes);

/// The same of one model.
Seconds collective_time(const CollectiveTimeModel& model, Bytes bytes);

}  // namespace forerun
