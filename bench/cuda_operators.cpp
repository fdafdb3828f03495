// Why: an operator is not to lose what the library under it reaches. On one GPU, each row is one of our operators whole (bias, its
// gradient, every launch) beside its peer of the same run: a dense layer beside cuBLASLt's bare product, a convolution beside cuDNN's bare
// convolution, AdamW and softmax cross-entropy beside a copy in device memory. Arrays come from memory: a rotation of copies exceeds the
// last-level cache.
//   usage: bench_cuda_operators [--quick] [SHAPES.yaml] >operators.csv      shapes as calibrate's lists have them; without them kShapes
// Columns: what, its size, precision, medians of both [us], ratio = peer / ours (of bandwidths: ours / copy), and what it should be at
// least. Every row is measured thrice, ours and the peer in turn, and the fastest of each counts. Exit 1 where a ratio is below its target.
#include <algorithm>
#include <cstdio>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/cuda_peers.hpp"
#include "io/file.hpp"
#include "kernels/cuda/microbenchmarks/device_sets.hpp"
#include "kernels/cuda/microbenchmarks/figures.hpp"
#include "kernels/microbenchmarks/gpu_benchmarks.hpp"
#include "workloads/formulas.hpp"

namespace {

using namespace forerun;

constexpr double kLibraryTarget = 0.95;
constexpr double kCopyTarget = 0.85;
constexpr int kRounds = 3;

/// Layers of GPT-2 124M over 8 x 1024 tokens, of ResNet-50 and VGG-16 over 64 images: none is an entry that calibrate measures.
constexpr std::string_view kShapes = R"(
dense:
  - {batch: [8192], inputs: [768], outputs: [768, 2304, 3072]}
  - {batch: [8192], inputs: [3072], outputs: [768]}
  - {batch: [8192], inputs: [768], outputs: [50304]}
  - {batch: [64], inputs: [25088], outputs: [4096]}
  - {batch: [512], inputs: [1024], outputs: [1024]}
conv2d:
  - {batch: [64], channels: [64], filters: [64], edge: [56], window: [3], stride: [1], padding: [1]}
  - {batch: [64], channels: [256], filters: [256], edge: [14], window: [3], stride: [1], padding: [1]}
  - {batch: [64], channels: [512], filters: [512], edge: [7], window: [3], stride: [1], padding: [1]}
  - {batch: [64], channels: [64], filters: [256], edge: [56], window: [1], stride: [1]}
  - {batch: [64], channels: [512], filters: [128], edge: [28], window: [1], stride: [1]}
  - {batch: [64], channels: [64], filters: [128], edge: [112], window: [3], stride: [1], padding: [1]}
softmax-cross-entropy:
  - {batch: [8192], classes: [50257]}
  - {batch: [8192], classes: [1000]}
update-adamw:
  - {inputs: [12287], outputs: [10000]}  # GPT-2's 124 million at once
)";

struct Size {
  std::string text;
  bool library;  ///< the peer is a library's call, else a copy
};

Size size_of(const Kernel& kernel) {
  const LayerShape& s = kernel.shape;
  if (kernel.pass == Pass::update) return {std::to_string(parameters(s)) + " parameters", false};
  std::string text = std::to_string(kernel.batch) + " x " + std::to_string(s.input.channels);
  if (s.kind == LayerKind::softmax_cross_entropy) return {text, false};
  if (s.kind == LayerKind::conv2d)
    text += " x " + std::to_string(s.input.height) + " x " + std::to_string(s.input.width) + " by " + std::to_string(s.window.edge()) +
            " x " + std::to_string(s.window.edge());
  return {text + " to " + std::to_string(s.output.channels), true};
}

/// Bytes that an update or a loss reads and writes: of AdamW weights, gradient and both averages, and what products read in bf16; of a
/// loss logits and probabilities, or probabilities and gradient.
Bytes bytes_of(const Kernel& kernel) {
  const double element = kernel.precision == Precision::bf16 ? 2 : 4;
  if (kernel.pass == Pass::update) return Bytes((7 * 4.0 + (element == 2 ? 2 : 0)) * static_cast<double>(parameters(kernel.shape)));
  return Bytes(2 * element * static_cast<double>(kernel.batch * kernel.shape.input.elements()));
}

class Bench {
 public:
  explicit Bench(cuda::LaunchEffort effort) : effort_(effort), facts_(cuda::device_facts()) {
    cuda::wake(*context_, Seconds(0.5));
    copy_ = 2 * kCopied / cuda::time_device_copy(*context_, kCopied, effort_).device.median;
    std::printf("# %s, CUDA %s, driver %s, copy in device memory %.4g GB/s read and written\n", facts_.name.c_str(), facts_.runtime.c_str(),
                facts_.driver.c_str(), copy_.value() / 1e9);
    std::printf("operator,size,precision,ours_us,peer,peer_us,ratio,target\n");
  }

  void row(const Microbenchmark& benchmark) {
    const Kernel& kernel = benchmark.kernel;
    const Size size = size_of(kernel);
    cuda::DeviceLoad load(benchmark, context_, arena_);
    const std::string name = std::string(to_string(kernel.shape.kind)) + " " + std::string(to_string(kernel.pass));
    std::string peer = "copy";
    Seconds ours = fastest([&] { load.call(); }), theirs = bytes_of(kernel) / copy_;
    if (size.library) {
      peer = kernel.shape.kind == LayerKind::dense ? "cublasLtMatmul" : "cudnnConvolution";
      const peers::Call call =
          kernel.shape.kind == LayerKind::dense ? peers::matrix_product(kernel, context_) : peers::convolution(kernel, context_);
      std::size_t set = 0;
      const auto next = [&] { call(load.sets()[set]), set = (set + 1) % load.sets().size(); };
      theirs = fastest(next);
      for (int round = 1; round < kRounds; ++round) {
        ours = std::min(ours, fastest([&] { load.call(); }));
        theirs = std::min(theirs, fastest(next));
      }
    }
    const double ratio = theirs / ours, target = size.library ? kLibraryTarget : kCopyTarget;
    missed_ += ratio < target ? 1 : 0;
    std::printf("%s,%s,%s,%.2f,%s,%.2f,%.3f,%.2f\n", (kernel.pass == Pass::update ? "adamw" : name).c_str(), size.text.c_str(),
                std::string(to_string(kernel.precision)).c_str(), ours.value() * 1e6, peer.c_str(), theirs.value() * 1e6, ratio, target);
    std::fflush(stdout);
  }

  [[nodiscard]] const cuda::DeviceFacts& facts() const { return facts_; }
  [[nodiscard]] int missed() const { return missed_; }

 private:
  static constexpr Bytes kCopied{512 * kMiB};

  Seconds fastest(const std::function<void()>& call) const { return cuda::time_launches(*context_, call, effort_).device.median; }

  cuda::LaunchEffort effort_;
  cuda::DeviceFacts facts_;
  std::shared_ptr<cuda::Context> context_ = std::make_shared<cuda::Context>();
  cuda::DeviceArena arena_;
  BytesPerSecond copy_;
  int missed_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  const bool quick = argc > 1 && std::string_view(argv[1]) == "--quick";
  const char* const file = argc > (quick ? 2 : 1) ? argv[argc - 1] : nullptr;
  if (cuda::device_count() == 0) return std::fputs("no CUDA device is present\n", stderr), 6;
  try {
    Bench bench({.budget = Seconds(quick ? 0.005 : 0.03), .fewest = quick ? 5 : 15, .most = 30});
    const GpuMemory memory = gpu_memory(bench.facts().cache, bench.facts().memory);
    int failed = 0;
    const auto kernels = file == nullptr ? read_kernel_list(kShapes, "shapes") : read_kernel_list(read_file(file), file);
    for (const Microbenchmark& benchmark : gpu_benchmarks(kernels, memory)) {
      if (2 * benchmark.kernel.footprint <= memory.cache || !cuda::offers(benchmark.kernel)) continue;  // cold alone
      try {
        bench.row(benchmark);
      } catch (const std::exception& error) {
        std::printf("# failed: %s\n", error.what());
        ++failed;
      }
    }
    std::printf("# %d below target, %d failed\n", bench.missed(), failed);
    return bench.missed() + failed > 0 ? 1 : 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_cuda_operators: %s\n", error.what());
    return 4;
  }
}
