#include "costs/calibration_file.hpp"

#include <catch2/catch.hpp>
#include <fstream>

#include "core/error.hpp"
#include "costs/communication_benchmark.hpp"
#include "costs/kernel_fit.hpp"
#include "costs/kernel_time.hpp"
#include "io/json.hpp"
#include "tests/support/kernels.hpp"

using namespace forerun;
using forerun::test::conv;
using forerun::test::dense;

namespace {

Calibration small() {
  Calibration calibration;
  calibration.name = "small";
  calibration.device = "cpu";
  calibration.host = "somewhere";
  calibration.cpu = "a \"CPU\" of 2 cores";
  calibration.compiler = "g++";
  calibration.date = "2026-01-02";
  calibration.mode = "quick";
  const auto add = [&](const Kernel& kernel, double seconds) {
    calibration.kernels.push_back({kernel, Seconds(seconds), Seconds(0.9 * seconds), Seconds(1.2 * seconds)});
  };
  add(dense(8, 16, 32), 1e-6);
  add(dense(80, 160, 32), 9e-6);
  add(dense(8, 16, 32, Pass::update), 3e-7);
  add(conv(2, 3, 4, 8, 3, Pass::update), 2e-7);
  add(conv(2, 3, 4, 8, 3), 4e-6);
  Kernel grouped = conv(2, 6, 6, 8, 3);
  grouped.shape.groups = 3;
  add(grouped, 5e-6);
  for (const LayerKind kind : {LayerKind::average_pool, LayerKind::gelu, LayerKind::dropout, LayerKind::add, LayerKind::batch_norm,
                               LayerKind::layer_norm, LayerKind::embedding, LayerKind::attention}) {
    Kernel kernel = conv(2, 12, 12, 4, 1);
    kernel.shape.kind = kind;
    if (kind == LayerKind::add) kernel.shape.operands = 3;
    if (kind == LayerKind::embedding) kernel.shape.rows = 70;
    if (kind == LayerKind::attention)
      kernel.shape.attention = {.heads = 3, .key_heads = 3, .key_channels = 4, .value_channels = 4, .keys = 16, .dropout = true};
    add(kernel, 1e-6 * (3 + static_cast<int>(kind)));
  }
  Kernel by_adam = dense(8, 16, 32, Pass::update);
  by_adam.optimizer = Optimizer::adam;
  add(by_adam, 6e-7);
  calibration.busy = {{LayerKind::dense, Pass::forward, 2, 1.0625, Bytes(4096)}, {LayerKind::dense, Pass::forward, 2, 1.25, Bytes(1e7)}};
  calibration.spells = {0.25, 1.375, 500, Seconds(0.002)};
  calibration.collectives = {{"all-reduce", 2, Bytes(1024), Seconds(5e-6), Seconds(4e-6), Seconds(6e-6)}};
  fit(calibration);
  return calibration;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("a calibration read back has equal samples and models that predict alike") {
  const Calibration written = small();
  const Calibration read = read_calibration_text(calibration_json(written), "small.json");
  CHECK(read.cpu == written.cpu);
  CHECK(read.origin == written.origin);
  CHECK(read.busy == written.busy);
  CHECK(read.spells == written.spells);
  CHECK(read.collectives == written.collectives);
  CHECK(read.all_reduce_models.size() == 1);
  REQUIRE(read.kernels.size() == written.kernels.size());
  REQUIRE(read.kernel_models.size() == written.kernel_models.size());
  for (const KernelSample& sample : written.kernels) {
    CHECK(std::count(read.kernels.begin(), read.kernels.end(), sample) == 1);
    CHECK(kernel_time(find_model(read, sample.kernel), sample.kernel) == kernel_time(find_model(written, sample.kernel), sample.kernel));
  }
}

TEST_CASE("writing what was read gives the same text") {
  const std::string text = calibration_json(small());
  CHECK(calibration_json(read_calibration_text(text, "small.json")) == text);
}

TEST_CASE("a calibration of a GPU is read as it was written, its precisions apart") {
  Calibration written = small();
  KernelSample rounded = written.kernels.front();
  rounded.kernel.precision = Precision::bf16;
  rounded.median = rounded.p10 = rounded.p90 = Seconds(0.5);
  written.kernels.push_back(rounded);
  written.measured_gpu = MeasuredGpu{"13.0",
                                     "12.8",
                                     Bytes(5e7),
                                     Seconds(1.5e-6),
                                     Seconds(2.5e-6),
                                     BytesPerSecond(2e12),
                                     BytesPerSecond(5e10),
                                     {{LayerKind::dense, Pass::forward, {}, Precision::bf16, Seconds(4e-6)},
                                      {LayerKind::dense, Pass::forward, {}, Precision::fp32, Seconds(5e-6)},
                                      {LayerKind::dense, Pass::update, Optimizer::adamw, Precision::fp32, Seconds(6e-6)}}};
  written.measured_gpu->issues.front().optimizer = written.measured_gpu->issues[1].optimizer = Optimizer::sgd_momentum;
  fit(written);
  const std::string text = calibration_json(written);
  const Calibration read = read_calibration_text(text, "gpu.json");
  CHECK(read.measured_gpu == written.measured_gpu);
  CHECK(read.kernel_models.size() == written.kernel_models.size());
  CHECK(std::ranges::count(read.kernels, rounded) == 1);
  CHECK(kernel_time(find_model(read, rounded.kernel), rounded.kernel).value() == Approx(0.5));
  CHECK(calibration_json(read) == text);
  CHECK_THROWS_WITH(read_calibration_text(replaced(text, "\"precision\":\"bf16\"", "\"precision\":\"bf15\""), "gpu.json"),
                    Catch::StartsWith("gpu.json:") && Catch::Contains("unknown precision"));
  CHECK_THROWS_WITH(read_calibration_text(replaced(text, "\"launch_s\":1.5e-06", "\"launch_s\":0"), "gpu.json"),
                    Catch::StartsWith("gpu.json:") && Catch::Contains("launch_s"));
  CHECK_THROWS_WITH(read_calibration_text(replaced(text, "\"measured_gpu\"", "\"measured_cpu\""), "gpu.json"),
                    Catch::Contains("measured_gpu is missing") && Catch::Contains("measured_cpu"));
  const std::size_t issue = text.find("\"issue_s\":4e-06"), begin = text.rfind('{', issue);
  const std::string row = text.substr(begin, text.find('}', issue) + 1 - begin);
  CHECK_THROWS_WITH(read_calibration_text(replaced(text, row, row + "," + row), "gpu.json"), Catch::Contains("a second issue time"));
}

TEST_CASE("a calibration from before pools' channels counted is read as it was meant, and no other with scales too few") {
  const auto without_last = [](const std::string& layer, int scales) {
    Json document = Json::parse(calibration_json(small()));
    for (Json& model : document["kernels"])
      if (model.value("layer", "") == layer)
        for (int i = 0; i < scales; ++i) model["inverse_scales"].erase(model["inverse_scales"].size() - 1);
    return document.dump();
  };
  const Calibration before = read_calibration_text(without_last("average-pool", 1), "before.json");
  Kernel pool = conv(2, 12, 12, 4, 1);
  pool.shape.kind = LayerKind::average_pool;
  CHECK(find_model(before, pool).inverse_scales.size() == 3);
  CHECK(kernel_time(find_model(before, pool), pool) > Seconds(0));
  CHECK_THROWS_WITH(read_calibration_text(without_last("average-pool", 2), "less.json"), Catch::Contains("wrong length"));
  CHECK_THROWS_WITH(read_calibration_text(without_last("gelu", 1), "gelu.json"), Catch::Contains("wrong length"));
}

TEST_CASE("a missing key is reported with its file and line") {
  const std::string text = replaced(calibration_json(small()), "\"host\"", "\"hast\"");
  try {
    read_calibration_text(text, "small.json");
    FAIL("accepted");
  } catch (const BadInput& error) {
    CHECK(std::string(error.what()).find("small.json:") == 0);
    CHECK(std::string(error.what()).find("host") != std::string::npos);
  }
}

TEST_CASE("a negative time, an unknown layer and a short row are refused") {
  const std::string text = calibration_json(small());
  CHECK_THROWS_AS(read_calibration_text(replaced(text, "1e-06", "-1e-06"), "x"), BadInput);
  CHECK_THROWS_AS(read_calibration_text(replaced(text, "[\"dense\",8,", "[\"dance\",8,"), "x"), BadInput);
  CHECK_THROWS_AS(read_calibration_text(replaced(text, "[\"dense\",8,", "[\"dense\","), "x"), BadInput);
  CHECK_THROWS_AS(read_calibration_text(replaced(text, "\"schema_version\": 4", "\"schema_version\": 3"), "x"), BadInput);
}

TEST_CASE("every benchmark of communication is read as it was written, and another refused where it stands") {
  Calibration written = small();
  for (int i = 0; i < kCommunicationBenchmarks; ++i)
    written.collectives.push_back(
        {std::string(to_string(static_cast<CommunicationBenchmark>(i))), 3, Bytes(8), Seconds(2), Seconds(1), Seconds(3)});
  const std::string text = calibration_json(written);
  const Calibration read = read_calibration_text(text, "small.json");
  CHECK(read.collectives == written.collectives);
  CHECK(read.all_reduce_models.size() == 2);
  CHECK_THROWS_WITH(read_calibration_text(replaced(text, "\"incast\"", "\"incest\""), "small.json"),
                    Catch::StartsWith("small.json:") && Catch::Contains("unknown operation") && Catch::Contains("Did you mean incast?"));
}

TEST_CASE("a calibration of an older format says what to do") {
  const std::string text = replaced(calibration_json(small()), "\"schema_version\": 4", "\"schema_version\": 2");
  CHECK_THROWS_WITH(read_calibration_text(text, "old.json"),
                    Catch::Contains("older format") && Catch::Contains("forerun calibrate") && !Catch::Contains("\n"));
}

TEST_CASE("busy factors without their working set and slow spells without their looks are refused") {
  const std::string text = calibration_json(small());
  CHECK_THROWS_WITH(read_calibration_text(replaced(text, "\"working_set_bytes\":4096.0,", ""), "x"), Catch::Contains("working_set_bytes"));
  CHECK_THROWS_WITH(read_calibration_text(replaced(text, ",\"looks\":500", ""), "x"), Catch::Contains("looks"));
}

TEST_CASE("a model that names no layer is refused, unless it is the update of any") {
  const std::string text = calibration_json(small());
  CHECK_THROWS_WITH(read_calibration_text(replaced(text, "{\"layer\":\"dense\",\"pass\":\"forward\",", "{\"pass\":\"forward\","), "x.json"),
                    Catch::StartsWith("x.json:") && Catch::Contains("layer"));
  CHECK_THROWS_WITH(read_calibration_text(replaced(text, "{\"pass\":\"update\",", "{\"layer\":\"dense\",\"pass\":\"update\","), "x.json"),
                    Catch::StartsWith("x.json:") && Catch::Contains("layer"));
}

TEST_CASE("a second model of the same layer and pass is refused where it stands") {
  const std::string text = calibration_json(small());
  const std::string conv = "{\"layer\":\"conv2d\",\"pass\":\"forward\"";
  const std::string first = text.substr(text.find(conv), text.find("]}", text.find(conv)) + 2 - text.find(conv));
  CHECK_THROWS_WITH(read_calibration_text(replaced(text, first, first + ",\n" + first), "x.json"),
                    Catch::StartsWith("x.json:") && Catch::Contains("a second model"));
}

TEST_CASE("a sample of another layer than its model, or of a pass that its layer has not, is refused where it stands") {
  const std::string text = calibration_json(small());
  const auto refused = [](const std::string& changed, const std::string& what) {
    CHECK_THROWS_WITH(read_calibration_text(changed, "x.json"), Catch::StartsWith("x.json:") && Catch::Contains(what));
  };
  refused(replaced(text, "[\"dense\",8,16", "[\"relu\",8,16"), "is not of its model");
  const std::string update = text.substr(text.find("{\"pass\":\"update\""));
  refused(replaced(text, update, replaced(update, "[\"dense\",8,16", "[\"relu\",8,16")), "has no pass update");
}

TEST_CASE("an update by an unknown optimizer, and groups that do not divide the channels, are refused where they stand") {
  const std::string text = calibration_json(small());
  CHECK_THROWS_WITH(read_calibration_text(replaced(text, "\"optimizer\":\"adam\"", "\"optimizer\":\"adams\""), "x.json"),
                    Catch::StartsWith("x.json:") && Catch::Contains("optimizer") && Catch::Contains("adam"));
  CHECK_THROWS_WITH(
      read_calibration_text(replaced(text, "[\"conv2d\",2,6,8,8,6,8,8,3,1,1,3,", "[\"conv2d\",2,6,8,8,6,8,8,3,1,1,4,"), "x.json"),
      Catch::StartsWith("x.json:") && Catch::Contains("groups"));
  CHECK_THROWS_WITH(read_calibration_text(replaced(text, "\"optimizer\":\"adam\",", ""), "x.json"), Catch::Contains("optimizer"));
}

TEST_CASE("a sample whose dimensions multiply beyond what can be counted is refused where it stands") {
  const std::string text = calibration_json(small());
  for (const std::string dimensions : {"9007199254740992,16,1,1,32", "8,9007199254740992,1,1,32", "8,100000000,1,1,100000000"})
    CHECK_THROWS_WITH(read_calibration_text(replaced(text, "[\"dense\",8,16,1,1,32", "[\"dense\"," + dimensions), "x.json"),
                      Catch::StartsWith("x.json:") && Catch::Contains("2^53"));
  CHECK_THROWS_WITH(
      read_calibration_text(replaced(text, "[\"conv2d\",2,3,8,8,4,8,8,3,", "[\"conv2d\",2,300000,8,8,300000,8,8,1000,"), "x.json"),
      Catch::StartsWith("x.json:") && Catch::Contains("2^53"));
}

TEST_CASE("the life of what a cache holds is kept, may be unknown, and is above zero") {
  Calibration written = small();
  CHECK_FALSE(read_calibration_text(calibration_json(written), "x").cache_life);
  written.cache_life = Seconds(0.004);
  const std::string text = calibration_json(written);
  CHECK(read_calibration_text(text, "x").cache_life == Seconds(0.004));
  CHECK_THROWS_WITH(read_calibration_text(replaced(text, "\"cache_life_s\": 0.004", "\"cache_life_s\": 0"), "x.json"),
                    Catch::StartsWith("x.json:") && Catch::Contains("cache_life_s"));
}

TEST_CASE("the usual time of a watch may be unknown, as in the shipped calibration") {
  const auto shipped = load_calibration({"cpu-cluster", "--calibration", 0, 0, ""});
  CHECK(shipped->spells.looks == 499);
  CHECK(shipped->spells.usual == Seconds(0));
  CHECK(calibration_json(*shipped).find("usual_s") == std::string::npos);
}

TEST_CASE("an unknown calibration is refused, and this machine's says how to make one") {
  CHECK_THROWS_WITH(load_calibration({"nonsense", "--calibration", 0, 0, ""}), Catch::Contains("unknown calibration"));
  CHECK_THROWS_WITH(load_calibration({"this-machine", "--calibration", 0, 0, ""}), Catch::Contains("run forerun calibrate"));
}

TEST_CASE("the slowdown of compute beside transfers is kept with its origin and source, and may not speed it up") {
  Calibration written = small();
  CHECK(calibration_json(written).find("overlap_slowdown") == std::string::npos);
  written.overlap = {.factor = 1.19, .origin = Origin::published, .source = "a paper"};
  const std::string text = calibration_json(written);
  CHECK(read_calibration_text(text, "x").overlap == written.overlap);
  CHECK_THROWS_WITH(read_calibration_text(replaced(text, "1.19", "0.9"), "x"), Catch::Contains("factor"));
  CHECK_THROWS_WITH(read_calibration_text(replaced(text, ",\"source\":\"a paper\"", ""), "x"), Catch::Contains("source"));
}
