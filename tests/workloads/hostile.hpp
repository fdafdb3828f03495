#pragma once

#include <malloc.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <exception>
#include <fstream>
#include <functional>
#include <string>

#include "core/error.hpp"

/// Readers under the limits that a file from a stranger may cost: a second of one core and 512 MiB.
namespace forerun::test {

#if defined(__SANITIZE_ADDRESS__)
inline constexpr bool kSanitized = true;  // shadow memory is terabytes, and every access costs
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif
#else
inline constexpr bool kSanitized = false;
#endif

inline constexpr double kMostSeconds = kSanitized ? 20 : 1;

/// What became of a reader.
struct Ending {
  std::string text;    ///< of the BadInput; what else happened otherwise
  double seconds = 0;  ///< of a core
  double mib = 0;      ///< resident at most, beyond what was before
};

inline std::string ending_of(const std::function<void()>& read) {
  try {
    read();
    return "no BadInput";
  } catch (const BadInput& error) {
    return error.problems().empty() ? "a BadInput without a problem" : error.what();
  } catch (const std::exception& error) {
    return std::string("no BadInput but an exception: ") + error.what();
  }
}

/// Bytes of addresses and of resident memory that this process has.
struct Size {
  rlim_t addresses = 0;
  rlim_t resident = 0;
};

inline Size size_of_process() {
  Size size;
  std::ifstream("/proc/self/statm") >> size.addresses >> size.resident;
  const auto page = static_cast<rlim_t>(::sysconf(_SC_PAGESIZE));
  return {size.addresses * page, size.resident * page};
}

/// Limits what the process may take beyond what it has: 512 MiB of addresses, and of a core a little more than a test accepts.
inline void limit_process() {
  for (const int signal : {SIGSEGV, SIGABRT, SIGFPE, SIGBUS, SIGILL}) std::signal(signal, SIG_DFL);
  const rlimit core{static_cast<rlim_t>(2 * kMostSeconds), static_cast<rlim_t>(2 * kMostSeconds)};
  ::setrlimit(RLIMIT_CPU, &core);
  if (kSanitized) return;
  const rlim_t bytes = size_of_process().addresses + (rlim_t{512} << 20);
  const rlimit memory{bytes, bytes};
  ::setrlimit(RLIMIT_AS, &memory);
}

/// Runs a reader in a process of its own, which has these limits.
inline Ending read_limited(const std::function<void()>& read) {
  int ends[2];
  if (::pipe(ends) != 0) return {.text = "no pipe"};
  ::malloc_trim(0);  // what is free here would be free there
  const Size before = size_of_process();
  const pid_t process = ::fork();
  if (process < 0) return {.text = "no process"};
  if (process == 0) {
    ::close(ends[0]);
    limit_process();
    const std::string text = ending_of(read);
    for (std::size_t at = 0; at < text.size();) {
      const ssize_t written = ::write(ends[1], text.data() + at, text.size() - at);
      if (written <= 0) break;
      at += static_cast<std::size_t>(written);
    }
    ::_exit(0);
  }
  ::close(ends[1]);
  Ending ending;
  char block[4096];
  for (ssize_t got = 0; (got = ::read(ends[0], block, sizeof block)) > 0;) ending.text.append(block, static_cast<std::size_t>(got));
  ::close(ends[0]);
  int status = 0;
  rusage used{};
  ::wait4(process, &status, 0, &used);
  if (WIFSIGNALED(status)) ending.text = "the reader died of signal " + std::to_string(WTERMSIG(status));
  const auto seconds = [](const timeval& time) { return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6; };
  ending.seconds = seconds(used.ru_utime) + seconds(used.ru_stime);
  ending.mib = static_cast<double>(used.ru_maxrss) / 1024 - static_cast<double>(before.resident) / (1 << 20);
  return ending;
}

/// The dearest of some endings, for people.
class Worst {
 public:
  void add(const std::string& name, const Ending& ending) {
    ++count_;
    if (ending.seconds >= seconds_) seconds_ = ending.seconds, slowest_ = name;
    if (ending.mib >= mib_) mib_ = ending.mib, largest_ = name;
  }
  [[nodiscard]] std::string text() const {
    return std::to_string(count_) + " files, at most " + std::to_string(seconds_) + " s (" + slowest_ + ") and " + std::to_string(mib_) +
           " MiB (" + largest_ + ")";
  }

 private:
  int count_ = 0;
  double seconds_ = 0, mib_ = 0;
  std::string slowest_, largest_;
};

}  // namespace forerun::test
