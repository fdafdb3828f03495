#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "cli/search/command_result.hpp"

namespace forerun {

/// The files of a run beside the journal: JOURNAL.runs/003.out and so on.
struct RunFiles {
  RunFiles(const std::filesystem::path& folder, int run);

  std::filesystem::path out;
  std::filesystem::path err;
  std::filesystem::path begun;      ///< there from the moment before the command begins
  std::filesystem::path end;        ///< the exit status, once the command has ended, or 126 where it could not begin; whole or not there
  std::filesystem::path timed_out;  ///< there once the command was told to end, since it took too long

  /// A variable that stands in the command's environment and in no other's.
  [[nodiscard]] std::string mark() const;
};

/// Begins a command in a session of its own, with nothing on standard input; it goes on where this process ends, and writes down its own
/// end. `record` is handed its process before the command begins: where it throws, or this process ends within it, the command never does.
/// BadInput where a file cannot be written, SimulationFailed where no process can be had.
void begin_command(const RunFiles& files, const std::vector<std::string>& words, const std::vector<std::string>& variables,
                   const std::string& host, const std::function<void(const ProcessIdentity&)>& record);

/// What the files and /proc say of a run that was recorded. BadInput where files are missing that were there when it was recorded, or
/// cannot be looked at: that says nothing of the run.
struct RunState {
  enum class Kind {
    running,
    ended,
    never_began,
    vanished  ///< it began, and is gone without an end
  };
  Kind kind = Kind::running;
  int status = 0;  ///< of one that ended
  Seconds wall;    ///< since it began, or until it ended or was last heard of
};
RunState look_at(const RunFiles& files, const ProcessIdentity& process);

/// Notes that the run was seen alive just now: a command that is silent and goes down with its machine has taken as long as that.
void note_alive(const RunFiles& files);

/// What came of a run that ended.
CommandEnd read_end(const RunFiles& files, const RunState& state);

}  // namespace forerun
