#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "core/error.hpp"
#include "io/atomic_file.hpp"
#include "io/csv.hpp"
#include "io/descriptor.hpp"
#include "io/target.hpp"

namespace forerun {
namespace fs = std::filesystem;
namespace {

[[noreturn]] void refuse(const fs::path& file, std::string what, std::string got = "", std::string allowed = "") {
  throw BadInput(Problem{.key = file.string(), .what = std::move(what), .got = std::move(got), .allowed = std::move(allowed)});
}

/// What an earlier writer left must be a CSV file with this header and whole lines.
void check_present(const Descriptor& descriptor, const fs::path& file, std::span<const std::string> header, off_t size) {
  const std::string expected = csv_line(header);
  int error = 0;
  constexpr std::string_view kMark = "\xef\xbb\xbf";
  const std::string first = read_up_to(descriptor, kMark.size() + expected.size() + 1, error);
  if (error != 0) cannot_write(file, error);
  std::string_view found = first;
  if (found.starts_with(kMark)) found.remove_prefix(kMark.size());
  const std::string_view line = std::string_view(expected).substr(0, expected.size() - 1);
  const std::string_view after = found.substr(std::min(line.size(), found.size()));
  if (!found.starts_with(line) || !(after.starts_with('\n') || after.starts_with("\r\n") || after.starts_with("\r")))
    refuse(file, "has another header, so that a row cannot be added", std::string(found.substr(0, found.find_first_of("\r\n"))),
           std::string(line));
  char last = 0;
  if (::pread(descriptor.number(), &last, 1, size - 1) != 1) cannot_write(file, errno);
  if (last != '\n') refuse(file, "ends within a line: an earlier append was cut off");
}

}  // namespace

void check_appendable(const fs::path& file, std::span<const std::string> header) {
  check_writable(file);
  const Target target = find_target(file);
  if (target.kind == Target::Kind::device) return;
  const Descriptor descriptor(::open(target.path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status {};
  if (!descriptor.is_open() || ::fstat(descriptor.number(), &status) != 0) return;  // a file that append_csv_rows() makes
  if (status.st_size > 0) check_present(descriptor, file, header, status.st_size);
}

void append_csv_row(const fs::path& file, std::span<const std::string> header, std::span<const std::string> row) {
  const std::vector<std::string> one(row.begin(), row.end());
  append_csv_rows(file, header, std::span(&one, 1));
}

void append_csv_rows(const fs::path& file, std::span<const std::string> header, std::span<const std::vector<std::string>> rows) {
  std::string lines;
  for (const std::vector<std::string>& row : rows) lines += csv_line(row);
  const Target target = find_target(file);
  if (target.kind == Target::Kind::device) return write_file(file, lines);
  const Descriptor descriptor(::open(target.path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666));
  if (!descriptor.is_open()) cannot_write(file, errno);
  // Released when the descriptor closes. Header and row go out as one write, so that a reader sees none or both.
  while (::flock(descriptor.number(), LOCK_EX) != 0)
    if (errno != EINTR) cannot_write(file, errno);
  struct stat status {};
  if (::fstat(descriptor.number(), &status) != 0) cannot_write(file, errno);
  if (status.st_size > 0) check_present(descriptor, file, header, status.st_size);
  try {
    write_all(descriptor, status.st_size > 0 ? lines : csv_line(header) + lines, file);
  } catch (const BadInput&) {
    // A full disk may have taken a part: the file goes back to what it was.
    if (::ftruncate(descriptor.number(), status.st_size) != 0) refuse(file, "holds a part of a row that could not be taken back");
    throw;
  }
  if (::fsync(descriptor.number()) != 0) cannot_write(file, errno);
  if (status.st_size == 0) sync_folder(target.path);
}

}  // namespace forerun
