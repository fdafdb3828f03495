#include "kernels/ranks/mpi_group.hpp"

#include <chrono>
#include <cstdio>
#include <numeric>
#include <thread>
#include <vector>

#include "kernels/trainer/clock.hpp"

/// Run by mpirun on two ranks: what is longer than a message travels as several, and ends as if it were one.
namespace {

using forerun::MpiGroup;

int failures = 0;

void check(const MpiGroup& group, bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "rank %d: %s\n", group.rank(), what);
  failures += 1;
}

std::vector<float> values_of(int rank, int count) {
  std::vector<float> values(count);
  std::iota(values.begin(), values.end(), 100.0F * static_cast<float>(rank));
  return values;
}

std::vector<float> sums(int ranks, int count) {
  std::vector<float> all(count);
  for (int rank = 0; rank < ranks; ++rank) {
    const std::vector<float> values = values_of(rank, count);
    for (int i = 0; i < count; ++i) all[i] += values[i];
  }
  return all;
}

void reduces(MpiGroup& group, int count) {
  std::vector<float> now = values_of(group.rank(), count), later = now;
  group.all_reduce(now);
  check(group, now == sums(group.ranks(), count), "an all-reduce lost a chunk");
  group.start_all_reduce(7, later);
  group.wait(7);
  check(group, later == sums(group.ranks(), count), "an all-reduce in the background lost a chunk");
  std::vector<float> polled = values_of(group.rank(), count);
  group.start_all_reduce(8, polled);
  while (!group.advance(8)) {
  }
  check(group, polled == sums(group.ranks(), count), "an all-reduce that was polled lost a chunk");
}

void gathers_all(MpiGroup& group, int count) {
  std::vector<float> all(static_cast<std::size_t>(2 * count)), expected = values_of(0, count);
  const std::vector<float> second = values_of(1, count);
  expected.insert(expected.end(), second.begin(), second.end());
  group.all_gather(values_of(group.rank(), count), all);
  check(group, all == expected, "an all-gather lost a chunk");
}

void scatters_sums(MpiGroup& group, int count) {
  const std::vector<float> all = sums(2, 2 * count);
  std::vector<float> own(static_cast<std::size_t>(count));
  group.reduce_scatter(values_of(group.rank(), 2 * count), own);
  check(group, std::equal(own.begin(), own.end(), all.begin() + group.rank() * count), "a reduce-scatter lost a chunk");
}

/// To the other rank and back, two messages under one slot.
void sends(MpiGroup& all, int count) {
  const std::vector<int> reversed{1, 0};
  const std::unique_ptr<forerun::RankGroup> group = all.among(reversed);
  check(all, group->rank() == 1 - all.rank() && group->ranks() == 2, "a group's members are not numbered as they are listed");
  const int other = all.rank();  // of the group, in which ranks are the other way round
  std::vector<float> mine = values_of(all.rank(), count), first(count), second(count);
  group->start_receive(1, other, 5, first);
  group->start_receive(1, other, 6, second);
  group->start_send(2, other, 6, mine);
  group->start_send(2, other, 5, mine);
  group->wait(1);
  group->wait(2);
  check(all, first == values_of(1 - all.rank(), count) && second == first, "a message lost a chunk");
}

/// Who waits long for a message leaves its core to others.
void naps(MpiGroup& group) {
  constexpr std::chrono::milliseconds kLate(300);
  std::vector<float> values(4);
  group.barrier();
  const forerun::Seconds busy = forerun::thread_processor_time();
  if (group.rank() == 0) {
    std::this_thread::sleep_for(kLate);
    group.start_send(1, 1, 0, values);
  } else {
    group.start_receive(1, 0, 0, values);
  }
  group.wait(1);
  group.barrier();
  check(group, forerun::thread_processor_time() - busy < forerun::Seconds(0.06), "a rank that waits for a message polls");
}

void gathers(const MpiGroup& group, int least) {
  const int count = least + group.rank();  // ranks have more or less
  std::vector<double> mine(count);
  std::iota(mine.begin(), mine.end(), 100.0 * group.rank());
  int next = 0;
  group.gather(mine, [&](std::span<const double> numbers) {
    std::vector<double> expected(least + next);
    std::iota(expected.begin(), expected.end(), 100.0 * next++);
    check(group, std::vector<double>(numbers.begin(), numbers.end()) == expected, "a gather lost a chunk");
  });
  check(group, next == (group.rank() == 0 ? group.ranks() : 0), "a gather lost a rank");
}

}  // namespace

int main() {
  MPI_Init(nullptr, nullptr);
  {
    MpiGroup group(MPI_COMM_WORLD, 3);
    check(group, group.ranks() == 2, "two ranks are needed");
    for (const int count : {0, 1, 3, 4, 11}) {
      reduces(group, count);
      gathers_all(group, count);
      scatters_sums(group, count);
      sends(group, count);
      gathers(group, count);
    }
    naps(group);
  }
  MPI_Finalize();
  return failures == 0 ? 0 : 1;
}
