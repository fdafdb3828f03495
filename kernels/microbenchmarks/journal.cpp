#include "kernels/microbenchmarks/journal.hpp"

#include "core/error.hpp"
#include "io/json.hpp"

namespace forerun {

namespace {

/// The samples of a journal of this subject, up to a line that was cut off; empty for any other file.
std::map<std::size_t, KernelSample> read_journal(const std::filesystem::path& file, const std::string& subject) {
  std::map<std::size_t, KernelSample> samples;
  std::ifstream lines(file);
  std::string line;
  if (!std::getline(lines, line) || line + "\n" != json_line({{"journal", subject}})) return samples;
  while (std::getline(lines, line)) {
    const Json entry = Json::parse(line, nullptr, false);
    if (!entry.is_object() || !entry.contains("index") || !entry.contains("p90_s")) break;
    KernelSample sample;
    sample.median = Seconds(entry["median_s"].get<double>());
    sample.p10 = Seconds(entry["p10_s"].get<double>());
    sample.p90 = Seconds(entry["p90_s"].get<double>());
    samples[entry["index"].get<std::size_t>()] = sample;
  }
  return samples;
}

}  // namespace

Journal::Journal(const std::filesystem::path& file, const std::string& subject) : finished_(read_journal(file, subject)) {
  lines_.open(file, std::ios::trunc);  // written anew, so that a line that was cut off does not spoil the next
  lines_ << json_line({{"journal", subject}});
  for (const auto& [index, sample] : finished_) add(index, sample);
  if (!lines_.flush()) throw BadInput(Problem{.file = file.string(), .what = "the journal cannot be written"});
}

void Journal::add(std::size_t index, const KernelSample& sample) {
  lines_ << json_line({{"index", index}, {"median_s", sample.median.value()}, {"p10_s", sample.p10.value()}, {"p90_s", sample.p90.value()}})
         << std::flush;
}

const KernelSample* Journal::find(std::size_t index) const {
  const auto found = finished_.find(index);
  return found == finished_.end() ? nullptr : &found->second;
}

}  // namespace forerun
