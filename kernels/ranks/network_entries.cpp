#include "kernels/ranks/network_entries.hpp"

#include <algorithm>

namespace forerun {

namespace {

using enum CommunicationBenchmark;

constexpr auto kNumber = static_cast<std::int64_t>(sizeof(float));

/// 4, 16, 64, ... and `largest`, in whole numbers.
std::vector<std::int64_t> sizes_up_to(std::int64_t largest) {
  std::vector<std::int64_t> sizes;
  for (std::int64_t bytes = kNumber; bytes < largest; bytes *= 4) sizes.push_back(bytes);
  sizes.push_back(std::max<std::int64_t>(1, largest / kNumber) * kNumber);
  return sizes;
}

std::vector<std::int64_t> sizes_of(CommunicationBenchmark benchmark, int ranks, std::int64_t largest) {
  if (benchmark == incast || benchmark == fan_out) return sizes_up_to(largest / (ranks - 1));
  std::vector<std::int64_t> sizes = sizes_up_to(largest);
  if (benchmark != all_gather && benchmark != reduce_scatter) return sizes;
  const std::int64_t one_each = ranks * kNumber;
  for (std::int64_t& bytes : sizes) bytes = std::max<std::int64_t>(1, bytes / one_each) * one_each;
  sizes.erase(std::ranges::unique(sizes).begin(), sizes.end());
  return sizes;
}

}  // namespace

std::vector<CommunicationBenchmark> communication_benchmarks() {
  std::vector<CommunicationBenchmark> all;
  for (int i = 0; i < kCommunicationBenchmarks; ++i) all.push_back(static_cast<CommunicationBenchmark>(i));
  return all;
}

std::vector<NetworkEntry> network_entries(std::span<const CommunicationBenchmark> benchmarks, int ranks, std::int64_t largest) {
  std::vector<NetworkEntry> entries;
  for (const CommunicationBenchmark benchmark : benchmarks)
    for (int members = 2; members <= (benchmark == ping_pong ? 2 : ranks); ++members)
      for (const std::int64_t bytes : sizes_of(benchmark, members, largest)) entries.push_back({benchmark, members, bytes});
  return entries;
}

}  // namespace forerun
