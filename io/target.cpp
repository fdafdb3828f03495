#include "io/target.hpp"

#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>

#include "core/error.hpp"
#include "io/atomic_file.hpp"
#include "io/descriptor.hpp"

namespace forerun {
namespace fs = std::filesystem;
namespace {

fs::path folder_of(const fs::path& file) { return file.has_parent_path() ? file.parent_path() : fs::path("."); }

/// The file behind a chain of symbolic links; the last one may point at nothing yet.
fs::path behind_links(fs::path file) {
  constexpr int kLinks = 40;  // Linux gives up there too
  for (int i = 0; i < kLinks; ++i) {
    std::error_code none;
    const fs::path next = fs::read_symlink(file, none);
    if (none) return file;
    file = next.is_absolute() ? next : folder_of(file) / next;
  }
  cannot_write(file, ELOOP);
}

/// Asks for a file without a name, which leaves no trace; root may do what permissions forbid, and this tells what really happens.
void check_folder(const fs::path& folder, const fs::path& file) {
  struct stat status {};
  if (::stat(folder.c_str(), &status) != 0) cannot_write(file, errno);
  if (!S_ISDIR(status.st_mode)) cannot_write(file, ENOTDIR);
  if (::access(folder.c_str(), W_OK | X_OK) != 0) cannot_write(file, errno);
  const Descriptor probe(::open(folder.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600));
  const int error = errno;
  if (probe.is_open()) return;
  // Some file systems have no unnamed files: there the permissions must do.
  const bool unsupported = error == EOPNOTSUPP || error == EISDIR || error == ENOENT || error == EINVAL;
  if (!unsupported) cannot_write(file, error);
}

}  // namespace

Target find_target(const fs::path& file) {
  if (file.empty()) throw BadInput(Problem{.what = "the name of the output file is empty"});
  struct stat status {};
  const bool exists = ::stat(file.c_str(), &status) == 0;
  if (!exists && errno != ENOENT) cannot_write(file, errno);
  if (exists && S_ISDIR(status.st_mode)) cannot_write(file, EISDIR);
  if (exists && ::access(file.c_str(), W_OK) != 0) cannot_write(file, errno);
  // Links of /proc (/dev/stdout) lead to names that cannot be opened: a device is written under the name that was given.
  if (exists && !S_ISREG(status.st_mode)) return {.kind = Target::Kind::device, .path = file, .mode = 0};
  Target target{
      .kind = exists ? Target::Kind::regular : Target::Kind::missing, .path = behind_links(file), .mode = status.st_mode & 07777U};
  if (!target.path.has_filename()) cannot_write(file, EISDIR);
  check_folder(folder_of(target.path), file);
  return target;
}

void sync_folder(const fs::path& file) {
  const Descriptor folder(::open(folder_of(file).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const bool synced = !folder.is_open() || ::fsync(folder.number()) == 0;
  if (!synced && errno != EINVAL && errno != EOPNOTSUPP) cannot_write(file, errno);
}

void check_writable(const fs::path& file) { find_target(file); }

}  // namespace forerun
