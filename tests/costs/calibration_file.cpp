#include "costs/calibration_file.hpp"

#include <catch2/catch.hpp>
#include <fstream>

#include "core/error.hpp"
#include "costs/kernel_fit.hpp"
#include "costs/kernel_time.hpp"
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
  calibration.busy = {{LayerKind::dense, Pass::forward, 2, 1.0625}};
  calibration.spells = {0.25, 1.375};
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
  CHECK_THROWS_AS(read_calibration_text(replaced(text, "\"schema_version\": 1", "\"schema_version\": 2"), "x"), BadInput);
}

TEST_CASE("an unknown calibration is refused, and this machine's says how to make one") {
  CHECK_THROWS_WITH(load_calibration({"nonsense", "--calibration", 0, 0, ""}), Catch::Contains("unknown calibration"));
  CHECK_THROWS_WITH(load_calibration({"this-machine", "--calibration", 0, 0, ""}), Catch::Contains("run forerun calibrate"));
}
