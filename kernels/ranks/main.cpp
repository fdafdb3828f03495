#include <mpi.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <exception>

#include "core/error.hpp"
#include "io/atomic_file.hpp"
#include "kernels/ranks/network_ranks.hpp"
#include "kernels/ranks/timed_ranks.hpp"
#include "kernels/ranks/train_ranks.hpp"
#include "kernels/trainer/core_pin.hpp"

/// forerun-ranks JOB RESULT, started by mpirun: runs the job file on all ranks; rank 0 writes the result file.
/// Its progress goes to standard output, one line a report, for the command that launched it. Exit codes as the command's.
namespace {

using namespace forerun;

void print_progress(const Progress& progress) {
  std::printf("progress %.17g %.17g %s\n", progress.done, progress.total, progress.what.c_str());
  std::fflush(stdout);
}

std::string run(const Job& job, bool first) {
  const ProgressCallback progress = first ? ProgressCallback(print_progress) : ProgressCallback();
  if (const auto* training = std::get_if<TrainJob>(&job)) {
    const TrainResult result = train_ranks(*training, MPI_COMM_WORLD, progress);
    return first ? result_text(result) : std::string();
  }
  const NetworkResult result = measure_network_ranks(std::get<NetworkJob>(job), MPI_COMM_WORLD, progress);
  return first ? result_text(result) : std::string();
}

/// One core each, while there are enough: ranks wait for one another busily.
int core_of(int rank) {
  const std::vector<int> cores = usable_cores();
  return cores.empty() ? 0 : cores[static_cast<std::size_t>(rank) % cores.size()];
}

/// What is wrong with a job is wrong on every rank: rank 0 says so and ends all, the others give it time to.
int fail(bool first, const char* what, int code) {
  if (first)
    std::fprintf(stderr, "forerun-ranks: %s\n", what);
  else
    sleep(1);
  MPI_Abort(MPI_COMM_WORLD, code);
  return code;
}

}  // namespace

int main(int count, char** arguments) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);  // a launcher that is killed leaves no rank behind
  if (count != 3) {
    std::fprintf(stderr, "usage: mpirun -n RANKS forerun-ranks JOB RESULT\n");
    return 2;
  }
  MPI_Init(nullptr, nullptr);
  const int rank = group_rank(MPI_COMM_WORLD);
  const CorePin pin(core_of(rank));
  try {
    const std::string result = run(read_job(arguments[1]), rank == 0);
    if (rank == 0) write_file(arguments[2], result);
  } catch (const BadInput& error) {
    return fail(rank == 0, error.what(), 3);
  } catch (const MissingCapability& error) {
    return fail(rank == 0, error.what(), 6);
  } catch (const std::exception& error) {
    return fail(rank == 0, error.what(), 70);
  }
  MPI_Finalize();
  return 0;
}
