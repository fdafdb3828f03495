#include <catch2/catch.hpp>

#include "core/error.hpp"
#include "costs/calibration_gpu.hpp"
#include "tests/costs/gpu/support.hpp"

using namespace forerun;

namespace {

std::string text() { return calibration_json(*load_calibration({"a100-80gb", "--calibration", 0, 0, ""})); }

std::string replaced(std::string from_text, const std::string& from, const std::string& to) {
  const auto at = from_text.find(from);
  REQUIRE(at != std::string::npos);
  return from_text.replace(at, from.size(), to);
}

/// The text without the row of a figure.
std::string without(const std::string& figure) {
  std::string all = text();
  const auto at = all.find("  {\"figure\":\"" + figure + "\"");
  REQUIRE(at != std::string::npos);
  return all.erase(at, all.find('\n', at) + 1 - at);
}

/// The text with another value of a figure.
std::string with(const std::string& figure, const std::string& value) {
  std::string all = text();
  const std::string row = "{\"figure\":\"" + figure + "\",\"value\":";
  const auto at = all.find(row);
  REQUIRE(at != std::string::npos);
  const auto begin = at + row.size();
  return all.replace(begin, all.find(',', begin) - begin, value);
}

void refused(const std::string& changed, const std::string& why) {
  CHECK_THROWS_WITH(read_calibration_text(changed, "x.json"), Catch::StartsWith("x.json:") && Catch::Contains(why));
}

}  // namespace

TEST_CASE("a figure out of its range is refused where it stands") {
  for (const std::string share : {"streaming-share", "product-share-fp16", "weight-gradient-share", "flash-forward-share-64", "tile-128x64",
                                  "score-share", "sustained-share"})
    for (const std::string value : {"0.0", "-0.5", "1.21", "1e300", ".nan"}) {
      CAPTURE(share, value);
      CHECK_THROWS_AS(read_calibration_text(with(share, value), "x.json"), BadInput);
    }
  for (const std::string share : {"convolution-forward-share", "convolution-winograd-share", "convolution-forward-share-tensor"}) {
    CAPTURE(share);
    CHECK_NOTHROW(read_calibration_text(with(share, "4.0"), "x.json"));
    CHECK_THROWS_AS(read_calibration_text(with(share, "4.1"), "x.json"), BadInput);
    CHECK_THROWS_AS(read_calibration_text(with(share, "0.0"), "x.json"), BadInput);
  }
  for (const std::string figure : {"bandwidth-bytes-per-s", "peak-fp16-flop-per-s", "vector-peak-flop-per-s", "kernel-fixed-s"})
    CHECK_THROWS_AS(read_calibration_text(with(figure, "0.0"), "x.json"), BadInput);
  CHECK_THROWS_AS(read_calibration_text(with("host-issue-s", "-1e-6"), "x.json"), BadInput);
  CHECK_NOTHROW(read_calibration_text(with("host-issue-s", "0.0"), "x.json"));
}

TEST_CASE("a figure is read and changed by its key, and one that a file need not give keeps its source") {
  Calibration calibration = *load_calibration({"a100-80gb", "--calibration", 0, 0, ""});
  CHECK(gpu_figure(*calibration.gpu, "host-run-ahead") == 1);
  CHECK(gpu_figure(*calibration.gpu, "no-such-figure") == 0);
  CHECK(calibration_json(calibration).find("host-run-ahead") == std::string::npos);
  set_gpu_figure(*calibration.gpu, "host-run-ahead", 0.5);
  calibration.gpu_sources.push_back({"host-run-ahead", "a trace"});
  const Calibration again = read_calibration_text(calibration_json(calibration), "again");
  CHECK(again.gpu->host_run_ahead == 0.5);
  CHECK(*again.gpu == *calibration.gpu);
}

TEST_CASE("a device has a whole number of multiprocessors") { refused(with("multiprocessors", "107.5"), "whole number"); }

TEST_CASE("a missing figure is named, and so is an unknown, a repeated and a sourceless one") {
  refused(without("bandwidth-bytes-per-s"), "bandwidth-bytes-per-s");
  refused(without("kernel-fixed-s"), "kernel-fixed-s");
  refused(replaced(text(), "\"score-share\"", "\"score-sharp\""), "score-share");
  refused(replaced(text(), "\"idle-watts\"", "\"peak-watts\""), "given twice");
  const std::string all = text();
  const auto at = all.find("\"source\":\"") + 10;
  refused(std::string(all).erase(at, all.find('"', at) - at), "without its source");
}

TEST_CASE("a spread has a source and a range, and belongs to no tile") {
  const auto spread = [](const std::string& figure, const std::string& rest) {
    const std::string row = "  {\"figure\":\"" + figure + "\",\"value\":0.9,\"source\":\"x\"," + rest + "},\n";
    std::string all = without(figure);
    return all.insert(all.find("  {\"figure\""), row);
  };
  const Calibration read = read_calibration_text(spread("streaming-share", R"("spread":0.07,"spread-source":"a table")"), "x.json");
  CHECK(read.gpu_sources.front() == GpuSource{"streaming-share", "x", 0.07, "a table"});
  refused(spread("streaming-share", R"("spread":0.07)"), "a spread without its spread-source");
  refused(spread("streaming-share", R"("spread-source":"a table")"), "a spread that is not there");
  refused(spread("streaming-share", R"("spread":0,"spread-source":"a table")"), "spread");
  refused(spread("streaming-share", R"("spread":4,"spread-source":"a table")"), "spread");
  refused(spread("tile-128x64", R"("spread":0.1,"spread-source":"a table")"), "tiles have no spread");
}

TEST_CASE("a figure is read and put by its key") {
  GpuModel model = forerun::test::gpu("a100-80gb");
  CHECK(gpu_figure(model, "streaming-share") == 0.75);
  set_gpu_figure(model, "streaming-share", 0.5);
  CHECK(model.streaming_share == 0.5);
  CHECK(gpu_figure(model, "tile-256x128") == 0);
  set_gpu_figure(model, "streaming-share", 3);
  CHECK(model.streaming_share == 1.2);
  set_gpu_figure(model, "host-issue-s", -1);
  CHECK(model.host_issue == Seconds(0));
}

TEST_CASE("figures that belong together are refused apart") {
  refused(without("product-share-fp16"), "fp16");
  refused(without("peak-bf16-flop-per-s"), "bf16");
  refused(without("flash-backward-share-128"), "flash attention");
  for (const std::string pass : {"forward", "backward-data", "backward-weights"})
    refused(without("convolution-" + pass + "-share-tensor"), "tensor cores");
  refused(with("idle-watts", "500.0"), "more power idle");
}

TEST_CASE("a tile is named by its extents, one of them at least and ten at most") {
  refused(replaced(text(), "tile-256x128", "tile-256"), "tile-256");
  refused(replaced(text(), "tile-256x128", "tile-256x4"), "extents");
  refused(replaced(text(), "tile-256x128", "tile-x128"), "unknown figure");
  std::string many = text();
  const auto at = many.find("  {\"figure\":\"tile-");
  for (int i = 0; i < 5; ++i) many.insert(at, R"(  {"figure":"tile-8x)" + std::to_string(8 + i) + R"(","value":0.1,"source":"x"},)" + "\n");
  refused(many, "one tile too many");
}

TEST_CASE("tiles are tried by falling share, in whatever order they stand") {
  const Calibration calibration = read_calibration_text(with("tile-64x32", "1.1"), "x.json");
  CHECK(calibration.gpu->tiles[0] == GpuTile{64, 32, 1.1});
  CHECK(calibration.gpu->tiles[1] == GpuTile{256, 128, 1});
}

TEST_CASE("samples and figures do not mix") {
  refused(replaced(text(), "\"schema_version\": 3", "\"schema_version\": 4"), "host");
  refused(replaced(text(), "\"origin\"", "\"host\": \"a\", \"origin\""), "host");
}
