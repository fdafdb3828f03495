#include "io/line_journal.hpp"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>

#include "core/error.hpp"
#include "tests/support/folder.hpp"

using namespace forerun;
using Lines = std::vector<std::string>;

namespace {

std::string refusal(const std::filesystem::path& file, LineJournal::Access access = LineJournal::Access::append) {
  try {
    const LineJournal journal(file, access);
  } catch (const BadInput& error) {
    return error.problems().front().what;
  }
  return "";
}

}  // namespace

TEST_CASE("a journal keeps its lines in order, and what is added is there for the next who reads") {
  const Folder folder;
  const auto file = folder / "journal";
  LineJournal::create(file, "one\n");
  LineJournal journal(file, LineJournal::Access::append);
  CHECK(journal.lines() == Lines{"one"});
  journal.append("two\n");
  CHECK(LineJournal(file, LineJournal::Access::read).lines() == Lines{"one", "two"});
  CHECK(get(file) == "one\ntwo\n");
}

TEST_CASE("a journal is never written over") {
  const Folder folder;
  put(folder / "journal", "precious\n");
  CHECK_THROWS_AS(LineJournal::create(folder / "journal", "one\n"), BadInput);
  CHECK(get(folder / "journal") == "precious\n");
  CHECK_THROWS_AS(LineJournal::create(folder / "none/journal", "one\n"), BadInput);
}

TEST_CASE("the beginning of a line that a crash left is taken off by who adds, and left alone by who reads") {
  const Folder folder;
  const auto file = folder / "journal";
  put(file, "one\ntwo\n{\"thr");
  const LineJournal reader(file, LineJournal::Access::read);
  CHECK(reader.lines() == Lines{"one", "two"});
  CHECK(reader.cut_off() == "{\"thr");
  CHECK(get(file) == "one\ntwo\n{\"thr");
  LineJournal writer(file, LineJournal::Access::append);
  CHECK(writer.cut_off() == "{\"thr");
  writer.append("four\n");
  CHECK(get(file) == "one\ntwo\nfour\n");
}

TEST_CASE("one process at a time adds to a journal, and a killed one holds nobody up") {
  const Folder folder;
  const auto file = folder / "journal";
  LineJournal::create(file, "one\n");
  {
    const LineJournal mine(file, LineJournal::Access::append);
    CHECK(refusal(file).find("another process is at work on it") == 0);
    CHECK(refusal(file, LineJournal::Access::read).empty());
  }
  const pid_t child = fork();
  if (child == 0) {
    const LineJournal theirs(file, LineJournal::Access::append);
    pause();
    _exit(0);
  }
  while (refusal(file).empty()) usleep(1000);
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  CHECK(refusal(file).empty());
}

TEST_CASE("what is no journal is refused with the reason") {
  const Folder folder;
  CHECK(refusal(folder / "none") == "no such file");
  CHECK(refusal(folder.path()) == "is a directory, not a file");
  CHECK(refusal(folder.path(), LineJournal::Access::read) == "is a directory, not a file");
  CHECK(refusal("/dev/zero") == "is no regular file");
  put(folder / "binary", std::string("a\0b\n", 4));
  CHECK(refusal(folder / "binary").find("zero byte") != std::string::npos);
}

TEST_CASE("a line that a full disk takes a part of leaves the lines before as they were") {
  const Folder folder;
  const auto file = folder / "journal";
  LineJournal::create(file, "one\n");
  const pid_t child = fork();
  if (child == 0) {
    // A file that may not grow stands for a disk that is full.
    signal(SIGXFSZ, SIG_IGN);
    const rlimit most{10, 10};
    setrlimit(RLIMIT_FSIZE, &most);
    LineJournal journal(file, LineJournal::Access::append);
    try {
      journal.append("a line that is longer than ten bytes\n");
    } catch (const BadInput&) {
      _exit(7);
    }
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  CHECK(WEXITSTATUS(status) == 7);
  CHECK(get(file) == "one\n");
}
