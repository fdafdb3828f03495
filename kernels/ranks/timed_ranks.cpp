#include "kernels/ranks/timed_ranks.hpp"

#include <algorithm>
#include <vector>

#include "kernels/trainer/clock.hpp"

namespace forerun {

namespace {

constexpr int kTrials = 2;
constexpr double kFewest = 5;
constexpr double kMost = 500;
constexpr double kResolution_s = 1e-8;  // of the clock

}  // namespace

int group_rank(MPI_Comm communicator) {
  int rank = 0;
  MPI_Comm_rank(communicator, &rank);
  return rank;
}

int group_size(MPI_Comm communicator) {
  int size = 1;
  MPI_Comm_size(communicator, &size);
  return size;
}

Quantiles time_in_steps(MPI_Comm communicator, Seconds budget, const std::function<void()>& compute, const std::function<void()>& timed) {
  std::vector<Seconds> computing;
  const auto steps = [&](int count) {
    std::vector<double> ends_s;
    ends_s.reserve(static_cast<std::size_t>(count) + 1);
    computing.clear();
    MPI_Barrier(communicator);
    for (int i = 0; i <= count; ++i) {
      const Seconds start = steady_now();
      compute();
      computing.push_back(steady_now() - start);
      timed();
      ends_s.push_back(steady_now().value());
    }
    std::vector<double> steps_s;
    steps_s.reserve(static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i) steps_s.push_back(ends_s[i + 1] - ends_s[i]);
    MPI_Allreduce(MPI_IN_PLACE, steps_s.data(), count, MPI_DOUBLE, MPI_MAX, communicator);
    return steps_s;
  };
  const std::vector<double> trials_s = steps(kTrials);
  const double wanted = std::clamp(budget.value() / trials_s.back(), kFewest, kMost);
  const std::vector<double> steps_s = steps(static_cast<int>(wanted));
  double compute_s = quantiles(computing).median.value();
  MPI_Allreduce(MPI_IN_PLACE, &compute_s, 1, MPI_DOUBLE, MPI_SUM, communicator);
  compute_s /= group_size(communicator);
  std::vector<Seconds> times;
  times.reserve(steps_s.size());
  for (const double step_s : steps_s) times.emplace_back(std::max(step_s - compute_s, kResolution_s));
  return quantiles(times);
}

Quantiles time_together(MPI_Comm communicator, Seconds budget, const std::function<void()>& prepare, const std::function<void()>& timed) {
  const auto repeat = [&](int count) {
    std::vector<double> times_s;
    for (int i = 0; i < count; ++i) {
      prepare();
      MPI_Barrier(communicator);
      const Seconds start = steady_now();
      timed();
      times_s.push_back((steady_now() - start).value());
    }
    MPI_Allreduce(MPI_IN_PLACE, times_s.data(), count, MPI_DOUBLE, MPI_MAX, communicator);
    return times_s;
  };
  const Seconds start = steady_now();
  repeat(kTrials);
  double a_repetition_s = (steady_now() - start).value() / kTrials;
  MPI_Bcast(&a_repetition_s, 1, MPI_DOUBLE, 0, communicator);
  const double wanted = std::clamp(budget.value() / a_repetition_s, kFewest, kMost);
  std::vector<Seconds> times;
  for (const double time_s : repeat(static_cast<int>(wanted))) times.emplace_back(time_s);
  return quantiles(times);
}

}  // namespace forerun
