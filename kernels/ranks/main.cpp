#include <mpi.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>

#include "core/error.hpp"
#include "io/atomic_file.hpp"
#include "kernels/ranks/network_ranks.hpp"
#include "kernels/ranks/timed_ranks.hpp"
#include "kernels/ranks/train_ranks.hpp"
#include "kernels/trainer/core_pin.hpp"

/// forerun-ranks JOB RESULT, started by mpirun: runs the job file on all ranks; rank 0 writes the result file.
/// Its progress and what happens to it go to standard output, one line a report, for the command that launched it. Exits with a RanksExit.
namespace {

using namespace forerun;

void print_progress(const Progress& progress) {
  std::printf("progress %.17g %.17g %s\n", progress.done, progress.total, progress.what.c_str());
  std::fflush(stdout);
}

void print_event(const TrainEvent& event) {
  std::printf("%s\n", event_line(event).c_str());
  std::fflush(stdout);
}

void print_sample(const CollectiveSample& sample) {
  std::printf("%s\n", sample_line(sample).c_str());
  std::fflush(stdout);
}

/// The rank that reports progress and writes the result, or one of the others.
enum class Speaker { first_rank, other_rank };

std::string run(const Job& job, Speaker speaker, const std::vector<int>& cores) {
  const bool first = speaker == Speaker::first_rank;
  const ProgressCallback progress = first ? ProgressCallback(print_progress) : ProgressCallback();
  if (const auto* training = std::get_if<TrainJob>(&job)) {
    const TrainResult result = train_ranks(*training, MPI_COMM_WORLD, progress, print_event, cores);
    return first ? result_text(result) : std::string();
  }
  const NetworkResult result = measure_network_ranks(std::get<NetworkJob>(job), MPI_COMM_WORLD, progress, print_sample);
  return first ? result_text(result) : std::string();
}

/// One core each, while there are enough: ranks wait for one another busily.
int core_of(int rank, const std::vector<int>& cores) { return cores.empty() ? 0 : cores[static_cast<std::size_t>(rank) % cores.size()]; }

/// Open MPI over TCP: a large message that its receiver asks for (put, the default) makes two ranks that send to one another take turns,
/// for what asks waits behind what is being sent. Two ranks of an all-reduce took twice as long. What the environment says stands.
void send_both_ways_at_once() { setenv("OMPI_MCA_btl_tcp_flags", "send", 0); }

void leave_word(const char* result, const char* what) {
  try {
    write_file(result, what);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "forerun-ranks: %s\n", error.what());
  }
}

/// What is wrong with a job is wrong on every rank: rank 0 says so in the result file, too, and ends all; the others give it time to. What
/// is wrong on one of them alone, such as a stage that does not fit into its memory or a record that only it reads, that one says.
int fail(Speaker speaker, const char* result, const char* what, RanksExit code) {
  if (speaker == Speaker::first_rank) {
    std::fprintf(stderr, "forerun-ranks: %s\n", what);
    leave_word(result, what);
  } else {
    std::fprintf(stderr, "forerun-ranks: rank %d: %s\n", group_rank(MPI_COMM_WORLD), what);
    sleep(1);
    if (code == RanksExit::bad_input) leave_word(result, what);
  }
  MPI_Abort(MPI_COMM_WORLD, static_cast<int>(code));
  return static_cast<int>(code);
}

}  // namespace

int main(int count, char** arguments) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);  // a launcher that is killed leaves no rank behind
  prctl(PR_SET_TIMERSLACK, 1);       // a rank that naps while it waits wakes when it said
  if (count != 3) {
    std::fprintf(stderr, "usage: mpirun -n RANKS forerun-ranks JOB RESULT\n");
    return static_cast<int>(RanksExit::usage);
  }
  send_both_ways_at_once();
  int provided = 0;
  MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &provided);  // other threads read samples and write checkpoints
  const int rank = group_rank(MPI_COMM_WORLD);
  const Speaker speaker = rank == 0 ? Speaker::first_rank : Speaker::other_rank;
  const std::vector<int> cores = usable_cores();
  const CorePin pin(core_of(rank, cores));
  try {
    const std::string result = run(read_job(arguments[1]), speaker, cores);
    if (speaker == Speaker::first_rank) write_file(arguments[2], result);
  } catch (const BadInput& error) {
    return fail(speaker, arguments[2], error.what(), RanksExit::bad_input);
  } catch (const MissingCapability& error) {
    return fail(speaker, arguments[2], error.what(), RanksExit::missing);
  } catch (const std::exception& error) {
    return fail(speaker, arguments[2], error.what(), RanksExit::bug);
  }
  MPI_Finalize();
  return 0;
}
