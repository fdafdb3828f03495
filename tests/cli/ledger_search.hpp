#pragma once

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "tests/cli/command_line.hpp"
#include "tests/cli/search_table.hpp"

namespace forerun {

using Names = std::vector<std::string>;

/// The exit status of a process, once it has ended.
inline int status_of(pid_t process) {
  int status = 0;
  waitpid(process, &status, 0);
  return status;
}

inline void wait_for(const std::filesystem::path& file) {
  for (int i = 0; i < 2000 && !std::filesystem::exists(file); ++i) usleep(5000);
  REQUIRE(std::filesystem::exists(file));
}

/// A pause that ends when the test wants it to.
inline const std::string kUntilStop = "0; while [ ! -e stop ]; do sleep 0.05; done";

/// A search over the small table whose command writes into a ledger that it was paid for, and takes its result from the table.
class LedgerSearch : public CommandLine {
 public:
  explicit LedgerSearch(const std::string& pause, const std::string& options = "") {
    put(folder() / "runs.csv", SmallSearch().runs());
    put(folder() / "run.sh", "echo \"$1\" >>ledger\nsleep " + pause +
                                 "\ngrep \"^$1,\" runs.csv | { IFS=, read -r a b c d e f g seconds status\n"
                                 "echo seconds=$seconds status=$status; }\n");
    REQUIRE(run("search init j --space runs.csv " + options).code == 0);
  }

  /// Begins `search run` and does not wait for it.
  /// `before`: words for the shell; `most_bytes`: of a file that it writes, beyond which it is killed.
  [[nodiscard]] pid_t start(const std::string& options = "", const std::string& before = "", rlim_t most_bytes = RLIM_INFINITY) const {
    const std::string command = before + "cd '" + folder().path().string() + "' && exec " FORERUN_BINARY " search run j " + options +
                                " -- sh run.sh {candidate} >out 2>>log </dev/null";
    const pid_t child = fork();
    if (child == 0) {
      const rlimit most{most_bytes, most_bytes};
      if (most_bytes != RLIM_INFINITY) setrlimit(RLIMIT_FSIZE, &most);
      execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
      _exit(127);
    }
    return child;
  }
  /// Kills `search run` once its first command runs, which goes on; after `seen_us` more.
  void start_and_kill(useconds_t seen_us = 0) const {
    const pid_t process = start();
    wait_for(folder() / "ledger");
    usleep(seen_us);
    kill(process, SIGKILL);
    status_of(process);
  }
  [[nodiscard]] Answer go(const std::string& options = "") const { return run("search run j " + options + " -- sh run.sh {candidate}"); }

  [[nodiscard]] Names ledger() const { return lines_of(get(folder() / "ledger")); }
  /// Candidates of the runs of the journal, by number.
  [[nodiscard]] Names journal() const {
    Names names;
    const YamlNode report = read_yaml_text(run("search report j --format json").out, "report");
    for (const YamlNode& each : items(*report.find("runs"))) names.push_back(value_of(each, "candidate"));
    return names;
  }
  [[nodiscard]] std::string first(const std::string& key) const {
    const YamlNode report = read_yaml_text(run("search report j --format json").out, "report");
    return value_of(items(*report.find("runs")).front(), key);
  }
  /// The process that the journal says the first run to be.
  [[nodiscard]] pid_t wrapper() const {
    const std::string journal = get(folder() / "j");
    return std::stoi(journal.substr(journal.find("\"pid\":") + 6));
  }
  void append(const std::string& line) const { std::ofstream(folder() / "j", std::ios::app) << line << "\n"; }
  /// What a run that was begun as this process has left in the journal.
  void append_started(const std::string& candidate, int pid, const std::string& started, const std::string& host,
                      std::string boot = "") const {
    if (boot.empty()) boot = get("/proc/sys/kernel/random/boot_id"), boot.pop_back();
    append(R"({"event":"started","run":1,"candidate":")" + candidate + R"(","process":{"pid":)" + std::to_string(pid) + R"(,"started":)" +
           started + R"(,"boot":")" + boot + R"(","host":")" + host + "\"}}");
  }

 private:
  static Names lines_of(const std::string& text) {
    Names lines;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
  }
};

}  // namespace forerun
