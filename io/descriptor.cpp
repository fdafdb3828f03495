#include "io/descriptor.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "core/error.hpp"

namespace forerun {

std::string error_text(int error) { return std::generic_category().message(error); }

void cannot_write(const std::filesystem::path& file, int error) {
  throw BadInput(Problem{.key = file.string(), .what = "cannot be written: " + error_text(error)});
}

void write_all(const Descriptor& descriptor, std::string_view text, const std::filesystem::path& file) {
  while (!text.empty()) {
    const ssize_t written = ::write(descriptor.number(), text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) cannot_write(file, errno);
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

std::string read_up_to(const Descriptor& descriptor, std::size_t most, int& error) {
  constexpr std::size_t kBlock = std::size_t{1} << 16;
  std::string text;
  // A large file is held once, not twice as a text does that grows.
  struct stat status {};
  if (::fstat(descriptor.number(), &status) == 0 && S_ISREG(status.st_mode))
    text.reserve(std::min(most, static_cast<std::size_t>(status.st_size) + kBlock));
  error = 0;
  while (text.size() < most) {
    const std::size_t before = text.size();
    const std::size_t wanted = std::min(kBlock, most - before);
    text.resize(before + wanted);
    const ssize_t got = ::read(descriptor.number(), text.data() + before, wanted);
    text.resize(before + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) error = errno;
    if (got <= 0) break;
  }
  return text;
}

}  // namespace forerun
