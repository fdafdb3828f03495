// Why: the operators' layouts (kernels/cpu/operator.hpp) were chosen by measurement. Times oneDNN's convolutions and inner products on
// one core for each layout of activations and weights that a caller could keep; `any` is the one that oneDNN chooses, without
// counting what it would cost to get there. Results of one run stand in bench/results/layouts.md.
//   usage: bench_layouts --benchmark_filter='16x16x64.*'   names: layer, batch/pass/layout of activations, layout of weights
#include <benchmark/benchmark.h>
#include <omp.h>

#include <dnnl.hpp>
#include <string>
#include <unordered_map>

namespace {

using dnnl::memory;
using Tag = memory::format_tag;
using Arguments = std::unordered_map<int, memory>;

/// A primitive that a benchmark repeats, and its arguments.
struct Call {
  dnnl::primitive primitive;
  Arguments arguments;
};

struct Maker {
  dnnl::engine engine{dnnl::engine::kind::cpu, 0};
  memory::desc tensor(const memory::dims& dims, Tag tag) const { return {dims, memory::data_type::f32, tag}; }
  memory filled(const memory::desc& desc) const {
    memory array(desc, engine);
    auto* values = static_cast<float*>(array.get_data_handle());
    for (std::size_t i = 0; i < desc.get_size() / sizeof(float); ++i) values[i] = 0.01F * static_cast<float>(i % 97);
    return array;
  }
};

enum class Direction { forward, backward_data, backward_weights };
constexpr Direction kDirections[] = {Direction::forward, Direction::backward_data, Direction::backward_weights};
const char* name_of(Direction d) {
  return d == Direction::forward ? "forward" : d == Direction::backward_data ? "backward-data" : "backward-weights";
}

template <class Forward, class Data, class Weights>
Call prepare(const Maker& make, Direction direction, const typename Forward::primitive_desc& forward, const typename Data::desc& data_desc,
             const typename Weights::desc& weights_desc) {
  if (direction == Direction::forward)
    return {Forward(forward),
            {{DNNL_ARG_SRC, make.filled(forward.src_desc())},
             {DNNL_ARG_WEIGHTS, make.filled(forward.weights_desc())},
             {DNNL_ARG_BIAS, make.filled(forward.bias_desc())},
             {DNNL_ARG_DST, make.filled(forward.dst_desc())}}};
  if (direction == Direction::backward_data) {
    const typename Data::primitive_desc data(data_desc, make.engine, forward);
    return {Data(data),
            {{DNNL_ARG_DIFF_DST, make.filled(data.diff_dst_desc())},
             {DNNL_ARG_WEIGHTS, make.filled(data.weights_desc())},
             {DNNL_ARG_DIFF_SRC, make.filled(data.diff_src_desc())}}};
  }
  const typename Weights::primitive_desc weights(weights_desc, make.engine, forward);
  return {Weights(weights),
          {{DNNL_ARG_SRC, make.filled(weights.src_desc())},
           {DNNL_ARG_DIFF_DST, make.filled(weights.diff_dst_desc())},
           {DNNL_ARG_DIFF_WEIGHTS, make.filled(weights.diff_weights_desc())},
           {DNNL_ARG_DIFF_BIAS, make.filled(weights.diff_bias_desc())}}};
}

void repeat(benchmark::State& state, const Maker& make, const Call& call, double flop) {
  dnnl::stream stream(make.engine);
  for (auto _ : state) call.primitive.execute(stream, call.arguments), stream.wait();
  state.counters["flop"] = benchmark::Counter(flop, benchmark::Counter::kIsIterationInvariantRate);
}

struct Convolution {
  std::int64_t batch, edge, inputs, outputs, window, stride, padding;
};

void convolve(benchmark::State& state, const Convolution& c, Direction direction, Tag activations, Tag weights_tag) {
  using dnnl::algorithm;
  const Maker make;
  const std::int64_t out = (c.edge + 2 * c.padding - c.window) / c.stride + 1;
  const memory::desc x = make.tensor({c.batch, c.inputs, c.edge, c.edge}, activations);
  const memory::desc y = make.tensor({c.batch, c.outputs, out, out}, activations), b = make.tensor({c.outputs}, Tag::x);
  const memory::desc w = make.tensor({c.outputs, c.inputs, c.window, c.window}, weights_tag);
  const memory::dims stride{c.stride, c.stride}, padding{c.padding, c.padding};
  using Forward = dnnl::convolution_forward;
  constexpr auto kDirect = algorithm::convolution_direct;
  const Forward::primitive_desc forward({dnnl::prop_kind::forward_training, kDirect, x, w, b, y, stride, padding, padding}, make.engine);
  repeat(state, make,
         prepare<Forward, dnnl::convolution_backward_data, dnnl::convolution_backward_weights>(
             make, direction, forward, {kDirect, x, w, y, stride, padding, padding}, {kDirect, x, w, b, y, stride, padding, padding}),
         2.0 * static_cast<double>(c.batch * out * out * c.outputs * c.inputs * c.window * c.window));
}

struct Dense {
  std::int64_t batch, inputs, outputs;
};

void multiply(benchmark::State& state, const Dense& d, Direction direction, Tag weights_tag) {
  const Maker make;
  const memory::desc x = make.tensor({d.batch, d.inputs}, Tag::nc), y = make.tensor({d.batch, d.outputs}, Tag::nc);
  const memory::desc w = make.tensor({d.outputs, d.inputs}, weights_tag), b = make.tensor({d.outputs}, Tag::x);
  using Forward = dnnl::inner_product_forward;
  const Forward::primitive_desc forward({dnnl::prop_kind::forward_training, x, w, b, y}, make.engine);
  repeat(state, make,
         prepare<Forward, dnnl::inner_product_backward_data, dnnl::inner_product_backward_weights>(make, direction, forward, {x, w, y},
                                                                                                   {x, w, b, y}),
         2.0 * static_cast<double>(d.batch * d.inputs * d.outputs));
}

void add_benchmarks() {
  struct Layout {
    const char* name;
    Tag activations, weights;
  };
  constexpr Layout kConvolution[] = {{"nhwc,any", Tag::nhwc, Tag::any},
                                     {"nhwc,hwio", Tag::nhwc, Tag::hwio},
                                     {"nchw,any", Tag::nchw, Tag::any},
                                     {"any,any", Tag::any, Tag::any}};
  constexpr Layout kDense[] = {{"nc,oi", Tag::nc, Tag::oi}, {"nc,io", Tag::nc, Tag::io}, {"nc,any", Tag::nc, Tag::any}};
  for (const Convolution& c :
       {Convolution{64, 28, 1, 32, 3, 1, 0}, Convolution{64, 13, 32, 64, 3, 1, 0}, Convolution{32, 16, 64, 128, 3, 1, 1},
        Convolution{32, 4, 256, 512, 3, 1, 1}, Convolution{32, 2, 512, 512, 3, 1, 1}, Convolution{8, 224, 3, 64, 11, 4, 2}})
    for (const Direction direction : kDirections)
      for (const Layout& layout : kConvolution) {
        const std::string edge = std::to_string(c.edge);
        const std::string name = "conv " + edge + "x" + edge + "x" + std::to_string(c.inputs) + "-" + std::to_string(c.outputs) + "/" +
                                 std::to_string(c.batch) + "/" + name_of(direction) + "/" + layout.name;
        benchmark::RegisterBenchmark(name.c_str(),
                                     [=](benchmark::State& state) { convolve(state, c, direction, layout.activations, layout.weights); });
      }
  for (const Dense& d : {Dense{64, 784, 10}, Dense{64, 784, 128}, Dense{256, 1024, 1024}})
    for (const Direction direction : kDirections)
      for (const Layout& layout : kDense) {
        const std::string name = "dense " + std::to_string(d.inputs) + "-" + std::to_string(d.outputs) + "/" + std::to_string(d.batch) +
                                 "/" + name_of(direction) + "/" + layout.name;
        benchmark::RegisterBenchmark(name.c_str(), [=](benchmark::State& state) { multiply(state, d, direction, layout.weights); });
      }
}

}  // namespace

int main(int argc, char** argv) {
  omp_set_num_threads(1);
  add_benchmarks();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
}
