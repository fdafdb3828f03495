#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>

#include "io/csv.hpp"
#include "tests/cli/command_line.hpp"
#include "tests/cli/ledger_search.hpp"
#include "tests/cli/processes.hpp"
#include "tests/cli/search_table.hpp"

using namespace forerun;

namespace {

/// A search of two candidates with a command: a script for the shell, to be told as `sh run.sh`.
class CommandSearch : public CommandLine {
 public:
  explicit CommandSearch(const std::string& script, const std::string& options = "--runs 1") {
    put(folder() / "space.csv", "candidate,nodes,kind of disk,usd_per_h\ntwo,2,fast ssd,3600\nthree,3,slow,7200\n");
    put(folder() / "run.sh", script);
    REQUIRE(run("search init j --space space.csv " + options).code == 0);
  }
  [[nodiscard]] Answer go(const std::string& options = "", const std::string& command = "sh run.sh") const {
    return run("search run j " + options + " -- " + command);
  }
  /// Under this key of the first run, after one run.
  [[nodiscard]] std::string first(const std::string& key, const std::string& options = "") const {
    const Answer answer = go(options);
    CAPTURE(answer.err);
    const YamlNode document = read_yaml_text(run("search report j --format json").out, "report");
    return value_of(items(*document.find("runs")).front(), key);
  }
};

std::string status_of(const std::string& script, const std::string& options = "") { return CommandSearch(script).first("status", options); }
std::string reason_of(const std::string& script, const std::string& options = "") { return CommandSearch(script).first("reason", options); }

}  // namespace

TEST_CASE("a command is told its configuration by placeholders and by its environment") {
  const CommandSearch search(
      "echo $1 $2 $3 $FORERUN_RUN $FORERUN_CANDIDATE $FORERUN_NODES $FORERUN_KIND_OF_DISK $FORERUN_USD_PER_H $FORERUN_NODESX "
      ">>ledger\necho seconds=$2\n",
      "--improvement 0");
  const Answer answer = search.go("", "sh run.sh {candidate} {nodes} 'x{nodes}${HOME}{print}{}{,}'");
  CHECK(answer.code == 3);
  CHECK(answer.err.find(
            "command: has a placeholder that two has no setting for (got {print}, allowed candidate, nodes, kind of disk, usd_per_h)") ==
        0);
  CHECK_FALSE(std::filesystem::exists(search.folder() / "ledger"));
  const std::string inherited = "--version >/dev/null; FORERUN_NODES=9 FORERUN_NODESX=8 " FORERUN_BINARY " search run j -- ";
  CHECK(search.run(inherited + "sh run.sh {candidate} {nodes} \"x{nodes}\\${HOME}{ print}{}{,}\"").code == 0);
  const std::string ledger = get(search.folder() / "ledger");
  CHECK(ledger.find("two 2 x2${HOME}{ print}{}{,} ") != std::string::npos);
  CHECK(ledger.find(" two 2 fast ssd 3600 8\n") != std::string::npos);
  CHECK(ledger.find(" three 3 slow 7200 8\n") != std::string::npos);
}

TEST_CASE("what a command prints last is its result") {
  CHECK(CommandSearch("echo seconds=3\n").first("usd") != "");
  CHECK(CommandSearch("echo seconds=3; echo bye\necho done >&2\n").first("seconds") == "3.0");
  CHECK(CommandSearch("echo seconds=3; echo seconds=4.5 usd=0.25\n").first("seconds") == "4.5");
  CHECK(CommandSearch("echo seconds=3 usd=0.25; echo it took seconds=7\n").first("usd") == "0.25");
  CHECK(CommandSearch("printf '{\"seconds\": 12, \"usd\": 0.5, \"accuracy\": 0.9}'\n").first("seconds") == "12.0");
  CHECK(CommandSearch("echo '{\"seconds\": 12, \"status\": \"oom\", \"reason\": \"GPU\"}'\n").first("reason") == "GPU");
  CHECK(CommandSearch("echo seconds=5 status=error reason=no such luck\n").first("reason") == "no such luck");
  CHECK(CommandSearch("printf 'seconds=5\\r\\n'\n").first("seconds") == "5.0");
}

TEST_CASE("a command that gives no result is an observation with a reason") {
  CHECK(status_of("true\n") == "error");
  CHECK(reason_of("true\n").find("ended well, but printed no line seconds=NUMBER") == 0);
  CHECK(reason_of("echo seconds=\n") == "printed seconds=, which is no number above zero and up to 1e15");
  CHECK(reason_of("echo seconds=-3\n") == "printed seconds=-3, which is no number above zero and up to 1e15");
  CHECK(reason_of("echo seconds=0\n") == "printed seconds=0, which is no number above zero and up to 1e15");
  CHECK(reason_of("echo seconds=nan\n") == "printed seconds=nan, which is no number above zero and up to 1e15");
  CHECK(reason_of("echo seconds=1e999\n") == "printed seconds=1e999, which is no number above zero and up to 1e15");
  CHECK(reason_of("echo seconds=12s\n") == "printed seconds=12s, which is no number above zero and up to 1e15");
  CHECK(reason_of("echo seconds=3; echo '{\"seconds\": [1]}'\n") == "printed seconds=[1], which is no number above zero and up to 1e15");
  CHECK(reason_of("echo seconds=3 usd=-1\n") == "printed usd=-1, which is no number from zero to 1e15");
  CHECK(reason_of("echo seconds=3 status=fine\n") == "printed status=fine, which is no status");
  CHECK(status_of("head -c 3000000 /dev/urandom\n") == "error");
  CHECK(status_of("echo seconds=3; head -c 300000 /dev/zero\n") == "ok");
}

TEST_CASE("a command that fails is an observation by its exit status") {
  CHECK(status_of("exit 1\n") == "failed");
  CHECK(reason_of("echo first >&2; echo no disk >&2; exit 3\n") == "exit status 3: no disk");
  CHECK(status_of("echo seconds=3; exit 1\n") == "failed");
  CHECK(status_of("echo seconds=3 status=ok; exit 1\n") == "ok");
  CHECK(status_of("exit 124\n") == "timeout");
  CHECK(status_of("kill -9 $$\n") == "oom");
  CHECK(status_of("kill -15 $$\n") == "preempted");
  CHECK(status_of("kill -11 $$\n") == "failed");
  // Whoever ends all of it leaves the wrapper to tell.
  CHECK(reason_of("kill -15 0; sleep 9\n").find("exit status 143") == 0);
  CHECK(status_of("exec /nonexistent/program\n") == "error");
  CHECK(status_of("echo status=oom\n") == "oom");
  CHECK(status_of("echo status=preempted; exit 9\n") == "preempted");
}

TEST_CASE("with the time of the wall, a command need not print anything") {
  const CommandSearch search("sleep 0.3\n");
  const double seconds = std::stod(search.first("seconds", "--time wall"));
  CHECK(seconds >= 0.25);
  CHECK(seconds < 20);
  CHECK(status_of("exit 1\n", "--time wall") == "failed");
  CHECK(CommandSearch("echo seconds=70\n").first("seconds", "--time wall") == "70.0");
}

TEST_CASE("a command that hangs is ended with all that it began") {
  const CommandSearch search("sleep 60 &\necho $! >child\necho begun\nsleep 60\necho seconds=1\n");
  CHECK(search.first("status", "--timeout 1s") == "timeout");
  CHECK(search.first("reason") == "was ended after 1.00 s");
  const double seconds = std::stod(search.first("seconds"));
  CHECK(seconds >= 0.9);
  CHECK(seconds < 20);
  CHECK_FALSE(ShownProcess(std::to_string(std::stoi(get(search.folder() / "child")))).runs());
  CHECK(get(search.folder() / "j.runs" / "001.out") == "begun\n");
}

TEST_CASE("a command that does not obey is ended all the same", "[slow]") {
  const CommandSearch search("trap '' TERM\nwhile :; do sleep 0.1; done\n");
  CHECK(search.first("status", "--timeout 1s") == "timeout");
  CHECK(std::stod(search.first("seconds")) >= 5.9);
}

TEST_CASE("what was asked for by hand and not told is run first") {
  const CommandSearch search("echo \"$FORERUN_CANDIDATE\" >>ledger; echo seconds=3\n", "--improvement 0");
  const std::string asked = search.run("search ask j --count 2 --format csv").out;
  CHECK(search.go().code == 0);
  const std::string ledger = get(search.folder() / "ledger");
  CHECK(ledger == (asked.find("two") < asked.find("three") ? "two\nthree\n" : "three\ntwo\n"));
  CHECK(search.run("search report j --format json").out.find("\"asked\": []") != std::string::npos);
}

TEST_CASE("an accident is tried once more, and three in a row end the command but not the search") {
  const CommandSearch search("echo run >>ledger\n", "--improvement 0");
  const Answer answer = search.go();
  CHECK(answer.code == 4);
  CHECK(answer.err.find("3 commands in a row gave no result; what they wrote is in /") != std::string::npos);
  CHECK(get(search.folder() / "ledger") == "run\nrun\nrun\n");
  put(search.folder() / "run.sh", "echo seconds=3\n");
  CHECK(search.go().code == 0);
}

TEST_CASE("accidents with results between them end nothing") {
  const CommandLine shell;
  put(shell.folder() / "space.csv", "candidate,nodes,usd_per_h\na,1,1\nb,2,2\nc,3,3\nd,4,4\n");
  put(shell.folder() / "run.sh", "[ -e $1 ] && echo seconds=3\ntouch $1\n");
  CHECK(shell.run("search init j --space space.csv --improvement 0").code == 0);
  CHECK(shell.run("search run j -- sh run.sh {candidate}").code == 0);
  const std::string rows = shell.run("search report j --format csv").out;
  CHECK(std::ranges::count(rows, '\n') == 9);
}

TEST_CASE("exit codes tell how a search ended") {
  CHECK(CommandSearch("echo seconds=3\n", "--runs 1").go().code == 5);
  CHECK(CommandSearch("echo seconds=3\n", "").go().code == 0);
  CHECK(CommandSearch("exit 1\n", "").go().code == 1);
  CHECK(CommandSearch("echo seconds=3\n", "--deadline 1s").go().code == 1);
  CHECK(CommandSearch("echo seconds=3\n", "--spend 1USD").go().code == 5);
}

TEST_CASE("what cannot be run is told before anything is") {
  const CommandSearch search("echo seconds=3\n");
  const std::string journal = get(search.folder() / "j");
  CHECK(search.go("", "no-such-program-here").err == "command: is no program that can be run (got no-such-program-here)\n");
  CHECK(search.go("", "./space.csv").code == 3);
  CHECK(search.go("--timeout 3").err.find("--timeout: has no unit (got 3") == 0);
  CHECK(search.go("--timeout -3s").code != 0);
  CHECK(search.run("search run j").code == 2);
  CHECK(search.run("search run j --evaluate space.csv -- true").code == 2);
  CHECK(search.run("search run j --evaluate space.csv").code == 3);
  CHECK(get(search.folder() / "j") == journal);
  CHECK_FALSE(std::filesystem::exists(search.folder() / "j.runs"));
}

TEST_CASE("words of the command are its own, whatever they look like") {
  const CommandSearch search("echo \"$@\" >>ledger; echo seconds=3\n");
  CHECK(search.go("", "sh run.sh --set lr 0.1 --timeout x report -- -o").code == 5);
  CHECK(get(search.folder() / "ledger") == "--set lr 0.1 --timeout x report -- -o\n");
}

TEST_CASE("several commands run at once, and never more runs than are allowed") {
  const CommandSearch search(
      "echo in >>ledger; for i in 1 2 3 4 5 6 7 8 9 10; do [ $(grep -c in ledger) -ge 2 ] || sleep 0.5; done; "
      "grep -c in ledger >>seen; echo seconds=3\n",
      "--improvement 0");
  CHECK(search.go("--parallel 2").code == 0);
  CHECK(get(search.folder() / "seen") == "2\n2\n");
  const CommandSearch one("echo in >>ledger; echo seconds=3\n", "--runs 1");
  CHECK(one.go("--parallel 2").code == 5);
  CHECK(get(one.folder() / "ledger") == "in\n");
}

TEST_CASE("a table of runs takes the place of a command, with the same choices as telling one by one") {
  const CommandLine shell;
  put(shell.folder() / "runs.csv", SmallSearch().runs());
  CHECK(shell.run("search init j --space runs.csv").code == 0);
  const Answer answer = shell.run("search run j --evaluate runs.csv");
  CHECK(answer.code == 0);
  CHECK(answer.out.find("best:       4 x small") != std::string::npos);
  CHECK(answer.err.find("run 1: ") == 0);
  CHECK(answer.err.find("; spent: ") != std::string::npos);
  // Nothing is left to do.
  const std::string journal = get(shell.folder() / "j");
  CHECK(shell.run("search run j --evaluate runs.csv").out == answer.out);
  CHECK(get(shell.folder() / "j") == journal);
  put(shell.folder() / "few.csv", "workload,candidate,seconds,usd\nx,1 x small,3,3\nx,2 x small,3,3\n");
  CHECK(shell.run("search init k --space runs.csv").code == 0);
  CHECK(shell.run("search run k --evaluate few.csv").err == "few.csv: has no run of a candidate that may be asked for (got 3 x small)\n");
}

TEST_CASE("what a table says was paid is what runs cost, now and in the past") {
  const CommandLine shell;
  std::string rows = "workload,candidate,nodes,usd_per_h,seconds,usd\n";
  for (const std::string job : {"old", "new"})
    for (int n = 1; n <= 6; ++n) {
      const std::string name = std::to_string(n), usd = n == 5 ? "0.01" : n == 6 ? "" : "7";
      rows += job + ",n" + name + "," + name + "," + name + ",3600," + usd + "\n";
    }
  put(shell.folder() / "runs.csv", rows);
  CHECK(shell.run("search init j --job new --space runs.csv --history runs.csv --improvement 0").code == 0);
  CHECK(shell.run("search run j --evaluate runs.csv").code == 0);
  const std::string report = shell.run("search report j --format csv").out;
  CHECK(report.find("\n1,n5,ok,,true,3600,0.01,") != std::string::npos);
  CHECK(report.find(",n4,ok,,true,3600,7,") != std::string::npos);
  CHECK(report.find(",n6,ok,,true,3600,6,") != std::string::npos);
}

TEST_CASE("the best are run once more at the end where that is wanted, and only once") {
  const CommandLine shell;
  put(shell.folder() / "runs.csv", SmallSearch().runs());
  CHECK(shell.run("search init j --space runs.csv").code == 0);
  CHECK(shell.run("search init k --space runs.csv").code == 0);
  const auto runs = [&](const std::string& journal) {
    const YamlNode document = read_yaml_text(shell.run("search report " + journal + " --format json").out, "report");
    return items(*document.find("runs")).size();
  };
  CHECK(shell.run("search run j --evaluate runs.csv").code == 0);
  CHECK(shell.run("search run k --evaluate runs.csv --confirm 2").code == 0);
  CHECK(runs("k") == runs("j") + 2);
  CHECK(shell.run("search run k --evaluate runs.csv --confirm 2").code == 0);
  CHECK(runs("k") == runs("j") + 2);
  // Once it is about confirming, a search does not go on, whatever that shows.
  CHECK(shell.run("search init l --space runs.csv").code == 0);
  put(shell.folder() / "l",
      get(shell.folder() / "l") + R"({"event":"confirming","because":"improvement","candidates":["3 x small"]})" + "\n");
  CHECK(shell.run("search run l --evaluate runs.csv").code == 0);
  CHECK(runs("l") == 1);
  CHECK(shell.run("search ask l").code == 1);
}

TEST_CASE("a result is found before megabytes of other output, and never in a part of a line") {
  const LedgerSearch search("0", "--runs 1");
  put(search.folder() / "talks.sh", "echo seconds=812\nyes 'eval_seconds=5' | head -c 3000000\n");
  CHECK(search.run("search run j -- sh talks.sh").code == 5);
  CHECK(search.first("seconds") == "812.0");
}

TEST_CASE("a standard stream that is closed is no file of the search's") {
  const LedgerSearch search("0", "--runs 1");
  CHECK(search.run("search run j -- sh run.sh {candidate} <&- >&- 2>&-").code == 5);
  CHECK(search.run("search report j").code == 0);
  CHECK(search.first("status") == "ok");
}

TEST_CASE("a table says what was paid, and has nothing to wait for") {
  const LedgerSearch search("0", "--runs 1");
  put(search.folder() / "paid.csv", "workload,candidate,usd_per_h,usd,seconds\n");
  const auto names = read_csv_text(get(search.folder() / "runs.csv"), "runs", {});
  std::string paid = "workload,candidate,usd_per_h,usd,seconds\n";
  for (std::size_t row = 0; row < names.rows.size(); ++row) paid += "w," + names.at(row, "candidate").value + ",1,7.5,60\n";
  put(search.folder() / "paid.csv", paid);
  CHECK(search.run("search run j --evaluate paid.csv --timeout 1h").code == 3);
  CHECK(search.run("search run j --evaluate paid.csv --parallel 2").code == 3);
  CHECK(search.run("search run j --evaluate paid.csv").code == 5);
  CHECK(search.first("usd") == "7.5");
}
