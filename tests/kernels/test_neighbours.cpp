#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <csignal>
#include <map>
#include <stdexcept>
#include <utility>

#include "kernels/microbenchmarks/busy.hpp"
#include "kernels/microbenchmarks/processes.hpp"
#include "kernels/microbenchmarks/spells.hpp"
#include "kernels/trainer/core_pin.hpp"
#include "tests/support/folder.hpp"
#include "workloads/formulas.hpp"

namespace forerun {

namespace {

Kernel update_of(std::int64_t inputs, std::int64_t outputs) {
  return {{LayerKind::dense, {inputs, 1, 1}, {outputs, 1, 1}}, Pass::update, 1, {}};
}

const BusyEffort kBriefly{Seconds(0.002), 1};

}  // namespace

TEST_CASE("busy cores are counted in powers of two and all of them") {
  CHECK(busy_counts(1).empty());
  CHECK(busy_counts(2) == std::vector<int>{2});
  CHECK(busy_counts(6) == std::vector<int>{2, 4, 6});
}

TEST_CASE("a load is timed alone and beside its neighbours") {
  const Microbenchmark load = microbenchmark(update_of(63, 64), Condition::warm);
  const BusyTimes times = time_among(load, 2, {Seconds(0.005), 2});
  CHECK(times.alone > Seconds(0));
  CHECK(times.among > Seconds(0));
  CHECK(times.among < 1000 * times.alone);
  CHECK(times.factor > 0);
}

TEST_CASE("busy factors name the working set of each kernel that was measured") {
  const BenchmarkList list = read_benchmark_list("busy:\n  update:\n    - {inputs: [63, 127], outputs: [64]}\n", "list");
  const std::vector<BusyFactor> factors = measure_busy(list.busy, 2, kBriefly, {});
  REQUIRE(factors.size() == 2);
  CHECK(factors[0].working_set == bytes_moved(update_of(63, 64)));
  CHECK(factors[1].working_set == bytes_moved(update_of(127, 64)));
  CHECK(factors[1].busy == 2);
  CHECK(measure_busy(list.busy, 1, kBriefly, {}).empty());
}

TEST_CASE("busy factors that a journal holds are not measured again, and those that are measured go into it") {
  const Folder folder;
  const BenchmarkList list = read_benchmark_list("busy:\n  update:\n    - {inputs: [63, 127], outputs: [64]}\n", "list");
  {
    Journal before(folder / "journal", "mine");
    before.add(11, {{{}, Seconds(7), Seconds(7), Seconds(7)}, {}});
    before.add(0, {{{}, Seconds(9), Seconds(9), Seconds(9)}, {}});  // a kernel's
  }
  Journal journal(folder / "journal", "mine");
  const std::vector<BusyFactor> first = measure_busy(list.busy, 2, kBriefly, {}, {&journal, 10});
  REQUIRE(first.size() == 2);
  CHECK(first[1].factor == Approx(7));
  CHECK(first[0].factor != Approx(9));
  Journal again(folder / "journal", "mine");
  REQUIRE(again.find(10) != nullptr);
  CHECK(measure_busy(list.busy, 2, kBriefly, {}, {&again, 10})[0].factor == Approx(first[0].factor));
}

TEST_CASE("beside busy neighbours a kernel is warm where a core's own cache holds it, and cold where not") {
  const BenchmarkList list = read_benchmark_list("busy:\n  relu:\n    - {batch: [8], elements: [1024, 65536]}\n", "list");
  REQUIRE(list.busy.size() == 4);
  CHECK(list.busy[0].copies == 1);
  CHECK(list.busy[2].copies > 30);
}

TEST_CASE("shipped lists measure busy neighbours from a core's own cache to tens of megabytes") {
  for (const char* name : {"shapes-quick.yaml", "shapes-full.yaml"}) {
    std::map<std::pair<LayerKind, Pass>, std::pair<double, double>> ranges;
    for (const Microbenchmark& benchmark : shipped_benchmark_list(name).busy) {
      const double bytes = bytes_moved(benchmark.kernel).value();
      auto& [least, most] = ranges.try_emplace({benchmark.kernel.shape.kind, benchmark.kernel.pass}, bytes, bytes).first->second;
      least = std::min(least, bytes), most = std::max(most, bytes);
    }
    for (const auto& [key, range] : ranges) {
      INFO(name << " " << to_string(key.first) << " " << to_string(key.second));
      CHECK(range.first < 1e6);
      const bool calculates = key.first == LayerKind::softmax_cross_entropy || key.first == LayerKind::attention;
      CHECK(range.second > (calculates ? 5e6 : 25e6));
    }
  }
}

TEST_CASE("processes run together, each at its place, and leave what they found out in shared memory") {
  SharedArray<int> found(3);
  run_together(3, [&](int place) { found[place] = 10 + place; });
  for (int place = 0; place < 3; ++place) CHECK(found[place] == 10 + place);
}

TEST_CASE("when one of the processes breaks off, those that wait for it are ended") {
  const auto broken = [](int place) {
    if (place == 1) throw std::runtime_error("no");
    while (true) usleep(1000);
  };
  CHECK_THROWS_AS(run_together(3, broken), std::runtime_error);
  CHECK_THROWS_AS(run_together(2, [](int) { kill(getpid(), SIGKILL); }), std::runtime_error);
}

TEST_CASE("slow spells are the share of times well above the usual, and by how much") {
  std::vector<Seconds> times(30, Seconds(1));
  CHECK(slow_spells(times, usual_time(times)) == SlowSpells{0, 1, 30, Seconds(1)});
  times.insert(times.end(), 10, Seconds(1.3));
  const SlowSpells spells = slow_spells(times, usual_time(times));
  CHECK(spells.share == 0.25);
  CHECK(spells.factor == Approx(1.3));
  CHECK(spells.looks == 40);
  CHECK(spells.usual == Seconds(1));
}

TEST_CASE("fewer than ten looks do not tell what is usual, and without it nothing is slow") {
  CHECK(usual_time({Seconds(1), Seconds(9)}) == Seconds(0));
  CHECK(slow_spells({Seconds(1), Seconds(9)}, Seconds(0)) == SlowSpells{});
}

TEST_CASE("a watch that lies wholly within a spell is slow beside the usual time of the calibration") {
  const std::vector<Seconds> times(20, Seconds(1.25));
  CHECK(slow_spells(times, usual_time(times)).share == 0);
  CHECK(slow_spells(times, Seconds(1)) == SlowSpells{1, 1.25, 20, Seconds(1)});
}

TEST_CASE("slow spells of two times are pooled by their looks") {
  const SlowSpells before{0.1, 1.2, 150, Seconds(0.002)};
  const SlowSpells both = pooled(before, {0.5, 1.3, 50, Seconds(0.002)});
  CHECK(both.looks == 200);
  CHECK(both.share == Approx(40.0 / 200));
  CHECK(both.factor == Approx((15 * 1.2 + 25 * 1.3) / 40));
  CHECK(both.usual == before.usual);
  CHECK(pooled(before, {}) == before);
  CHECK(pooled({0, 1, 10, Seconds(1)}, {0, 1, 20, Seconds(1)}) == SlowSpells{0, 1, 30, Seconds(1)});
}

TEST_CASE("slow spells of long ago fade") {
  SlowSpells spells{0.5, 1.2, 500, Seconds(0.002)};
  for (int i = 0; i < 20; ++i) spells = pooled(spells, {0, 1, 50, Seconds(0.002)});
  CHECK(spells.looks == 250);
  CHECK(spells.share == Approx(0.5 * std::pow(0.8, 20)));
  CHECK(spells.factor == Approx(1.2));
}

TEST_CASE("a watch looks at every core, ten times a second at most") {
  const std::vector<Seconds> times = watch_all_cores(Seconds(0.35));
  CHECK(times.size() >= usable_cores().size());
  CHECK(times.size() <= 4 * usable_cores().size());
  for (const Seconds time : times) CHECK(time > Seconds(0));
}

}  // namespace forerun
