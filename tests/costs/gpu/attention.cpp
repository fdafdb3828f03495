#include "costs/gpu/attention.hpp"

#include <catch2/catch.hpp>

#include "costs/gpu/kernel_time.hpp"
#include "costs/gpu/product.hpp"
#include "tests/costs/gpu/support.hpp"

using namespace forerun;
using forerun::test::attention_layer;
using forerun::test::gpu;
using forerun::test::on_gpu;

namespace {

constexpr std::int64_t kHeads = 16;
constexpr std::int64_t kHidden = 2048;
constexpr std::int64_t kTokens = 2048;
constexpr double kScores = 2.0 * kHeads * kTokens * kTokens;

double time(const GpuModel& model, AttentionMethod method, Pass pass, bool dropout, std::int64_t batch = 2) {
  return gpu_attention_time(model, on_gpu(attention_layer(kHidden, kHeads, kTokens, method, dropout), pass, batch)).value();
}

double streamed(const GpuModel& model, double bytes_a_score) {
  return bytes_a_score * kScores / (model.score_share * model.streaming_share * model.bandwidth.value());
}

}  // namespace

TEST_CASE("written scores cost two products and four bytes a score of softmax in 16 bits") {
  const GpuModel model = gpu("a100-80gb");
  const double products =
      product_time(model, Precision::fp16, {.rows = kTokens, .columns = kTokens, .depth = 128, .count = 2 * kHeads}).value() +
      product_time(model, Precision::fp16, {.rows = kTokens, .columns = 128, .depth = kTokens, .count = 2 * kHeads}).value();
  CHECK(time(model, AttentionMethod::fused, Pass::forward, false) == Approx(products + model.kernel_fixed.value() + streamed(model, 4)));
}

TEST_CASE("dropout of scores adds five bytes a score each way, an unfused softmax eight forward and four backward") {
  const GpuModel model = gpu("a100-80gb");
  const auto more = [&](Pass pass, AttentionMethod method, bool dropout) {
    return time(model, method, pass, dropout) - time(model, AttentionMethod::fused, pass, false);
  };
  const double fixed = model.kernel_fixed.value();
  CHECK(more(Pass::forward, AttentionMethod::fused, true) == Approx(streamed(model, 5) + fixed));
  CHECK(more(Pass::backward_data, AttentionMethod::fused, true) == Approx(streamed(model, 5) + fixed));
  CHECK(more(Pass::forward, AttentionMethod::unfused, false) == Approx(streamed(model, 8) + 2 * fixed));
  CHECK(more(Pass::backward_data, AttentionMethod::unfused, false) == Approx(streamed(model, 4) + fixed));
}

TEST_CASE("scores move at their own share of the streaming bandwidth") {
  GpuModel model = gpu("a100-80gb");
  const double before = time(model, AttentionMethod::fused, Pass::forward, true);
  const double scores = streamed(model, 9);
  model.score_share *= 0.5;
  CHECK(time(model, AttentionMethod::fused, Pass::forward, true) == Approx(before + scores));
}

TEST_CASE("the fused softmax is unfused where batch and heads are no multiple of four together") {
  const GpuModel model = gpu("a100-80gb");
  const auto two_heads = [&](AttentionMethod method, std::int64_t batch) {
    return gpu_attention_time(model, on_gpu(attention_layer(256, 2, 1024, method, true), Pass::forward, batch));
  };
  CHECK(two_heads(AttentionMethod::fused, 1) == two_heads(AttentionMethod::unfused, 1));
  CHECK(two_heads(AttentionMethod::fused, 2) < two_heads(AttentionMethod::unfused, 2));
}

TEST_CASE("flash attention reaches its share of the peak over long sequences that fill the device") {
  const GpuModel model = gpu("a100-80gb");
  const std::int64_t tokens = 128 * 108;
  const Kernel kernel = on_gpu(attention_layer(2048, 16, tokens, AttentionMethod::flash, false), Pass::forward, 1);
  const double flop = 4.0 * 2048 * tokens * tokens;
  const double share = 0.73 * tokens / (tokens + model.flash_half_length);
  CHECK(gpu_attention_time(model, kernel).value() == Approx(3e-6 + flop / (share * 312e12)));
  const Kernel backward = on_gpu(kernel.shape, Pass::backward_data, 1);
  const double share_back = 0.63 * tokens / (tokens + model.flash_half_length);
  CHECK(gpu_attention_time(model, backward).value() == Approx(6e-6 + 2.5 * flop / (share_back * 312e12)));
}

TEST_CASE("flash attention is slower for short sequences, small heads and a last wave that is nearly empty") {
  const GpuModel model = gpu("a100-80gb");
  const auto rate = [&](std::int64_t heads, std::int64_t channels, std::int64_t tokens) {
    const Kernel kernel = on_gpu(attention_layer(heads * channels, heads, tokens, AttentionMethod::flash, false), Pass::forward, 1);
    return matrix_flops_per_sample(kernel.shape) / gpu_attention_time(model, kernel) / model.peak[Precision::fp16];
  };
  CHECK(rate(108, 128, 512) < 0.8 * rate(108, 128, 4096));
  CHECK(rate(108, 64, 4096) < rate(108, 128, 4096));
  CHECK(rate(108, 96, 4096) < rate(108, 128, 4096));
  CHECK(rate(108, 96, 4096) > rate(108, 64, 4096));
  CHECK(rate(108, 32, 4096) == Approx(0.5 * rate(108, 64, 4096)).epsilon(0.01));
  CHECK(rate(108, 256, 4096) == Approx(rate(108, 128, 4096)).epsilon(0.01));
  CHECK(rate(109, 128, 128) < 0.6 * rate(108, 128, 128));
}

TEST_CASE("flash attention beats written scores, and a device without it writes them") {
  CHECK(time(gpu("a100-80gb"), AttentionMethod::flash, Pass::forward, false) <
        time(gpu("a100-80gb"), AttentionMethod::fused, Pass::forward, false));
  CHECK(time(gpu("v100"), AttentionMethod::flash, Pass::forward, false) == time(gpu("v100"), AttentionMethod::fused, Pass::forward, false));
  CHECK_FALSE(runs_flash(gpu("v100"), {.method = AttentionMethod::flash}));
  CHECK(runs_flash(gpu("h100"), {.method = AttentionMethod::flash}));
}

TEST_CASE("keys and values that heads share are read once, and multiply as often") {
  const GpuModel model = gpu("a100-80gb");
  LayerShape grouped = attention_layer(kHidden, kHeads, kTokens, AttentionMethod::flash, false);
  const Seconds all = gpu_attention_time(model, on_gpu(grouped, Pass::forward, 2));
  grouped.attention.key_heads = 2;
  CHECK(gpu_attention_time(model, on_gpu(grouped, Pass::forward, 2)) == all);
}
