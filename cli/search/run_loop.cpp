#include "cli/search/run_loop.hpp"

#include <sys/wait.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <ctime>
#include <map>

#include "cli/output.hpp"
#include "cli/search/command_run.hpp"
#include "cli/search/process.hpp"
#include "cli/search/report_page.hpp"
#include "core/error.hpp"
#include "io/atomic_file.hpp"
#include "io/format.hpp"

namespace forerun {
namespace {

constexpr std::chrono::seconds kGrace(5);  // between being asked to end and being ended
constexpr int kMostAccidents = 3;
constexpr long kPause_ns = 50'000'000;

std::string date_now() { return iso_date(std::chrono::system_clock::now()); }

/// What is next: one that somebody was told to run, one to confirm, or what the search asks for.
std::optional<int> next_candidate(SearchJournal& journal, int confirm) {
  SearchSession& session = journal.session();
  const auto stopped = session.stopped();
  if (!stopped && !session.asked().empty()) return session.asked().front();
  if (!stopped) {
    const std::vector<int> ids = session.ask(1);
    return ids.empty() ? std::nullopt : std::optional(ids.front());
  }
  if (!session.to_confirm() && confirm > 0 && session.under_way().empty()) {
    Confirming confirming{std::string(to_string(*stopped)), {}};
    for (const int id : session.search().to_confirm(confirm)) confirming.candidates.push_back(session.name(id));
    journal.record(confirming, date_now());
  }
  const auto left = session.to_confirm();
  return left && !left->empty() ? std::optional(left->front()) : std::nullopt;
}

/// Signals that are waited for rather than obeyed while this lives.
class HeldSignals {
 public:
  HeldSignals() {
    ::sigemptyset(&held_);
    ::sigaddset(&held_, SIGCHLD);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
      struct sigaction action {};
      // Who began this may want one of them ignored, as nohup does.
      if (::sigaction(signal, nullptr, &action) == 0 && action.sa_handler != SIG_IGN) ::sigaddset(&held_, signal);
    }
    ::sigprocmask(SIG_BLOCK, &held_, &before_);
  }
  HeldSignals(const HeldSignals&) = delete;
  HeldSignals& operator=(const HeldSignals&) = delete;
  ~HeldSignals() { ::sigprocmask(SIG_SETMASK, &before_, nullptr); }

  /// The signal to end by that came, after a while at most; nothing where none did.
  [[nodiscard]] std::optional<int> wait() const {
    const timespec pause{0, kPause_ns};
    const int signal = ::sigtimedwait(&held_, nullptr, &pause);
    return signal > 0 && signal != SIGCHLD ? std::optional(signal) : std::nullopt;
  }

 private:
  sigset_t held_{};
  sigset_t before_{};
};

class CommandRunner {
 public:
  CommandRunner(SearchJournal& journal, const CommandTemplate& command, const RunPolicy& policy, const std::string& host)
      : journal_(journal), session_(journal.session()), command_(command), policy_(policy), host_(host) {}

  std::optional<int> run() {
    make_folder(journal_.runs_folder());
    check_hosts();
    const HeldSignals signals;
    while (true) {
      for (const SearchRun& run : session_.under_way()) look_after(run);
      if (accidents_ >= kMostAccidents)
        throw SimulationFailed(format("{} commands in a row gave no result; what they wrote is in {}; the same command goes on", accidents_,
                                      journal_.runs_folder().string()));
      start_more();
      if (session_.under_way().empty()) return std::nullopt;
      if (const auto signal = signals.wait()) return signal;
      while (::waitpid(-1, nullptr, WNOHANG) > 0) continue;
    }
  }

 private:
  [[nodiscard]] RunFiles files_of(int number) const { return {journal_.runs_folder(), number}; }
  bool signal_session(const SearchRun& run, int signal) const {
    return signal_followers(*run.process, signal, files_of(run.number).mark());
  }

  void check_hosts() const {
    for (const SearchRun& run : session_.under_way())
      if (!is_of_here(*run.process, host_) && !std::filesystem::exists(files_of(run.number).end))
        throw BadInput(Problem{.file = journal_.file().string(),
                               .what = format("run {} ({}) was begun on another machine; go on there, or tell what came of it", run.number,
                                              session_.name(run.candidate)),
                               .got = run.process->host,
                               .allowed = host_});
  }

  void start_more() {
    while (static_cast<int>(session_.under_way().size()) < policy_.parallel) {
      const auto next = next_candidate(journal_, policy_.confirm);
      if (!next) return;
      begin(session_.next_number(), *next);
    }
  }

  void begin(int number, int candidate) {
    const SpaceEntry& entry = session_.entry(candidate);
    begin_command(files_of(number), command_.words_for(entry), variables_for(entry, number), host_, [&](const ProcessIdentity& process) {
      journal_.record(Started{number, entry.candidate.name, process}, date_now());
    });
    say(format("run {}: {}: begun", number, entry.candidate.name));
  }

  void look_after(const SearchRun& run) {
    const RunFiles files = files_of(run.number);
    const RunState state = look_at(files, *run.process);
    switch (state.kind) {
      case RunState::Kind::never_began: return begin_again(run);
      case RunState::Kind::running: note_alive(files); return end_if_late(run, files, state);
      case RunState::Kind::ended:
        if (std::filesystem::exists(files.timed_out) && signal_session(run, 0))
          return end_if_late(run, files, state);  // what it began lives on
        return tell(run, files, told_of(read_end(files, state), policy_.time), state);
      case RunState::Kind::vanished: {
        signal_session(run, SIGKILL);  // nobody would tell of them
        tell(
            run, files,
            {.status = "preempted", .time = state.wall, .reason = "its process is gone without a result: killed, or the machine went down"},
            state);
        return;
      }
    }
  }

  void begin_again(const SearchRun& run) {
    if (++begun_again_[run.number] > kMostAccidents)
      throw SimulationFailed(format("run {} ({}) does not begin; is there room in {}?", run.number, session_.name(run.candidate),
                                    journal_.runs_folder().string()));
    begin(run.number, run.candidate);
  }

  // Each process that looks after a late command asks it to end, and waits for a while before it ends it: one that was killed may have
  // written down that it would ask, and not asked.
  void end_if_late(const SearchRun& run, const RunFiles& files, const RunState& state) {
    if (!std::filesystem::exists(files.timed_out)) {
      if (!policy_.timeout || state.wall < *policy_.timeout) return;
      write_file(files.timed_out, "");
    }
    const auto [asked, first] = asked_to_end_.try_emplace(run.number, std::chrono::steady_clock::now());
    if (first)
      signal_session(run, SIGTERM);
    else if (std::chrono::steady_clock::now() >= asked->second + kGrace)
      signal_session(run, SIGKILL);
  }

  void tell(const SearchRun& run, const RunFiles& files, Told told, const RunState& state) {
    if (std::filesystem::exists(files.timed_out))
      told = {.status = "timeout",
              .time = state.wall,
              .reason = policy_.timeout ? "was ended after " + human(*policy_.timeout) : "was ended, since it took too long"};
    told.run = run.number;
    told.candidate = session_.name(run.candidate);
    accidents_ = told.status == "error" ? accidents_ + 1 : 0;
    journal_.record(told, date_now());
    say(run_line(session_, told.run));
  }

  SearchJournal& journal_;
  SearchSession& session_;
  const CommandTemplate& command_;
  const RunPolicy& policy_;
  const std::string& host_;
  std::map<int, std::chrono::steady_clock::time_point> asked_to_end_;  ///< by run
  std::map<int, int> begun_again_;                                     ///< times, by run
  int accidents_ = 0;                                                  ///< in a row
};

}  // namespace

std::optional<int> run_commands(SearchJournal& journal, const CommandTemplate& command, const RunPolicy& policy, const std::string& host) {
  return CommandRunner(journal, command, policy, host).run();
}

void run_evaluated(SearchJournal& journal, const Evaluator& evaluator, const RunPolicy& policy) {
  SearchSession& session = journal.session();
  if (const auto open = session.under_way(); !open.empty())
    throw BadInput(Problem{.file = journal.file().string(),
                           .what = format("run {} ({}) of a command is under way; go on with the command, or tell what came of it",
                                          open.front().number, session.name(open.front().candidate))});
  while (const auto next = next_candidate(journal, policy.confirm)) {
    const auto [result, reason, status] = evaluator(*next);
    const int number = session.next_number();
    journal.record(Told{.run = number,
                        .candidate = session.name(*next),
                        .status = status.empty() ? std::string(to_string(result.outcome)) : status,
                        .time = result.time,
                        .cost = result.cost,
                        .reason = reason},
                   date_now());
    say(run_line(session, number));
  }
}

}  // namespace forerun
