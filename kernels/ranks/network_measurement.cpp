#include "kernels/ranks/network_measurement.hpp"

#include "core/random.hpp"
#include "io/format.hpp"
#include "kernels/microbenchmarks/journal.hpp"

namespace forerun {

namespace {

/// Equal lists, equal numbers.
std::uint64_t fingerprint(const std::vector<NetworkEntry>& entries) {
  std::uint64_t key = 0;
  const auto add = [&](std::int64_t value) { key = mix_bits(key ^ static_cast<std::uint64_t>(value)); };
  for (const NetworkEntry& entry : entries) add(static_cast<int>(entry.benchmark)), add(entry.ranks), add(entry.bytes);
  return key;
}

CollectiveSample sample_of(const NetworkEntry& entry, const KernelSample& times) {
  return {
      std::string(to_string(entry.benchmark)), entry.ranks, Bytes(static_cast<double>(entry.bytes)), times.median, times.p10, times.p90};
}

}  // namespace

std::vector<CollectiveSample> measure_network_on(const NetworkMeasurement& wanted, const RanksPaths& paths,
                                                 const ProgressCallback& progress) {
  Journal journal(wanted.journal, forerun::format("network of {}, {} s each, {}", wanted.host, exact(wanted.time_a_size.value()),
                                                  fingerprint(wanted.entries)));
  NetworkJob job{{}, wanted.time_a_size};
  std::vector<std::size_t> places;  // of the job's entries among all
  std::vector<CollectiveSample> samples(wanted.entries.size());
  for (std::size_t i = 0; i < samples.size(); ++i) {
    if (const Journal::Entry* known = journal.find(i)) {
      samples[i] = sample_of(wanted.entries[i], known->sample);
    } else {
      job.entries.push_back(wanted.entries[i]);
      places.push_back(i);
    }
  }
  if (places.empty()) return samples;
  const auto known = static_cast<double>(samples.size() - places.size());
  std::size_t next = 0;
  const auto on_progress = [&](const Progress& done) {
    if (progress) progress({known + done.done, known + done.total, done.what});
  };
  const auto on_sample = [&](const CollectiveSample& sample) {
    if (next < places.size()) journal.add(places[next++], {{{}, sample.median, sample.p10, sample.p90}, {}});
  };
  const NetworkResult measured = measure_network(job, wanted.ranks, paths, on_progress, on_sample);
  for (std::size_t i = 0; i < places.size(); ++i) samples[places[i]] = measured.collectives.at(i);
  return samples;
}

}  // namespace forerun
