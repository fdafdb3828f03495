// What a search finds of runs that an earlier process has left.
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>

#include "tests/cli/ledger_search.hpp"
#include "tests/cli/processes.hpp"

using namespace forerun;

namespace {

std::string this_host() {
  std::string name(256, '\0');
  gethostname(name.data(), name.size() - 1);
  return name.c_str();
}

}  // namespace

TEST_CASE("a run that was written down and never begun is begun once") {
  const LedgerSearch search("0", "--runs 1");
  search.append_started("3 x small", 999'999'999, "1", this_host());
  std::filesystem::create_directory(search.folder() / "j.runs");
  put(search.folder() / "j.runs" / "001.out", "");  // which is made before anything is written down
  CHECK(search.go().code == 5);
  CHECK(search.ledger() == Names{"3 x small"});
  CHECK(search.journal() == Names{"3 x small"});
  CHECK(search.first("status") == "ok");
}

TEST_CASE("a run whose files were taken away is not made again without a word") {
  const LedgerSearch search("0", "--runs 1");
  search.append_started("3 x small", 999'999'999, "1", this_host());
  const Answer answer = search.go();
  CHECK(answer.code == 3);
  CHECK(answer.err.find("001.out: is gone") != std::string::npos);
  CHECK(search.ledger().empty());
}

TEST_CASE("a journal is the same search by whatever link it is reached") {
  const LedgerSearch search(kUntilStop, "--runs 1");
  search.start_and_kill();
  std::filesystem::create_symlink("j", search.folder() / "link");
  put(search.folder() / "stop", "");
  CHECK(search.run("search run link -- sh run.sh {candidate}").code == 5);
  CHECK(search.ledger().size() == 1);
  CHECK(search.journal() == search.ledger());
}

TEST_CASE("nobody is told to run, or may tell, what a command is at") {
  const LedgerSearch search(kUntilStop);
  search.start_and_kill();
  const std::string running = search.ledger().front();
  const Answer asked = search.run("search ask j");
  CHECK(asked.code == 1);
  CHECK(asked.out == "nothing to run beside what is under way\nunder way:  run 1: " + running + "\n");
  CHECK(search.run("search ask j --count 2 --format csv").out.find(running) == std::string::npos);
  const Answer told = search.run("search tell j '" + running + "' --seconds 1");
  CHECK(told.code == 3);
  CHECK(told.err.find("is run by process") != std::string::npos);
  put(search.folder() / "stop", "");
  while (runs_in_session(search.wrapper())) usleep(20'000);  // its folder goes with this test
}

TEST_CASE("a command that cannot begin is an accident, and the third in a row ends the process") {
  const LedgerSearch search("0");
  for (const char* run : {"001", "002", "003"})  // where the moment of its beginning would be kept stands what cannot be taken away
    std::filesystem::create_directories(search.folder() / "j.runs" / (std::string(run) + ".begun") / "x");
  const Answer answer = search.go();
  CHECK(answer.code == 4);
  CHECK(answer.err.find("3 commands in a row gave no result") != std::string::npos);
  CHECK(search.ledger().empty());
  CHECK(search.first("status") == "error");
}

TEST_CASE("what a late command began and does not obey is ended with it") {
  const LedgerSearch search("0", "--runs 1");
  put(search.folder() / "late.sh", "sh -c 'trap \"\" TERM; echo $$ >child; sleep 60 & wait; wait' &\nwait\n");
  CHECK(search.run("search run j --timeout 1s -- sh late.sh").code == 1);
  CHECK(search.first("status") == "timeout");
  CHECK_FALSE(runs_in_session(search.wrapper()));
}

TEST_CASE("a run that ended while nobody looked is told and not made again") {
  const LedgerSearch search("0", "--runs 1");
  search.append_started("3 x small", 999'999'999, "1", this_host());
  std::filesystem::create_directory(search.folder() / "j.runs");
  put(search.folder() / "j.runs" / "001.begun", "");
  put(search.folder() / "j.runs" / "001.out", "seconds=77\n");
  put(search.folder() / "j.runs" / "001.end", "0\n");
  CHECK(search.go().code == 5);
  CHECK(search.ledger().empty());
  CHECK(search.first("seconds") == "77.0");
}

TEST_CASE("a run that is gone without a result is told with what it took, and tried once more") {
  const LedgerSearch search("0", "--runs 2");
  search.append_started("3 x small", 1, "1", this_host());  // a process of that number lives, but not this one
  std::filesystem::create_directory(search.folder() / "j.runs");
  put(search.folder() / "j.runs" / "001.begun", "");
  put(search.folder() / "j.runs" / "001.end", "");  // begun to be written when the machine went down
  put(search.folder() / "j.runs" / "001.out", "half a line");
  std::filesystem::last_write_time(search.folder() / "j.runs" / "001.begun",
                                   std::filesystem::last_write_time(search.folder() / "j.runs" / "001.out") - std::chrono::seconds(50));
  CHECK(search.go().code == 5);
  CHECK(search.journal() == Names{"3 x small", "3 x small"});
  CHECK(search.ledger() == Names{"3 x small"});
  CHECK(search.first("status") == "preempted");
  CHECK(search.first("reason").find("its process is gone without a result") == 0);
  CHECK(std::abs(std::stod(search.first("seconds")) - 50) < 1);
}

TEST_CASE("a command that lost its wrapper is ended before it is tried again") {
  const LedgerSearch search("30", "--runs 1");
  search.start_and_kill();
  const pid_t wrapper = search.wrapper();
  kill(wrapper, SIGKILL);
  REQUIRE(runs_in_session(wrapper));
  CHECK(search.go().code == 1);
  CHECK(search.first("status") == "preempted");
  CHECK_FALSE(runs_in_session(wrapper));
}

TEST_CASE("a run that was begun on another machine is left to that") {
  const LedgerSearch search("0", "--runs 1");
  search.append_started("3 x small", 1, "1", "elsewhere", "another");
  const Answer answer = search.go();
  CHECK(answer.code == 3);
  CHECK(answer.err.find("j: run 1 (3 x small) was begun on another machine; go on there, or tell what came of it (got elsewhere") == 0);
  CHECK(search.ledger().empty());
  CHECK(search.run("search tell j '3 x small' --seconds 1060").code == 0);
  CHECK(search.go().code == 5);
  CHECK(search.journal() == Names{"3 x small"});
}

TEST_CASE("a machine that was given another name is still the same, and one that was started again has lost what ran") {
  for (const auto& [host, boot] : {std::pair<std::string, std::string>{"renamed", ""}, {this_host(), "earlier"}}) {
    const LedgerSearch search("0", "--runs 2");
    search.append_started("3 x small", 1, "1", host, boot);
    std::filesystem::create_directory(search.folder() / "j.runs");
    put(search.folder() / "j.runs" / "001.out", "");
    put(search.folder() / "j.runs" / "001.begun", "");
    CHECK(search.go().code == 5);
    CHECK(search.first("status") == "preempted");
    CHECK(search.ledger() == Names{"3 x small"});
  }
}

TEST_CASE("a silent command that goes down with who looks after it has taken as long as it was seen alive") {
  const LedgerSearch search("30", "--runs 1");
  search.start_and_kill(2'000'000);
  const pid_t wrapper = search.wrapper();
  kill(-wrapper, SIGKILL);
  kill(wrapper, SIGKILL);
  CHECK(search.go().code == 1);
  CHECK(search.first("status") == "preempted");
  CHECK(std::stod(search.first("seconds")) > 1.5);
}

TEST_CASE("a command that hangs is ended by the next process, too, and told as late") {
  const LedgerSearch search("40.5", "--runs 1");
  search.start_and_kill();
  CHECK(search.go("--timeout 1s").code == 1);
  CHECK(search.first("status") == "timeout");
}
