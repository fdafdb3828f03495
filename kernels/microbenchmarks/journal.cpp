#include "kernels/microbenchmarks/journal.hpp"

#include <cmath>

#include "core/error.hpp"
#include "io/atomic_file.hpp"
#include "io/json.hpp"

namespace forerun {

namespace {

std::string first_line(const std::string& subject) { return json_line({{"journal", subject}}); }

std::string line_of(std::size_t index, const Journal::Entry& entry) {
  const KernelSample& sample = entry.sample;
  Json line{{"index", index}, {"median_s", sample.median.value()}, {"p10_s", sample.p10.value()}, {"p90_s", sample.p90.value()}};
  if (entry.look) line["look_s"] = entry.look->value();
  if (entry.issue) line["issue_s"] = entry.issue->value();
  return json_line(line);
}

std::optional<Seconds> time_of(const Json& line, const char* key) {
  const auto found = line.find(key);
  if (found == line.end() || !found->is_number()) return {};
  const double time = found->get<double>();
  if (!std::isfinite(time) || time <= 0) return {};
  return Seconds(time);
}

/// Whether the line is one of a journal; its entry goes to `entries`.
bool read_line(const std::string& text, std::map<std::size_t, Journal::Entry>& entries) {
  const Json line = Json::parse(text, nullptr, false);
  if (!line.is_object() || !line.contains("index") || !line["index"].is_number_unsigned()) return false;
  const auto median = time_of(line, "median_s");
  const auto p10 = time_of(line, "p10_s");
  const auto p90 = time_of(line, "p90_s");
  if (!median || !p10 || !p90) return false;
  entries[line["index"].get<std::size_t>()] = {{{}, *median, *p10, *p90}, time_of(line, "look_s"), time_of(line, "issue_s")};
  return true;
}

/// The entries of a journal of this subject, up to a line that was cut off; empty for any other file.
std::map<std::size_t, Journal::Entry> read_journal(const std::filesystem::path& file, const std::string& subject) {
  std::map<std::size_t, Journal::Entry> entries;
  std::ifstream lines(file);
  const std::string first = first_line(subject);
  std::string line(first.size(), ' ');  // no more than this is read of a file that is something else, however long it is
  if (!lines.read(line.data(), static_cast<std::streamsize>(first.size())) || line != first) return entries;
  while (std::getline(lines, line) && read_line(line, entries)) continue;
  return entries;
}

}  // namespace

Journal::Journal(const std::filesystem::path& file, const std::string& subject) : file_(file), finished_(read_journal(file, subject)) {
  // Written anew, so that a line that was cut off does not spoil the next; as a whole, so that what is finished is never lost.
  std::string text = first_line(subject);
  for (const auto& [index, entry] : finished_) text += line_of(index, entry);
  write_file(file, text);
  lines_.open(file, std::ios::app);
}

void Journal::add(std::size_t index, const Entry& entry) {
  lines_ << line_of(index, entry) << std::flush;
  if (!lines_) throw BadInput(Problem{.file = file_.string(), .what = "the journal cannot be written"});
}

const Journal::Entry* Journal::find(std::size_t index) const {
  const auto found = finished_.find(index);
  return found == finished_.end() ? nullptr : &found->second;
}

}  // namespace forerun
