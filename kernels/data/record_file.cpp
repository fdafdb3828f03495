#include "kernels/data/record_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <bit>
#include <cerrno>
#include <string_view>

#include "core/error.hpp"
#include "io/crc32c.hpp"
#include "io/descriptor.hpp"
#include "io/format.hpp"

namespace forerun {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kChecksum = 4;

[[noreturn]] void refuse(const std::string& place, std::string what) { throw BadInput(Problem{.file = place, .what = std::move(what)}); }

Descriptor open_file(const fs::path& file) {
  Descriptor descriptor(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!descriptor.is_open()) refuse(file.string(), errno == ENOENT ? "no such file" : "cannot be read: " + error_text(errno));
  return descriptor;
}

/// Bytes from an offset on; fewer where the file ends.
std::size_t read_at(const Descriptor& file, std::uint64_t offset, char* to, std::size_t count, const std::string& place) {
  std::size_t done = 0;
  while (done < count) {
    const ssize_t got = ::pread(file.number(), to + done, count - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) refuse(place, "cannot be read: " + error_text(errno));
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  return done;
}

std::uint64_t little(std::string_view bytes) {
  std::uint64_t number = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) number = number << 8U | static_cast<unsigned char>(bytes[i]);
  return number;
}

}  // namespace

std::uint32_t masked(std::uint32_t checksum) { return std::rotr(checksum, 15) + 0xa282ead8U; }

std::vector<RecordPlace> find_records(const fs::path& file) {
  const Descriptor descriptor = open_file(file);
  struct stat status {};
  if (::fstat(descriptor.number(), &status) != 0) refuse(file.string(), "cannot be read: " + error_text(errno));
  const auto size = static_cast<std::uint64_t>(status.st_size);
  std::vector<RecordPlace> records;
  for (std::uint64_t offset = 0; offset < size;) {
    const std::string place = forerun::format("{}: record {} at byte {}", file.string(), records.size(), offset);
    std::array<char, kRecordHead> head{};
    if (read_at(descriptor, offset, head.data(), head.size(), place) < head.size()) refuse(place, "is cut off: the file ends within it");
    const std::string_view length(head.data(), 8);
    if (masked(crc32c(length)) != little({head.data() + 8, kChecksum}))
      refuse(place, "has a length with a wrong checksum: the file is damaged here, or no TFRecord file");
    const RecordPlace record{offset + kRecordHead, little(length)};
    if (record.bytes > size || size - record.bytes < record.offset + kChecksum) refuse(place, "is cut off: the file ends within it");
    records.push_back(record);
    offset = record.offset + record.bytes + kChecksum;
  }
  return records;
}

std::string read_record(const fs::path& file, const RecordPlace& record, const std::string& place) {
  const Descriptor descriptor = open_file(file);
  std::string bytes(record.bytes + kChecksum, '\0');
  if (read_at(descriptor, record.offset, bytes.data(), bytes.size(), place) < bytes.size()) refuse(place, "is cut off");
  const std::uint64_t stored = little(std::string_view(bytes).substr(record.bytes));
  bytes.resize(record.bytes);
  if (masked(crc32c(bytes)) != stored) refuse(place, "has a wrong checksum: its bytes are not those that were written");
  return bytes;
}

}  // namespace forerun
