#pragma once

#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <string>

#include "core/calibration.hpp"

namespace forerun {

/// Samples that a calibration has finished, one line each, so that one that was broken off goes on where it stopped.
/// Its first line says what is being measured (host, compiler, list); a journal of anything else is started anew.
class Journal {
 public:
  struct Entry {
    KernelSample sample;           ///< its kernel is left to the caller, who has the list
    std::optional<Seconds> look;   ///< what the watch for slow spells timed after it
    std::optional<Seconds> issue;  ///< of a GPU's kernel, host time to issue a call

    friend bool operator==(const Entry&, const Entry&) = default;
  };

  /// Keeps what an earlier journal of the same subject holds, up to the first line that is none. BadInput where the file cannot be
  /// written.
  Journal(const std::filesystem::path& file, const std::string& subject);

  /// Writes entry `index` of the list, and makes sure that it is there. BadInput where it cannot be written.
  void add(std::size_t index, const Entry& entry);
  /// The finished entry, or null.
  [[nodiscard]] const Entry* find(std::size_t index) const;

 private:
  std::filesystem::path file_;
  std::map<std::size_t, Entry> finished_;
  std::ofstream lines_;
};

}  // namespace forerun
