#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "core/this_machine.hpp"
#include "core/units.hpp"

namespace forerun {

/// What the command knows of the world outside its command line. Nothing else reads the environment or the clock's date.
struct Environment {
  std::filesystem::path data_folder;                   ///< $XDG_DATA_HOME/forerun or ~/.local/share/forerun: where `this-machine` is kept
  std::filesystem::path executable;                    ///< of this command; empty where unknown
  std::vector<std::filesystem::path> program_folders;  ///< $PATH
  std::string host;
  std::string cpu;
  int cores = 1;  ///< that this process may use
  Bytes memory;
  std::chrono::system_clock::time_point now;

  /// Where names of platforms and calibrations are looked for before the shipped ones.
  [[nodiscard]] std::vector<std::filesystem::path> search() const;
  /// Where `calibrate` writes the calibration of this machine, or of its GPU, and its description.
  [[nodiscard]] std::filesystem::path own_calibration(std::string_view machine = kThisMachine) const;
  [[nodiscard]] std::filesystem::path own_platform(std::string_view machine = kThisMachine) const;
};

Environment read_environment();

/// `2026-11-21T02:03:04Z`
std::string iso_date(std::chrono::system_clock::time_point time);

/// Whole days from an ISO 8601 date to `now`; -1 where the text is none.
int days_since(const std::string& date, std::chrono::system_clock::time_point now);

}  // namespace forerun
