#pragma once

#include <sys/stat.h>

#include <filesystem>

namespace forerun {

/// What stands where a file is to be written. For the sources of io/ only.
struct Target {
  enum class Kind { missing, regular, device };
  Kind kind = Kind::missing;
  std::filesystem::path path;  ///< behind symbolic links
  mode_t mode = 0;             ///< permissions of a regular file
};

/// BadInput: a directory, a folder that is missing or not one, a regular file without write permission, an unwritable folder.
Target find_target(const std::filesystem::path& file);

/// Makes a file's entry in its folder survive a crash. A folder that no one can sync (on some network file systems) is
/// passed over; BadInput where its disk fails.
void sync_folder(const std::filesystem::path& file);

}  // namespace forerun
