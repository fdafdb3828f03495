#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <random>

#include "tests/cli/ledger_search.hpp"
#include "tests/cli/processes.hpp"

using namespace forerun;

namespace {

std::string this_host() {
  std::string name(256, '\0');
  gethostname(name.data(), name.size() - 1);
  return name.c_str();
}

Names sorted(Names names) {
  std::ranges::sort(names);
  return names;
}

int status_of(pid_t process) {
  int status = 0;
  waitpid(process, &status, 0);
  return status;
}

/// Kills the search at random moments and begins it again, until it is over. How often it was killed.
int torment(const LedgerSearch& search, const std::string& options, unsigned seed, int longest_us) {
  std::mt19937 random(seed);
  for (int kills = 0;; ++kills) {
    const pid_t process = search.start(options);
    const int slow_machine_us = longest_us / 50 * kills;  // which gets nowhere in a short life
    usleep(static_cast<useconds_t>(std::uniform_int_distribution<int>(0, longest_us + slow_machine_us)(random)));
    kill(process, SIGKILL);
    if (const int status = status_of(process); WIFEXITED(status)) {
      CHECK(WEXITSTATUS(status) == 0);
      return kills;
    }
    REQUIRE(kills < 2000);
  }
}

void wait_for(const std::filesystem::path& file) {
  for (int i = 0; i < 2000 && !std::filesystem::exists(file); ++i) usleep(5000);
  REQUIRE(std::filesystem::exists(file));
}

}  // namespace

TEST_CASE("a search that is killed at many moments loses no run, repeats none and asks for the same", "[slow]") {
  const LedgerSearch untouched("0");
  REQUIRE(untouched.go().code == 0);
  int kills = 0;
  for (unsigned seed = 1; seed <= 4; ++seed) {
    // Short lives end mostly while it starts and begins a command, long ones while it waits for one.
    const LedgerSearch search("0.05");
    kills += torment(search, "", seed, seed % 2 == 0 ? 60'000 : 250'000);
    CHECK(search.ledger() == untouched.journal());
    CHECK(search.journal() == untouched.journal());
    CHECK(get(search.folder() / "log").find("bug") == std::string::npos);
  }
  CHECK(kills >= 20);
}

TEST_CASE("a search with several commands at once that is killed at many moments loses no run and repeats none", "[slow]") {
  const LedgerSearch search("0.1", "--runs 12 --improvement 0");
  const auto over = [&] { return search.ledger().size() >= 12; };
  std::mt19937 random(7);
  for (int kills = 0; kills < 400 && !over(); ++kills) {
    const pid_t process = search.start("--parallel 3");
    usleep(static_cast<useconds_t>(std::uniform_int_distribution<int>(0, 200'000)(random)));
    kill(process, SIGKILL);
    status_of(process);
  }
  CHECK(search.go("--parallel 3").code == 5);
  CHECK(search.journal().size() == 12);
  CHECK(sorted(search.ledger()) == sorted(search.journal()));
}

TEST_CASE("a search that is killed while it writes down that a command begins has not begun it") {
  const LedgerSearch search("0", "--runs 1");
  const std::string journal = get(search.folder() / "j");
  CHECK(WIFSIGNALED(status_of(search.start("", "", journal.size() + 30))));
  CHECK(get(search.folder() / "j").size() == journal.size() + 30);
  usleep(500'000);
  CHECK(search.ledger().empty());
  const Answer answer = search.go();
  CHECK(answer.code == 5);
  CHECK(answer.err.find("j: warning: the last line was cut off") == 0);
  CHECK(search.ledger().size() == 1);
  CHECK(search.journal() == search.ledger());
}

TEST_CASE("a result that was cut off while it was written down is found again") {
  const LedgerSearch search("0", "--runs 1");
  REQUIRE(search.go().code == 5);
  const std::string journal = get(search.folder() / "j"), seconds = search.first("seconds");
  put(search.folder() / "j", journal.substr(0, journal.size() - 25));
  CHECK(search.go().code == 5);
  CHECK(search.ledger().size() == 1);
  CHECK(search.journal() == search.ledger());
  CHECK(search.first("seconds") == seconds);
}

TEST_CASE("a command goes on where the search is killed, and the next one waits for it") {
  const LedgerSearch search("1", "--runs 1");
  const pid_t process = search.start();
  wait_for(search.folder() / "ledger");
  kill(process, SIGKILL);
  status_of(process);
  const Answer answer = search.go();
  CHECK(answer.code == 5);
  CHECK(answer.err.find("run 1: ") == 0);
  CHECK(answer.err.find(": begun") == std::string::npos);
  CHECK(search.ledger() == search.journal());
  CHECK(search.ledger().size() == 1);
  CHECK(search.first("reason").empty());
}

TEST_CASE("a search that is interrupted says what goes on, and ends as the signal has it") {
  const LedgerSearch search(kUntilStop, "--runs 1");
  const pid_t process = search.start();
  wait_for(search.folder() / "ledger");
  kill(process, SIGINT);
  const int status = status_of(process);
  CHECK(WIFSIGNALED(status));
  CHECK(WTERMSIG(status) == SIGINT);
  CHECK(get(search.folder() / "log").find("goes on as process ") != std::string::npos);
  put(search.folder() / "stop", "");
  CHECK(search.go().code == 5);
  CHECK(search.ledger().size() == 1);
}

TEST_CASE("a search that is to outlive its terminal does") {
  const LedgerSearch search(kUntilStop, "--runs 1");
  const pid_t process = search.start("", "trap '' HUP; ");
  wait_for(search.folder() / "ledger");
  kill(process, SIGHUP);
  usleep(300'000);
  put(search.folder() / "stop", "");
  CHECK(WEXITSTATUS(status_of(process)) == 5);
}

TEST_CASE("two processes never run the same search, and a result is not told beside one that does") {
  const LedgerSearch search(kUntilStop, "--runs 1");
  const pid_t process = search.start();
  wait_for(search.folder() / "ledger");
  const Answer report = search.run("search report j");
  CHECK(report.out.find("under way:  run 1: " + search.ledger().front()) != std::string::npos);
  for (const std::string verb : {"run j -- true", "tell j '1 x small' --seconds 3", "ask j"}) {
    const Answer answer = search.run("search " + verb);
    CHECK(answer.code == 3);
    CHECK(answer.err == "j: another process is at work on it; wait for that, or end it\n");
  }
  put(search.folder() / "stop", "");
  CHECK(WEXITSTATUS(status_of(process)) == 5);
}

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
  const pid_t process = search.start();
  wait_for(search.folder() / "ledger");
  kill(process, SIGKILL);
  status_of(process);
  std::filesystem::create_symlink("j", search.folder() / "link");
  put(search.folder() / "stop", "");
  CHECK(search.run("search run link -- sh run.sh {candidate}").code == 5);
  CHECK(search.ledger().size() == 1);
  CHECK(search.journal() == search.ledger());
}

TEST_CASE("nobody is told to run, or may tell, what a command is at") {
  const LedgerSearch search(kUntilStop);
  const pid_t process = search.start();
  wait_for(search.folder() / "ledger");
  kill(process, SIGKILL);
  status_of(process);
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
  const pid_t process = search.start();
  wait_for(search.folder() / "ledger");
  kill(process, SIGKILL);
  status_of(process);
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
  const pid_t process = search.start();
  wait_for(search.folder() / "ledger");
  usleep(2'000'000);
  kill(process, SIGKILL);
  status_of(process);
  const pid_t wrapper = search.wrapper();
  kill(-wrapper, SIGKILL);
  kill(wrapper, SIGKILL);
  CHECK(search.go().code == 1);
  CHECK(search.first("status") == "preempted");
  CHECK(std::stod(search.first("seconds")) > 1.5);
}

TEST_CASE("a command that hangs is ended by the next process, too, and told as late") {
  const LedgerSearch search("40.5", "--runs 1");
  const pid_t process = search.start();
  wait_for(search.folder() / "ledger");
  kill(process, SIGKILL);
  status_of(process);
  CHECK(search.go("--timeout 1s").code == 1);
  CHECK(search.first("status") == "timeout");
}
