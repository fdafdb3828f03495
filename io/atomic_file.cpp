#include "io/atomic_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "core/error.hpp"
#include "io/descriptor.hpp"
#include "io/target.hpp"

namespace forerun {
namespace fs = std::filesystem;
namespace {

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

AtomicFile::AtomicFile(const fs::path& file) : file_(file) {
  const Target target = find_target(file);
  target_ = target.path;
  mode_ = target.kind == Target::Kind::regular ? target.mode : mode_of_new_file();
  name_ = target_.string() + ".XXXXXX";
  temporary_ = Descriptor(::mkostemp(name_.data(), O_CLOEXEC));
  if (!temporary_.is_open()) cannot_write(target_, errno);
}

AtomicFile::~AtomicFile() {
  if (temporary_.is_open() && !renamed_) ::unlink(name_.c_str());
}

void AtomicFile::write(std::string_view piece) { write_all(temporary_, piece, file_); }

void AtomicFile::commit() {
  if (::fchmod(temporary_.number(), mode_) != 0 || ::fsync(temporary_.number()) != 0) cannot_write(file_, errno);
  if (::rename(name_.c_str(), target_.c_str()) != 0) cannot_write(target_, errno);
  renamed_ = true;
  sync_folder(target_);
}

void make_folder(const fs::path& folder) {
  std::error_code error;
  if (folder.empty() || fs::is_directory(folder, error)) return;
  make_folder(folder.parent_path());
  fs::create_directory(folder, error);
  if (error) throw BadInput(Problem{.key = folder.string(), .what = "cannot be made: " + error.message()});
  sync_folder(folder);
}

void write_file(const fs::path& file, std::string_view text) {
  if (const Target target = find_target(file); target.kind == Target::Kind::device) return write_through(file, text);
  AtomicFile whole(file);
  whole.write(text);
  whole.commit();
}

}  // namespace forerun
