#include "io/atomic_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "io/descriptor.hpp"
#include "io/target.hpp"

namespace forerun {
namespace fs = std::filesystem;
namespace {

/// A file beside the target that disappears again unless it was renamed over the target.
class Temporary {
 public:
  explicit Temporary(const fs::path& target) : name_(target.string() + ".XXXXXX"), file_(::mkostemp(name_.data(), O_CLOEXEC)) {
    if (!file_.is_open()) cannot_write(target, errno);
  }
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;
  ~Temporary() {
    if (!renamed_) ::unlink(name_.c_str());
  }

  [[nodiscard]] const Descriptor& file() const { return file_; }

  void rename_to(const fs::path& target) {
    if (::rename(name_.c_str(), target.c_str()) != 0) cannot_write(target, errno);
    renamed_ = true;
  }

 private:
  std::string name_;
  Descriptor file_;
  bool renamed_ = false;
};

// What open(2) would give a new file; mkostemp makes it private. The mask can only be read by setting it, so it is read from /proc.
mode_t mode_of_new_file() {
  unsigned mask = 022;
  if (std::FILE* status = std::fopen("/proc/self/status", "re")) {
    std::array<char, 256> line{};
    while (std::fgets(line.data(), line.size(), status) != nullptr)
      if (std::sscanf(line.data(), "Umask: %o", &mask) == 1) break;
    std::fclose(status);
  }
  return 0666 & ~mask;
}

void write_through(const fs::path& file, std::string_view text) {
  const Descriptor device(::open(file.c_str(), O_WRONLY | O_CLOEXEC));
  if (!device.is_open()) cannot_write(file, errno);
  write_all(device, text, file);
}

}  // namespace

void write_file(const fs::path& file, std::string_view text) {
  const Target target = find_target(file);
  if (target.kind == Target::Kind::device) return write_through(file, text);
  Temporary temporary(target.path);
  write_all(temporary.file(), text, file);
  const mode_t mode = target.kind == Target::Kind::regular ? target.mode : mode_of_new_file();
  if (::fchmod(temporary.file().number(), mode) != 0 || ::fsync(temporary.file().number()) != 0) cannot_write(file, errno);
  temporary.rename_to(target.path);
  sync_folder(target.path);
}

}  // namespace forerun
