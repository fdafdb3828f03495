#pragma once

#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "core/calibration.hpp"

namespace forerun {

/// Samples that a calibration has finished, one line each, so that one that was broken off goes on where it stopped.
/// Its first line says what is being measured (host, compiler, list); a journal of anything else is started anew.
class Journal {
 public:
  /// BadInput where the file cannot be written.
  Journal(const std::filesystem::path& file, const std::string& subject);

  /// Writes the sample of entry `index` of the list, and makes sure that it is there.
  void add(std::size_t index, const KernelSample& sample);
  /// The finished sample of an entry, or null. `sample.kernel` is left to the caller, who has the list.
  [[nodiscard]] const KernelSample* find(std::size_t index) const;

 private:
  std::map<std::size_t, KernelSample> finished_;
  std::ofstream lines_;
};

}  // namespace forerun
