#include "io/file.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdint>

#include "core/error.hpp"
#include "io/descriptor.hpp"
#include "io/format.hpp"

namespace forerun {
namespace {

[[noreturn]] void fail(std::string_view file, std::string what, std::string allowed = "") {
  throw BadInput(Problem{.file = std::string(file), .what = std::move(what), .allowed = std::move(allowed)});
}

}  // namespace

std::string read_bytes(const std::filesystem::path& path, std::size_t limit) {
  const std::string name = path.string();
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.is_open()) fail(name, errno == ENOENT ? "no such file" : "cannot be read: " + error_text(errno));
  struct stat status {};
  if (::fstat(file.number(), &status) != 0) fail(name, "cannot be read: " + error_text(errno));
  if (S_ISDIR(status.st_mode)) fail(name, "is a directory, not a file");
  const auto refuse_size = [&] { fail(name, "is too large", format("at most {}", human(Bytes(static_cast<double>(limit))))); };
  if (S_ISREG(status.st_mode) && static_cast<std::uint64_t>(status.st_size) > limit) refuse_size();
  // A pipe tells no size beforehand, and a file may grow: the limit holds while reading.
  int error = 0;
  std::string bytes = read_up_to(file, limit + 1, error);
  if (error != 0) fail(name, "cannot be read: " + error_text(error));
  if (bytes.size() > limit) refuse_size();
  return bytes;
}

std::string read_file(const std::filesystem::path& path, std::size_t limit) {
  return std::string(checked_text(read_bytes(path, limit), path.string()));
}

std::string_view checked_text(std::string_view text, std::string_view name) {
  using namespace std::string_view_literals;
  if (text.starts_with("\xff\xfe"sv) || text.starts_with("\xfe\xff"sv)) fail(name, "is UTF-16 or UTF-32 text", "UTF-8");
  if (text.starts_with("\xef\xbb\xbf"sv)) text.remove_prefix(3);
  if (text.find('\0') != std::string_view::npos) fail(name, "holds a zero byte: it is binary or UTF-16", "UTF-8 text");
  return text;
}

bool names_a_file(std::string_view name) {
  return name.find('/') != std::string_view::npos || name.ends_with(".yaml") || name.ends_with(".yml") || name.ends_with(".json") ||
         name.ends_with(".xml") || name.ends_with(".et");
}

}  // namespace forerun
