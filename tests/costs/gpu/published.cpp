#include <catch2/catch.hpp>
#include <cmath>

#include "costs/gpu/kernel_time.hpp"
#include "costs/gpu/product.hpp"
#include "tests/costs/gpu/support.hpp"

using namespace forerun;
using forerun::test::gpu;
using forerun::test::kPublished;

namespace {

double share_of_peak(const GpuModel& model, Precision precision, double rows, double columns, double depth,
                     ProductRole role = ProductRole::activation) {
  const Flops flops(2 * rows * columns * depth);
  return flops / product_time(model, precision, {.rows = rows, .columns = columns, .depth = depth}, role) / model.peak[precision];
}

}  // namespace

TEST_CASE("each device reaches in a burst what its best shape is known to reach", "[paper]") {
  // stas00/ml-engineering, compute/accelerator/README.md, maximum achievable matmul FLOPS
  struct Row {
    const char* device;
    Precision precision;
    double rows, columns, depth, efficiency;
  };
  const Row row = GENERATE(values<Row>({{"a100-80gb", Precision::bf16, 1024, 10240, 5120, 0.869},
                                        {"h100", Precision::bf16, 2048, 2048, 13312, 0.803},
                                        {"h200", Precision::bf16, 2048, 2048, 13312, 0.803},
                                        {"gh200", Precision::bf16, 1024, 15360, 4096, 0.838},
                                        {"b200", Precision::bf16, 1792, 16128, 3072, 0.776},
                                        {"gb200", Precision::bf16, 4096, 9728, 2048, 0.729},
                                        {"h100", Precision::fp8, 1024, 9216, 14336, 0.709},
                                        {"h200", Precision::fp8, 1280, 4096, 12032, 0.734},
                                        {"gh200", Precision::fp8, 1024, 14336, 14336, 0.776},
                                        {"b200", Precision::fp8, 15360, 4096, 3072, 0.763},
                                        {"gb200", Precision::fp8, 19456, 5120, 1536, 0.723}}));
  GpuModel model = gpu(row.device);
  model.sustained_share = 1;
  CAPTURE(row.device, to_string(row.precision));
  CHECK(share_of_peak(model, row.precision, row.rows, row.columns, row.depth) == Approx(row.efficiency).epsilon(0.05));
}

TEST_CASE("the shapes of published products are met to five percent on average and fifteen at worst", "[paper]") {
  // MooreThreads/SimuMax, configs/system/a100_pcie.json: share of 312 TFLOP/s, of the PCIe card, whose best shape reaches 0.811 where the
  // SXM module's reaches 0.869.
  struct Row {
    double rows, columns, depth, efficiency;
    ProductRole role = ProductRole::activation;
  };
  const std::vector<Row> rows{{4096, 1536, 5120, 0.788},
                              {4096, 5120, 1536, 0.738},
                              {4096, 24576, 1536, 0.697},
                              {4096, 5120, 16384, 0.749},
                              {4096, 5120, 24576, 0.784},
                              {4096, 32768, 512, 0.618},
                              {4096, 576, 5120, 0.497},
                              {4096, 5120, 576, 0.592},
                              {24576, 5120, 4096, 0.717, ProductRole::weight_gradient},
                              {5120, 16384, 4096, 0.719, ProductRole::weight_gradient},
                              {5120, 3072, 24640, 0.761, ProductRole::weight_gradient}};
  GpuModel model = gpu("a100-80gb");
  model.product_share[Precision::bf16] *= 0.811 / 0.869;
  double sum = 0;
  for (const Row& row : rows) {
    CAPTURE(row.rows, row.columns, row.depth);
    const double error = share_of_peak(model, Precision::bf16, row.rows, row.columns, row.depth, row.role) / row.efficiency - 1;
    CHECK(std::abs(error) < 0.15);
    sum += std::abs(error);
  }
  CHECK(sum / static_cast<double>(rows.size()) < 0.05);
}

TEST_CASE("older devices take the times of DeepBench's large products", "[paper]") {
  // baidu-research/DeepBench, results/train/DeepBench_NV_V100.xlsx and _P100.xlsx: milliseconds.
  struct Row {
    const char* device;
    Precision precision;
    double rows, columns, depth, ms;
  };
  const Row row = GENERATE(values<Row>({{"v100", Precision::fp32, 1760, 7000, 1760, 3.376},
                                        {"v100", Precision::fp16, 1760, 7000, 1760, 0.485},
                                        {"v100", Precision::fp32, 1760, 128, 1760, 0.088}}));
  CAPTURE(row.device, row.columns, to_string(row.precision));
  const Seconds time = product_time(gpu(row.device), row.precision, {.rows = row.rows, .columns = row.columns, .depth = row.depth});
  CHECK(time.value() * 1e3 == Approx(row.ms).epsilon(0.15));
}

TEST_CASE("a K80 of as many multiprocessors takes the times of a K40's square products", "[paper]") {
  // clMathLibraries/clBLAS, doc/performance/cuBLAS_7.0/Tesla_K40/sgemm.csv: Gflop/s of 15 multiprocessors at 875 MHz.
  struct Row {
    double edge, gflops;
  };
  const Row row = GENERATE(values<Row>({{1760, 2968.11}, {2560, 3208.24}, {4096, 3275.29}, {5760, 3201.51}}));
  GpuModel model = gpu("k80");
  model.multiprocessors = 15;
  model.peak[Precision::fp32] = FlopsPerSecond(15 * 192 * 2 * 875e6);
  CAPTURE(row.edge);
  CHECK(share_of_peak(model, Precision::fp32, row.edge, row.edge, row.edge) == Approx(row.gflops / 5040).epsilon(0.06));
}

TEST_CASE("a block of a transformer takes on an A100 what single traces of it took", "[paper]") {
  // VIA-Research/vTrain, data/ground_truth_single.csv, solved for the time of one block without collectives, sequences of 1,024
  // tokens, 16 heads; where the device and not the host was the limit.
  struct Row {
    std::int64_t hidden, batch;
    double ms;
  };
  const Row row = GENERATE(values<Row>({{2048, 2, 4.76}, {2048, 4, 8.78}}));
  const GpuModel model = gpu("a100-80gb");
  Seconds time;
  for (const LayerShape& shape : forerun::test::transformer_block(row.hidden, 16, 1024, 1))
    for (const Pass pass : passes(shape.kind, LayerPosition::later))
      if (pass != Pass::update) time += gpu_kernel_time(model, forerun::test::on_gpu(shape, pass, row.batch));
  CHECK(time.value() * 1e3 == Approx(row.ms).epsilon(0.25));
}

TEST_CASE("single traces of small blocks took longer than their kernels", "[paper]") {
  // The same rows: hidden size, tensor-parallel ranks, batch, milliseconds of a block whose kernels wait for a traced host.
  struct Row {
    std::int64_t hidden, parts, batch;
    double ms;
  };
  const Row row =
      GENERATE(values<Row>({{1024, 1, 1, 3.00}, {1024, 4, 1, 3.22}, {1024, 8, 1, 4.62}, {2048, 4, 1, 2.68}, {2048, 8, 1, 4.42}}));
  const GpuModel model = gpu("a100-80gb");
  Seconds device;
  Seconds host;
  for (const LayerShape& shape : forerun::test::transformer_block(row.hidden, 16, 1024, row.parts))
    for (const Pass pass : passes(shape.kind, LayerPosition::later)) {
      if (pass == Pass::update) continue;
      const Kernel kernel = forerun::test::on_gpu(shape, pass, row.batch);
      device += gpu_kernel_time(model, kernel);
      host += host_issue_time(model, kernel);
    }
  CHECK(device.value() * 1e3 < 0.5 * row.ms);
  CHECK(host.value() * 1e3 < row.ms);
  CHECK(host.value() * 1e3 > 0.05 * row.ms);
}

TEST_CASE("every published calibration names a source for each of its figures and reads back as it was written") {
  for (const std::string name : kPublished) {
    const auto calibration = load_calibration({name, "--calibration", 0, 0, ""});
    CAPTURE(name);
    REQUIRE(calibration->gpu);
    CHECK(calibration->name == name);
    CHECK(calibration->origin == Origin::published);
    const std::string text = calibration_json(*calibration);
    CHECK(text.find("\"source\":\"\"") == std::string::npos);
    const Calibration again = read_calibration_text(text, name);
    CHECK(*again.gpu == *calibration->gpu);
    CHECK(again.gpu_sources == calibration->gpu_sources);
    CHECK(calibration_json(again) == text);
  }
}

TEST_CASE("published devices have the peaks of their data sheets") {
  CHECK(gpu("a100-80gb").peak[Precision::bf16].value() == 312e12);
  CHECK(gpu("a100-80gb").bandwidth.value() == 2.039e12);
  CHECK(gpu("a100-40gb").bandwidth.value() == 1.555e12);
  CHECK(gpu("h200").bandwidth.value() == 4.8e12);
  CHECK(gpu("h100").peak[Precision::fp8].value() == 1979e12);
  CHECK(gpu("v100").peak[Precision::fp16].value() == 125e12);
  CHECK(gpu("k80").peak[Precision::fp16].value() == 0);
  CHECK(gpu("t4").peak_watts == 70);
}
