#include "workloads/chakra/trace_set.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>

#include "core/error.hpp"
#include "io/file.hpp"
#include "io/quantity.hpp"
#include "io/suggest.hpp"

namespace forerun::chakra {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kEnding = ".et";
constexpr std::string_view kFirst = ".0.et";
constexpr std::array<std::string_view, 2> kKeys{"groups", "ranks"};

bool exists(const std::string& file) {
  std::error_code none;
  return fs::exists(file, none);
}

/// The number before the ending, or -1.
int rank_in(std::string_view file) {
  file.remove_suffix(kEnding.size());
  const std::size_t dot = file.rfind('.');
  if (dot == std::string_view::npos || dot + 1 == file.size()) return -1;
  int rank = -1;
  const char* end = file.data() + file.size();
  const auto read = std::from_chars(file.data() + dot + 1, end, rank);
  return read.ec == std::errc() && read.ptr == end ? rank : -1;
}

/// A trace ends at the first rank without a file, unless the file of a later one is there.
void refuse_gap(const std::string& stem, const std::string& missing, int rank) {
  const fs::path path(stem);
  const std::string start = path.filename().string() + ".";
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(path.has_parent_path() ? path.parent_path() : fs::path("."), none)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with(start) || !name.ends_with(kEnding) || name.rfind('.', name.size() - kEnding.size() - 1) + 1 != start.size())
      continue;
    if (rank_in(name) > rank) throw BadInput(Problem{.file = missing, .what = "is missing: " + name + " is there"});
  }
}

void check_groups(const TraceSet& set, const std::string& file) {
  for (const auto& [name, ranks] : set.groups)
    if (!ranks.empty() && ranks.back() >= set.ranks)
      throw BadInput(Problem{.file = file,
                             .key = "process group " + name,
                             .what = "names rank " + std::to_string(ranks.back()) + ", and there are " + std::to_string(set.ranks)});
}

}  // namespace

std::vector<std::string> rank_files(const Text& name) {
  const std::string& first = name.value;
  if (!first.ends_with(kEnding) || rank_in(first) < 0) return {first};
  if (rank_in(first) != 0) throw BadInput(problem(name, "is the trace of another rank", "the trace of rank 0, NAME.0.et"));
  std::vector<std::string> files{first};
  const std::string stem = first.substr(0, first.size() - kFirst.size());
  while (true) {
    const std::string next = stem + "." + std::to_string(files.size()) + std::string(kEnding);
    if (!exists(next)) {
      refuse_gap(stem, next, static_cast<int>(files.size()));
      return files;
    }
    if (files.size() == kMostRanks) throw BadInput(problem(name, "has more ranks than " + std::to_string(kMostRanks)));
    files.push_back(next);
  }
}

TraceSettings read_trace_settings(std::span<const Text> settings) {
  TraceSettings read;
  Problems problems;
  for (const Text& setting : settings) {
    Text shown = setting;
    shown.key = "workload." + setting.key;
    problems.collect([&] {
      if (setting.key == "ranks")
        read.ranks = static_cast<int>(parse_integer(shown, 1, kMostRanks));
      else if (setting.key == "groups")
        read.groups = shown;
      else
        throw BadInput(problem(shown, "is no setting of a trace", listed(kKeys), suggest(setting.key, kKeys)));
    });
  }
  problems.throw_if_any();
  return read;
}

std::string read_trace_bytes(const std::string& file) {
  std::string bytes = read_bytes(file, kFileLimit);
  if (bytes.starts_with("\x1f\x8b")) throw BadInput(Problem{.file = file, .what = "is compressed: unpack it with gunzip first"});
  return bytes;
}

TraceSet read_traces(const std::vector<std::string>& files, const TraceSettings& settings) {
  TraceSet set;
  const int count = static_cast<int>(files.size());
  set.ranks = settings.ranks > 0 ? settings.ranks : count;
  if (count > 1 && set.ranks != count) {
    Problem wrong{.file = files.front(), .key = "workload.ranks", .what = "does not fit the files beside it"};
    if (set.ranks > count && files.front().ends_with(kFirst))
      wrong.what += ": " + fs::path(files.front().substr(0, files.front().size() - kFirst.size())).filename().string() + "." +
                    std::to_string(count) + std::string(kEnding) + " is missing";
    wrong.got = std::to_string(set.ranks), wrong.allowed = std::to_string(count);
    throw BadInput(std::move(wrong));
  }
  std::size_t nodes = 0;
  std::size_t dependencies = 0;
  for (const std::string& file : files) {
    set.traces.push_back(parse_trace(read_trace_bytes(file), file));
    nodes += set.traces.back().nodes.size();
    dependencies += set.traces.back().dependencies.size();
    if (nodes > kMostNodes || dependencies > kMostDependencies)
      throw BadInput(Problem{.file = file,
                             .what = "makes the trace longer than " + std::to_string(kMostNodes) + " nodes in all, or " +
                                     std::to_string(kMostDependencies) + " dependencies"});
    for (const auto& [name, ranks] : set.traces.back().groups) set.groups[name] = ranks;
  }
  std::string groups = settings.groups.value;
  if (groups.empty() && files.front().ends_with(kFirst)) {
    groups = files.front().substr(0, files.front().size() - kFirst.size()) + ".groups.json";
    if (!exists(groups)) groups.clear();
  }
  if (!groups.empty())
    for (auto& [name, ranks] : read_groups_file(groups)) set.groups[name] = ranks;
  check_groups(set, groups.empty() ? files.front() : groups);
  return set;
}

}  // namespace forerun::chakra
