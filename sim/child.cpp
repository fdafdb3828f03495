#include "sim/child.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <exception>
#include <utility>

#include "core/error.hpp"
#include "io/descriptor.hpp"
#include "sim/message.hpp"

namespace forerun::sim {

namespace {

// A frame: its kind, the length of its text, the text.
constexpr char kAnswer = 'a';
constexpr char kFailure = 'f';
constexpr std::size_t kHeader = 1 + sizeof(std::uint64_t);
constexpr int kPipe = 3;  ///< the child's end, beside the standard descriptors

// What an answer of a child that reports its progress begins with.
constexpr char kReport = 'r';
constexpr char kResult = 'a';

void send(const Descriptor& pipe, char kind, std::string_view text) {
  std::string frame(kHeader, kind);
  const std::uint64_t length = text.size();
  std::memcpy(frame.data() + 1, &length, sizeof length);
  frame += text;
  try {
    write_all(pipe, frame, "the pipe to the simulating process");
  } catch (const BadInput&) {
    ::_exit(1);  // the parent is gone: nobody is left to tell
  }
}

[[noreturn]] void run_child(int pipe_end, pid_t parent, const std::function<void(const Answer&)>& work) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(1);
  // An interrupt is the parent's to handle; a crash is no business of handlers that the parent installed for itself.
  ::signal(SIGINT, SIG_IGN);
  for (const int signal : {SIGTERM, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT}) ::signal(signal, SIG_DFL);
  if (pipe_end != kPipe) ::dup2(pipe_end, kPipe);
  // The engine flushes the output streams, with what the parent has left in them.
  const int nowhere = ::open("/dev/null", O_RDWR);
  ::dup2(nowhere, STDIN_FILENO);
  ::dup2(nowhere, STDOUT_FILENO);
  // Whatever else the parent has open is none of ours: a sibling's pipe held open would hide that sibling's end.
  ::close_range(kPipe + 1, ~0U, 0);
  const Descriptor pipe(kPipe);
  try {
    work([&](std::string_view text) { send(pipe, kAnswer, text); });
  } catch (const std::exception& error) {
    send(pipe, kFailure, error.what());
    ::_exit(1);
  }
  ::_exit(0);
}

void pass_on(const std::string& report, const ProgressCallback& progress) {
  Progress reported;
  Decoder decoder(std::string_view(report).substr(1));
  decoder.get(reported.done), decoder.get(reported.total), decoder.get(reported.what);
  progress(reported);
}

}  // namespace

Child::Child(const std::function<void(const Answer&)>& work) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw SimulationFailed(std::string("no pipe to a simulating process: ") + std::strerror(errno));
  const pid_t parent = ::getpid();
  pid_ = ::fork();
  if (pid_ == 0) run_child(ends[1], parent, work);
  const int error = errno;
  ::close(ends[1]);
  descriptor_ = ends[0];
  if (pid_ < 0) {
    ::close(descriptor_);
    throw SimulationFailed(std::string("no simulating process: ") + std::strerror(error));
  }
}

Child::Child(Child&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      received_(std::move(other.received_)),
      taken_(other.taken_),
      failure_(std::move(other.failure_)) {}

Child::~Child() {
  if (pid_ > 0) ::kill(pid_, SIGKILL);
  wait();
  if (descriptor_ >= 0) ::close(descriptor_);
}

bool Child::receive() {
  std::array<char, 1 << 16> buffer{};
  ssize_t count = 0;
  do count = ::read(descriptor_, buffer.data(), buffer.size());
  while (count < 0 && errno == EINTR);
  if (count <= 0) return false;
  received_.erase(0, taken_);
  taken_ = 0;
  received_.append(buffer.data(), static_cast<std::size_t>(count));
  return true;
}

bool Child::next_frame(char& kind, std::string& text) {
  if (received_.size() - taken_ < kHeader) return false;
  std::uint64_t length = 0;
  std::memcpy(&length, received_.data() + taken_ + 1, sizeof length);
  if (received_.size() - taken_ - kHeader < length) return false;
  kind = received_[taken_];
  text.assign(received_, taken_ + kHeader, length);
  taken_ += kHeader + length;
  return true;
}

bool Child::next(std::string& answer) {
  char kind = 0;
  if (!next_frame(kind, answer)) return false;
  if (kind == kAnswer) return true;
  failure_ = answer;
  return false;
}

std::string Child::wait() {
  if (pid_ <= 0) return failure_;
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  if (!failure_.empty()) return failure_;
  if (WIFSIGNALED(status))
    failure_ =
        "the simulating process was ended by signal " + std::to_string(WTERMSIG(status)) + " (" + ::strsignal(WTERMSIG(status)) + ")";
  else if (WEXITSTATUS(status) != 0)
    failure_ = "the simulating process ended with status " + std::to_string(WEXITSTATUS(status)) + " and no answer";
  return failure_;
}

std::string ask_child(const std::function<std::string(const ProgressCallback&)>& work, const ProgressCallback& progress) {
  Child child([&](const Answer& answer) {
    ProgressCallback report;
    if (progress)
      report = [&answer](const Progress& done) {
        Encoder encoder;
        encoder.put(kReport), encoder.put(done.done), encoder.put(done.total), encoder.put(done.what);
        answer(encoder.take());
      };
    answer(kResult + work(report));
  });
  std::string text;
  bool answered = false;
  while (!answered && child.receive())
    while (!answered && child.next(text)) {
      if (text.front() == kReport) pass_on(text, progress);
      answered = text.front() == kResult;
    }
  if (const std::string failure = child.wait(); !failure.empty()) throw SimulationFailed(failure);
  if (!answered) throw SimulationFailed("the simulating process ended without an answer");
  return text.substr(1);
}

std::string ask_child(const std::function<std::string()>& work) {
  return ask_child([&work](const ProgressCallback& /*none*/) { return work(); }, {});
}

}  // namespace forerun::sim
