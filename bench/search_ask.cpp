// Why: between two runs of a cluster a search thinks, and the list of configurations may be long. One core, 30 runs, 8 features.
// ask: the next candidate of so many; tell: the fit of the hyper-parameters after a run, which no list makes longer.
//   build/release/bench/bench_search_ask
#include <benchmark/benchmark.h>

#include "cherrypick/random.hpp"
#include "cherrypick/search.hpp"

namespace {

using namespace forerun;
using namespace forerun::cherrypick;

constexpr int kRuns = 30;
constexpr int kFeatures = 8;

Catalogue catalogue(int count) {
  Random random(1);
  Catalogue catalogue;
  for (int i = 0; i < count; ++i) {
    Candidate candidate{.name = std::to_string(i), .rate = DollarsPerSecond(0.001 + 0.01 * random.uniform())};
    for (int k = 0; k < kFeatures; ++k) candidate.features.push_back(random.uniform());
    catalogue.push_back(std::move(candidate));
  }
  return catalogue;
}

Result run(const Candidate& candidate) {
  double time = 100;
  for (int k = 0; k < kFeatures; ++k) {
    const double away = candidate.features[static_cast<std::size_t>(k)] - 0.1 * k;
    time *= 1 + away * away;
  }
  return {Outcome::ok, Seconds(time)};
}

Search after_runs(int candidates, int runs) {
  Search search(catalogue(candidates), {});
  Random random(2);
  for (int i = 0; i < runs; ++i) {
    const int id = static_cast<int>(random.below(static_cast<std::size_t>(candidates)));
    search.tell(id, run(search.catalogue()[static_cast<std::size_t>(id)]));
  }
  for (int start = 0; start < 3; ++start) search.ask();  // the starts, so that what follows comes from the model
  return search;
}

void ask(benchmark::State& state) {
  const Search search = after_runs(static_cast<int>(state.range(0)), kRuns);
  for (auto step : state) {
    state.PauseTiming();
    Search copy = search;
    state.ResumeTiming();
    benchmark::DoNotOptimize(copy.ask());
  }
}

void tell(benchmark::State& state) {
  const Search search = after_runs(1000, kRuns - 1);
  for (auto step : state) {
    state.PauseTiming();
    Search copy = search;
    state.ResumeTiming();
    copy.tell(7, run(copy.catalogue()[7]));
  }
}

BENCHMARK(ask)->Arg(1000)->Arg(10000)->Arg(100000)->Unit(benchmark::kMillisecond);
BENCHMARK(tell)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
