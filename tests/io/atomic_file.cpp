#include "io/atomic_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <csignal>

#include "io/csv.hpp"
#include "tests/support/folder.hpp"
#include "tests/support/message.hpp"

namespace forerun {
namespace fs = std::filesystem;
namespace {

const std::vector<std::string> kHeader = {"run", "value"};

void append(const fs::path& file, const std::string& run, const std::string& value) {
  append_csv_row(file, kHeader, std::vector<std::string>{run, value});
}

std::string write_error(const fs::path& file) {
  return message_of([&] { write_file(file, "x"); });
}
std::string check_error(const fs::path& file) {
  return message_of([&] { check_writable(file); });
}

mode_t mode_of(const fs::path& file) {
  struct stat status {};
  ::stat(file.c_str(), &status);
  return status.st_mode & 07777U;
}

}  // namespace

TEST_CASE("a file is written whole and nothing else is left behind", "[unit]") {
  const Folder folder;
  write_file(folder / "out.json", "one\n");
  write_file(folder / "out.json", "two\n");
  CHECK(get(folder / "out.json") == "two\n");
  CHECK(folder.entries() == 1);
}

TEST_CASE("a folder is made with those above it, and where it cannot be, the message names it", "[unit]") {
  const Folder folder;
  make_folder(folder / "a/b/c/");
  CHECK(fs::is_directory(folder / "a/b/c"));
  CHECK_NOTHROW(make_folder(folder / "a/b"));
  put(folder / "file", "");
  CHECK_THROWS_WITH(make_folder(folder / "file/below"), Catch::Contains((folder / "file").string() + ": cannot be made: "));
}

TEST_CASE("a new file has the usual permissions and an old one keeps its own", "[unit]") {
  const Folder folder;
  const mode_t before = ::umask(027);
  write_file(folder / "new", "x");
  ::umask(before);
  CHECK(mode_of(folder / "new") == 0640);
  ::chmod((folder / "new").c_str(), 0600);
  write_file(folder / "new", "y");
  CHECK(mode_of(folder / "new") == 0600);
}

TEST_CASE("a symbolic link keeps pointing at what was written", "[unit]") {
  const Folder folder;
  put(folder / "target", "old");
  fs::create_symlink("target", folder / "link");
  write_file(folder / "link", "new");
  CHECK(fs::is_symlink(folder / "link"));
  CHECK(get(folder / "target") == "new");
  fs::create_symlink("later", folder / "dangling");
  write_file(folder / "dangling", "made");
  CHECK(get(folder / "later") == "made");
}

// A pipe of the test's own: a mistake here, made by root, would replace a real device for the whole machine.
TEST_CASE("a device or a pipe is written through, never replaced", "[unit]") {
  const Folder folder;
  const fs::path pipe = folder / "pipe";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  const int reader = ::open(pipe.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  CHECK(check_error(pipe) == "no BadInput");
  write_file(pipe, "text");
  CHECK(fs::is_fifo(pipe));
  std::array<char, 16> got{};
  CHECK(::read(reader, got.data(), got.size()) == 4);
  CHECK(std::string(got.data()) == "text");
  ::close(reader);
  CHECK(folder.entries() == 1);
}

TEST_CASE("a write that runs out of room leaves everything as it was", "[unit]") {
  const Folder folder;
  put(folder / "out", "old");
  put(folder / "runs.csv", "run,value\na,1\n");
  const pid_t child = ::fork();
  if (child == 0) {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit room{.rlim_cur = 20, .rlim_max = 20};
    ::setrlimit(RLIMIT_FSIZE, &room);
    const bool refused =
        message_of([&] { write_file(folder / "out", std::string(100, 'x')); }).find("File too large") != std::string::npos &&
        message_of([&] { append(folder / "runs.csv", "b", "23456789"); }).find("File too large") != std::string::npos;
    ::_exit(refused ? 0 : 1);
  }
  int status = -1;
  ::waitpid(child, &status, 0);
  CHECK(status == 0);
  CHECK(get(folder / "out") == "old");
  CHECK(get(folder / "runs.csv") == "run,value\na,1\n");
  CHECK(folder.entries() == 2);
}

TEST_CASE("an output that cannot be written is named before any work, and nothing is touched", "[unit]") {
  const Folder folder;
  put(folder / "f", "x");
  CHECK(check_error(folder.path()) == folder.path().string() + ": cannot be written: Is a directory");
  CHECK(check_error(folder / "none/out") == (folder / "none/out").string() + ": cannot be written: No such file or directory");
  CHECK(check_error(folder / "f/out") == (folder / "f/out").string() + ": cannot be written: Not a directory");
  CHECK(check_error(folder / "new/") == (folder / "new/").string() + ": cannot be written: Is a directory");
  CHECK(check_error("") == "the name of the output file is empty");
  CHECK(check_error(folder / "out") == "no BadInput");
  CHECK(check_error(folder / "f") == "no BadInput");
  fs::create_symlink("b", folder / "a");
  fs::create_symlink("a", folder / "b");
  CHECK(check_error(folder / "a").find("cannot be written: Too many levels of symbolic links") != std::string::npos);
  CHECK(folder.entries() == 3);
  CHECK(get(folder / "f") == "x");
}

TEST_CASE("writing fails where the check would have", "[unit]") {
  const Folder folder;
  CHECK(write_error(folder.path()).find("Is a directory") != std::string::npos);
  CHECK(write_error(folder / "none/out").find("No such file or directory") != std::string::npos);
  CHECK(message_of([&] { append(folder / "none/out", "a", "1"); }).find("No such file or directory") != std::string::npos);
}

TEST_CASE("a folder without write permission is unwritable to ordinary users", "[unit]") {
  const Folder folder;
  fs::create_directory(folder / "locked");
  put(folder / "locked/f", "x");
  ::chmod((folder / "locked").c_str(), 0555);
  ::chmod((folder / "locked/f").c_str(), 0444);
  const pid_t child = ::fork();
  if (child == 0) {
    // Root may write anywhere: the child becomes nobody.
    const bool dropped = ::geteuid() != 0 || (::setgid(65534) == 0 && ::setuid(65534) == 0);
    ::chmod(folder.path().c_str(), 0755);
    const bool refused = check_error(folder / "locked/out").find("Permission denied") != std::string::npos &&
                         check_error(folder / "locked/f").find("Permission denied") != std::string::npos;
    ::_exit(dropped && refused ? 0 : 1);
  }
  int status = -1;
  ::waitpid(child, &status, 0);
  ::chmod((folder / "locked").c_str(), 0755);
  CHECK(status == 0);
}

TEST_CASE("the header is written once and rows follow", "[unit]") {
  const Folder folder;
  append(folder / "runs.csv", "a", "1");
  append(folder / "runs.csv", "b,c", "2");
  CHECK(get(folder / "runs.csv") == "run,value\na,1\n\"b,c\",2\n");
  put(folder / "empty.csv", "");
  append(folder / "empty.csv", "a", "1");
  CHECK(get(folder / "empty.csv") == "run,value\na,1\n");
}

TEST_CASE("a row is not added under another header", "[unit]") {
  const Folder folder;
  for (const std::string text : {"run\na\n", "run,value,note\na,1,\n", "run,values\na,1\n", "value,run\n1,a\n", "run,value"}) {
    put(folder / "f.csv", text);
    CHECK(message_of([&] { append(folder / "f.csv", "b", "2"); }).find("has another header") != std::string::npos);
    CHECK(get(folder / "f.csv") == text);
  }
  put(folder / "f.csv", "x,y\n");
  CHECK(message_of([&] { append(folder / "f.csv", "b", "2"); }) ==
        (folder / "f.csv").string() + ": has another header, so that a row cannot be added (got x,y, allowed run,value)");
}

TEST_CASE("a file with Windows line ends or a byte order mark takes rows", "[unit]") {
  const Folder folder;
  put(folder / "f.csv", "\xef\xbb\xbfrun,value\r\na,1\r\n");
  append(folder / "f.csv", "b", "2");
  CHECK(read_csv(folder / "f.csv").rows.size() == 2);
}

TEST_CASE("a row is not glued to a line that was cut off", "[unit]") {
  const Folder folder;
  put(folder / "f.csv", "run,value\na,1");
  CHECK(message_of([&] { append(folder / "f.csv", "b", "2"); }) ==
        (folder / "f.csv").string() + ": ends within a line: an earlier append was cut off");
  CHECK(get(folder / "f.csv") == "run,value\na,1");
}

TEST_CASE("a row waits until nobody else holds the file", "[unit]") {
  const Folder folder;
  const fs::path file = folder / "f.csv";
  put(file, "");
  const int held = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  REQUIRE(::flock(held, LOCK_SH) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(held);
    append(file, "a", "1");
    ::_exit(0);
  }
  ::usleep(100'000);
  CHECK(get(file).empty());
  put(file, "run,value\nfirst,0\n");
  ::close(held);
  int status = -1;
  ::waitpid(child, &status, 0);
  CHECK(status == 0);
  CHECK(get(file) == "run,value\nfirst,0\na,1\n");
}

TEST_CASE("rows of several processes never mix", "[unit]") {
  const Folder folder;
  constexpr int kWriters = 4;
  constexpr int kRows = 25;
  std::array<pid_t, kWriters> children{};
  for (int w = 0; w < kWriters; ++w) {
    children[w] = ::fork();
    if (children[w] != 0) continue;
    for (int i = 0; i < kRows; ++i) append(folder / "f.csv", "w" + std::to_string(w), std::string(3000, static_cast<char>('a' + w)));
    ::_exit(0);
  }
  for (const pid_t child : children) {
    int status = -1;
    ::waitpid(child, &status, 0);
    CHECK(status == 0);
  }
  const CsvTable table = read_csv(folder / "f.csv");
  CHECK(table.rows.size() == kWriters * kRows);
}

}  // namespace forerun
