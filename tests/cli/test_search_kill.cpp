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

Names sorted(Names names) {
  std::ranges::sort(names);
  return names;
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
  search.start_and_kill();
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
