// Prints what searches do, to the last bit, with nothing of the C library's mathematics in it. Built by several compilers.
#include <bit>
#include <cstdio>

#include "cherrypick/search.hpp"

using namespace forerun;
using namespace forerun::cherrypick;

namespace {

void print_search(const SearchOptions& options, int batch) {
  Random random(options.seed, 77);
  Catalogue catalogue;
  std::vector<Result> results;
  for (int i = 0; i < 300; ++i) {
    Candidate candidate{.name = std::to_string(i), .rate = DollarsPerSecond(0.001 + 0.01 * random.uniform())};
    double time = 100;
    for (int k = 0; k < 4; ++k) {
      candidate.features.push_back(random.uniform());
      time *= 1 + (candidate.features.back() - 0.3 * k) * (candidate.features.back() - 0.3 * k) * (k + 1);
    }
    candidate.memory = 1 + candidate.features[1];
    catalogue.push_back(std::move(candidate));
    results.push_back({random.uniform() < 0.1 ? Outcome::oom : Outcome::ok, Seconds(time * (0.95 + 0.1 * random.uniform()))});
  }
  SearchOptions with = options;
  if (options.seed % 2 == 0)
    for (const Result& result : results) with.predicted.push_back(result.time * (0.8 + 0.4 * random.uniform()));
  Search search(catalogue, with);
  for (int round = 0; round < 24 / batch; ++round)
    for (const int id : search.ask(batch)) {
      std::printf("%d ", id);
      search.tell(id, results[static_cast<std::size_t>(id)]);
    }
  const Answer answer = search.answer();
  const auto bits = [](double value) { return static_cast<unsigned long long>(std::bit_cast<std::uint64_t>(value)); };
  std::printf("%llx %llx %llx\n", bits(answer.best ? answer.best->most_cost.value() : 0), bits(answer.noise),
              bits(answer.chance_of_better.value_or(-1)));
}

}  // namespace

int main() {
  for (std::uint64_t seed = 1; seed <= 4; ++seed)
    for (const Objective objective : {Objective::cost, Objective::time, Objective::front}) {
      print_search({.goal = {.objective = objective}, .seed = seed}, 1);
      print_search({.goal = {.objective = objective, .deadline = Seconds(400)}, .seed = seed}, 3);
    }
}
