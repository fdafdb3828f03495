// Why: cpu::best_library() must name the library that is faster here. Runs every kernel of the zoo's layers by both libraries on one
// core and reports GFLOP/s (arithmetic of workloads/formulas.hpp) and GB/s (bytes that it must move at least).
//   usage: bench_kernels --benchmark_filter='vgg.*/backward_data/64/'   names: model/layer/pass/batch/library
// Take medians of repetitions on a machine that does other things: --benchmark_repetitions=9 --benchmark_report_aggregates_only=true
// --benchmark_enable_random_interleaving=true. Results of one run stand in bench/results/kernels.md.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "kernels/cpu/best_library.hpp"
#include "kernels/layer_arrays.hpp"
#include "workloads/formulas.hpp"
#include "workloads/load.hpp"

namespace {

using namespace forerun;
using cpu::Library;

/// The arrays of one layer, filled with values of both signs.
struct Arrays {
  explicit Arrays(const Kernel& kernel)
      : input(values(kernel.batch * kernel.shape.input.elements())),
        output(values(kernel.batch * kernel.shape.output.elements())),
        output_gradient(output),
        input_gradient(input.size()),
        weights(values(parameters(kernel.shape))),
        weight_gradient(weights),
        velocity(weights),
        second_moment(weights.size(), 1.0F),
        indices(output.size()),
        labels(static_cast<std::size_t>(kernel.batch * kernel.shape.input.positions())),
        picked(labels.size()),
        mask(output.size()),
        statistics(values(statistics_elements(kernel.shape, kernel.batch))),
        running(values(running_elements(kernel.shape))) {
    for (const std::int64_t elements : forerun::further_inputs(kernel.shape)) {
      further_inputs.push_back(values(kernel.batch * elements));
      further_input_gradients.push_back(further_inputs.back());
    }
    for (std::size_t i = 0; i < picked.size() && kernel.shape.rows > 0; ++i)
      picked[i] = static_cast<std::int32_t>(i * 7919 % kernel.shape.rows);
  }

  static std::vector<float> values(std::int64_t count) {
    std::vector<float> filled(static_cast<std::size_t>(count));
    for (std::size_t i = 0; i < filled.size(); ++i) filled[i] = 0.01F * static_cast<float>(i * 7919 % 199) - 1;
    return filled;
  }

  LayerBuffers buffers() {
    LayerBuffers b;
    b.input = input.data(), b.output = output.data(), b.output_gradient = output_gradient.data(), b.input_gradient = input_gradient.data();
    b.weights = weights.data(), b.weight_gradient = weight_gradient.data(), b.velocity = velocity.data(),
    b.second_moment = second_moment.data();
    for (const std::vector<float>& further : further_inputs) b.further_inputs.push_back(further.data());
    for (std::vector<float>& further : further_input_gradients) b.further_input_gradients.push_back(further.data());
    b.statistics = statistics.data(), b.running = running.data();
    b.indices = indices.data(), b.labels = labels.data(), b.picked = picked.data(), b.mask = mask.data(), b.loss = &loss;
    return b;
  }

  std::vector<float> input, output, output_gradient, input_gradient, weights, weight_gradient, velocity, second_moment;
  std::vector<std::vector<float>> further_inputs, further_input_gradients;
  std::vector<std::int32_t> indices, labels, picked;
  std::vector<std::uint8_t> mask;
  std::vector<float> statistics, running;
  float loss = 0;
};

void run_kernel(benchmark::State& state, const Kernel& kernel, Library library) {
  Arrays arrays(kernel);
  const auto prepared = cpu::make_operator(kernel, library, {.rule = {.learning_rate = 0}});
  const Kernel forward{kernel.shape, Pass::forward, kernel.batch, {}};
  if (kernel.pass == Pass::backward_data && cpu::offers(library, forward)) cpu::make_operator(forward, library)->run(arrays.buffers());
  const LayerBuffers buffers = arrays.buffers();
  for (auto _ : state) prepared->run(buffers);
  using benchmark::Counter;
  state.counters["flop"] = Counter(flops(kernel).value(), Counter::kIsIterationInvariantRate);
  state.counters["bytes"] = Counter(bytes_moved(kernel).value(), Counter::kIsIterationInvariantRate);
}

void add_benchmarks(const Workload& workload) {
  constexpr double kLongest_flop = 2e10;  // a call of less than about half a second
  const std::vector<Passes> all = passes(workload);
  for (std::size_t i = 0; i < workload.layers.size(); ++i)
    for (const Pass pass : all[i])
      for (const std::int64_t batch : {1, 8, 64, 512})
        for (const Library library : {Library::eigen, Library::onednn}) {
          const Kernel kernel{workload.layers[i].shape, pass, batch, {}, Precision::fp32, workload.optimizer};
          if (!cpu::offers(library, kernel) || flops(kernel).value() > kLongest_flop) continue;
          const std::string name = workload.name + "/" + workload.layers[i].name + "/" + std::string(to_string(pass)) + "/" +
                                   std::to_string(batch) + "/" + std::string(to_string(library));
          benchmark::RegisterBenchmark(name.c_str(), [kernel, library](benchmark::State& state) {
            run_kernel(state, kernel, library);
          })->MinTime(0.05);
        }
}

}  // namespace

int main(int argc, char** argv) {
  for (const std::string_view name : known_workloads()) add_benchmarks(load_workload({std::string(name)}, {}));
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
}
