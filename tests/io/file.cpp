#include "io/file.hpp"

#include <catch2/catch.hpp>

#include "tests/support/folder.hpp"
#include "tests/support/message.hpp"

namespace forerun {
namespace {

std::string error_of(const std::filesystem::path& file, std::size_t limit = kFileLimit) {
  return message_of([&] { read_file(file, limit); });
}

}  // namespace

TEST_CASE("a file is read whole", "[unit]") {
  const Folder folder;
  const std::string text(200'000, 'x');
  put(folder / "f", text);
  CHECK(read_file(folder / "f") == text);
  put(folder / "empty", "");
  CHECK(read_file(folder / "empty").empty());
}

TEST_CASE("bytes are read as they are", "[unit]") {
  const Folder folder;
  const std::string bytes("\xef\xbb\xbf\0\xff", 5);
  put(folder / "f", bytes);
  CHECK(read_bytes(folder / "f") == bytes);
  CHECK(message_of([&] { read_bytes(folder / "f", 4); }).find("is too large") != std::string::npos);
}

TEST_CASE("a missing file, a directory and a file as a folder are bad input", "[unit]") {
  const Folder folder;
  put(folder / "f", "x");
  CHECK(error_of(folder / "none.yaml") == (folder / "none.yaml").string() + ": no such file");
  CHECK(error_of(folder.path()) == folder.path().string() + ": is a directory, not a file");
  CHECK(error_of(folder / "f/g") == (folder / "f/g").string() + ": cannot be read: Not a directory");
  CHECK(error_of("/proc/self/mem") == "/proc/self/mem: cannot be read: Input/output error");
}

TEST_CASE("a file above the limit is not read, one at the limit is", "[limit]") {
  const Folder folder;
  put(folder / "f", std::string(2048, 'x'));
  CHECK(read_file(folder / "f", 2048).size() == 2048);
  CHECK(error_of(folder / "f", 2047).find("is too large (allowed at most 2.00 KiB)") != std::string::npos);
  CHECK(error_of("/dev/zero", 1 << 20) == "/dev/zero: is too large (allowed at most 1.00 MiB)");
}

TEST_CASE("only UTF-8 text is read", "[unit]") {
  using namespace std::string_literals;
  const Folder folder;
  put(folder / "bom", "\xef\xbb\xbfname: x\n");
  CHECK(read_file(folder / "bom") == "name: x\n");
  put(folder / "utf16le", "\xff\xfen\0"s);
  CHECK(error_of(folder / "utf16le").find("is UTF-16 or UTF-32 text (allowed UTF-8)") != std::string::npos);
  put(folder / "utf16be", "\xfe\xff\0n"s);
  CHECK(error_of(folder / "utf16be").find("is UTF-16 or UTF-32 text") != std::string::npos);
  put(folder / "binary", "\x7f\x45LF\0"s);
  CHECK(error_of(folder / "binary").find("holds a zero byte") != std::string::npos);
}

TEST_CASE("a slash or an ending makes a name a file", "[unit]") {
  for (const char* name : {"./mlp", "a/b", "x.yaml", "x.yml", "x.json", "x.0.et"}) CHECK(names_a_file(name));
  for (const char* name : {"mlp", "vgg11-cifar10", "", "x.csv", "yaml"}) CHECK_FALSE(names_a_file(name));
}

}  // namespace forerun
