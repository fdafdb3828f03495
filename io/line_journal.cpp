#include "io/line_journal.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cassert>
#include <cerrno>
#include <chrono>
#include <thread>

#include "core/error.hpp"
#include "io/file.hpp"
#include "io/target.hpp"

namespace forerun {
namespace fs = std::filesystem;
namespace {

/// A process that was killed may hold its lock until a child that it was just making has become another program.
constexpr std::chrono::milliseconds kPatience(500);
constexpr std::chrono::milliseconds kPause(10);

[[noreturn]] void refuse(const fs::path& file, std::string what) {
  throw BadInput(Problem{.file = file.string(), .what = std::move(what)});
}

Descriptor open_journal(const fs::path& file, LineJournal::Access access) {
  const int mode = access == LineJournal::Access::append ? O_RDWR | O_APPEND : O_RDONLY;
  Descriptor descriptor(::open(file.c_str(), mode | O_CLOEXEC | O_NONBLOCK));
  if (!descriptor.is_open())
    refuse(file, errno == ENOENT   ? "no such file"
                 : errno == EISDIR ? "is a directory, not a file"
                                   : "cannot be opened: " + error_text(errno));
  struct stat status {};
  if (::fstat(descriptor.number(), &status) != 0) refuse(file, "cannot be read: " + error_text(errno));
  if (!S_ISREG(status.st_mode)) refuse(file, S_ISDIR(status.st_mode) ? "is a directory, not a file" : "is no regular file");
  return descriptor;
}

void lock(const Descriptor& descriptor, const fs::path& file) {
  const auto until = std::chrono::steady_clock::now() + kPatience;
  while (::flock(descriptor.number(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EINTR) continue;
    if (errno != EWOULDBLOCK) refuse(file, "cannot be locked: " + error_text(errno));
    if (std::chrono::steady_clock::now() > until) refuse(file, "another process is at work on it; wait for that, or end it");
    std::this_thread::sleep_for(kPause);
  }
}

}  // namespace

void LineJournal::create(const fs::path& file, std::string_view first_line) {
  const Descriptor descriptor(::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0666));
  if (!descriptor.is_open()) {
    if (errno == EEXIST) refuse(file, "is there already, and is not written over");
    cannot_write(file, errno);
  }
  try {
    write_all(descriptor, first_line, file);
    if (::fsync(descriptor.number()) != 0) cannot_write(file, errno);
    sync_folder(file);
  } catch (const BadInput&) {
    ::unlink(file.c_str());
    throw;
  }
}

LineJournal::LineJournal(const fs::path& file, Access access) : file_(file), descriptor_(open_journal(file, access)) {
  if (access == Access::append) lock(descriptor_, file);
  read();
}

void LineJournal::read() {
  int error = 0;
  const std::string text = read_up_to(descriptor_, kFileLimit + 1, error);
  if (error != 0) refuse(file_, "cannot be read: " + error_text(error));
  if (text.size() > kFileLimit) refuse(file_, "is too large");
  std::size_t begin = 0;
  for (std::size_t end = text.find('\n'); end != std::string::npos; end = text.find('\n', begin)) {
    lines_.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  cut_off_ = text.substr(begin);  // zeros, it may be, where the power went
  whole_bytes_ = begin;
  checked_text(text.substr(0, begin), file_.string());
}

// Not when it is opened: whoever names a file that is no journal is to find it as it was.
void LineJournal::take_off_cut_line() {
  if (cut_off_.empty()) return;
  if (::ftruncate(descriptor_.number(), static_cast<off_t>(whole_bytes_)) != 0) cannot_write(file_, errno);
  cut_off_.clear();
}

void LineJournal::append(std::string_view line) {
  assert(line.ends_with('\n'));
  take_off_cut_line();
  struct stat status {};
  if (::fstat(descriptor_.number(), &status) != 0) cannot_write(file_, errno);
  try {
    write_all(descriptor_, line, file_);
    if (::fsync(descriptor_.number()) != 0) cannot_write(file_, errno);
  } catch (const BadInput&) {
    // A full disk may have taken a part. What cannot be taken back now is taken off when the journal is opened again.
    [[maybe_unused]] const int taken_back = ::ftruncate(descriptor_.number(), status.st_size);
    throw;
  }
}

}  // namespace forerun
