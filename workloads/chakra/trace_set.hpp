#pragma once

#include <span>
#include <string>
#include <vector>

#include "io/text.hpp"
#include "workloads/chakra/trace.hpp"

namespace forerun::chakra {

/// The traces of all ranks. One trace may stand for all of them.
struct TraceSet {
  int ranks = 1;
  std::vector<RankTrace> traces;  ///< one, or one a rank
  ProcessGroups groups;

  [[nodiscard]] bool one_for_all() const { return static_cast<int>(traces.size()) < ranks; }
};

/// The files of a trace: NAME.0.et, given, and beside it NAME.1.et and so on; another name stands for itself.
/// BadInput: the file of another rank, more files than kMostRanks, a rank without a file between others with one.
std::vector<std::string> rank_files(const Text& name);

/// What settings say about a trace.
struct TraceSettings {
  int ranks = 0;  ///< that the trace of one rank stands for; 0: as many as there are files
  Text groups;    ///< a file with process groups; empty: NAME.groups.json where it is there
};

/// Reads `ranks` and `groups`. BadInput for other keys.
TraceSettings read_trace_settings(std::span<const Text> settings);

/// A file with process groups: a mapping from each group's name to the list of its ranks, as ASTRA-sim reads it.
ProcessGroups read_groups_file(const std::string& file);

/// The traces of these files, in the order of their ranks. BadInput and MissingCapability as parse_trace(), and where files and the
/// setting do not go together, or a group names a rank that is not there.
TraceSet read_traces(const std::vector<std::string>& files, const TraceSettings& settings);

/// The whole file, at most kFileLimit. BadInput where it cannot be read, or is compressed.
std::string read_trace_bytes(const std::string& file);

}  // namespace forerun::chakra
