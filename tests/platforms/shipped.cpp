#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

#include "io/csv.hpp"
#include "platforms/catalogue.hpp"
#include "platforms/data.hpp"
#include "platforms/load.hpp"
#include "tests/support/message.hpp"

namespace forerun {
namespace {

Text setting(const std::string& key, const std::string& value) { return {.value = value, .file = "--set", .key = key}; }

Platform load(std::string_view name, const std::vector<Text>& settings = {}) {
  return load_platform({.value = std::string(name), .file = "--platform"}, settings);
}

bool is_cloud_machine(std::string_view name) { return name.find(':') != std::string_view::npos; }

std::vector<std::string_view> shipped() {
  std::vector<std::string_view> names;
  for (const std::string_view name : known_platforms())
    if (name != "this-machine") names.push_back(name);
  return names;
}

CsvTable table(std::string_view file) {
  for (const platforms_file& each : platforms_data())
    if (each.name == file) return read_csv_text(each.text, file);
  FAIL("no such file: " << file);
  return {};
}

bool is_date(const std::string& text) {
  return text.size() >= 4 && text.find_first_not_of("0123456789-/") == std::string::npos && text.substr(0, 2) == "20";
}

}  // namespace

TEST_CASE("every shipped platform loads, with figures above zero and their source", "[unit]") {
  CHECK(shipped().size() >= 90);
  for (const std::string_view name : shipped()) {
    INFO(name);
    const Platform platform = load(name);
    CHECK(platform.name == name);
    CHECK(platform.memory_of_device() > Bytes(0));
    CHECK(platform.memory_per_node > Bytes(0));
    CHECK_FALSE(platform.calibration.empty());
    if (platform.device == "cpu") continue;
    CHECK_FALSE(platform.source.empty());
    CHECK_FALSE(data_sheet_source(platform.device).empty());
    CHECK(platform.device_rate > FlopsPerSecond(1e12));
    CHECK(platform.device_bandwidth > BytesPerSecond(1e11));
    CHECK(platform.compute_capability >= 37);
    CHECK(platform.library == CollectiveLibrary::nccl);
    if (platform.devices_per_node > 1) CHECK(platform.intra_node.bandwidth > BytesPerSecond(1e10));
    CHECK(platform.intra_node_rate() <= platform.intra_node.bandwidth);
  }
}

TEST_CASE("every shipped server joins to others", "[unit]") {
  for (const std::string_view name : shipped()) {
    if (is_cloud_machine(name)) continue;
    INFO(name);
    const Platform platform =
        load(name, {setting("nodes", "1000"), setting("intra-node-bandwidth", "1GB/s"), setting("intra-node-latency", "1us")});
    CHECK(platform.inter_node.bandwidth >= BytesPerSecond(1.25e9));
    CHECK(platform.inter_node.latency > Seconds(0));
  }
}

TEST_CASE("the figures of a DGX A100 are those of its data sheet", "[unit]") {
  const Platform platform = load("dgx-a100-80gb");
  CHECK(platform.devices_per_node == 8);
  CHECK(platform.device == "a100-80gb");
  CHECK(platform.calibration == "a100-80gb");
  CHECK(platform.device_memory == Bytes(80 * kGiB));
  CHECK(platform.device_rate == FlopsPerSecond(312e12));
  CHECK(platform.device_bandwidth == BytesPerSecond(2039e9));
  CHECK(platform.compute_capability == 80);
  CHECK(platform.intra_node.bandwidth == BytesPerSecond(300e9));
  CHECK(platform.inter_node.bandwidth == BytesPerSecond(200e9));
  CHECK(platform.nics == 8);
  CHECK(platform.fabric == NodeFabric::nvlink);
  CHECK(load("dgx-h100").fabric == NodeFabric::nvlink_reducing);
  CHECK(load("gb200-nvl72").devices_per_node == 72);
  CHECK(load("abci-v100").inter_node.bandwidth == BytesPerSecond(25e9));
}

TEST_CASE("another device brings its own data sheet, but not over what is given", "[unit]") {
  const Platform other = load("dgx-a100-80gb", {setting("device", "h100"), setting("device-memory", "64GiB")});
  CHECK(other.device_rate == load("dgx-h100").device_rate);
  CHECK(other.calibration == "h100");
  CHECK(other.device_memory == Bytes(64 * kGiB));
  CHECK(load("cpu-cluster", {setting("device", "mine")}).device_rate == FlopsPerSecond(0));
}

TEST_CASE("a cloud machine costs what its first region asks, or another that is named", "[unit]") {
  const Platform first = load("aws:p3.2xlarge");
  REQUIRE(first.price);
  CHECK(first.price->region == "us-east-1");
  CHECK(first.price->on_demand == Dollars(3.06));
  const Platform named = load("aws:p3.2xlarge", {setting("region", "eu-west-1")});
  REQUIRE(named.price);
  CHECK(named.price->on_demand == Dollars(3.305));
  CHECK(message_of([] { load("aws:p3.2xlarge", {setting("region", "eu-west-9")}); }) ==
        "--set: platform.region: no price is known there (got eu-west-9, allowed us-east-1, ap-northeast-1, eu-west-1, us-west-2). Did you "
        "mean "
        "eu-west-1?");
}

TEST_CASE("a price of one's own has neither the date nor the source of the catalogue's", "[unit]") {
  const Platform own = load("azure:Standard_NC6", {setting("price", "0.5USD/h")});
  REQUIRE(own.price);
  CHECK(*own.price == Price{.on_demand = Dollars(0.5)});
  REQUIRE(load("azure:Standard_NC6").price->spot);
}

TEST_CASE("what has no known price has none", "[unit]") {
  CHECK_FALSE(load("dgx-a100-80gb").price);
  CHECK_FALSE(load("gcp:n1-standard-8-v100x1").price);
  CHECK(known_prices("dgx-a100-80gb").empty());
}

TEST_CASE("every row of the price table names a machine, a region, a price, a date and a source", "[unit]") {
  const CsvTable prices = table("data/catalogue/prices.csv");
  std::set<std::string> pairs;
  std::size_t rows = 0;
  for (const std::string_view name : cloud_machines()) {
    for (const Price& price : known_prices(name)) {
      INFO(name << " " << price.region);
      ++rows;
      CHECK(pairs.insert(std::string(name) + " " + price.region).second);
      CHECK_FALSE(price.region.empty());
      CHECK_FALSE(price.source.empty());
      CHECK(is_date(price.date));
      CHECK(price.on_demand > Dollars(0.05));
      if (price.spot) CHECK(*price.spot < price.on_demand);
    }
  }
  CHECK(rows == prices.rows.size());
  CHECK(rows == 479);
}

TEST_CASE("the columns of the catalogue are keys of a platform", "[unit]") {
  const std::set<std::string_view> keys(platform_keys().begin(), platform_keys().end());
  for (const std::string_view file : {"data/catalogue/aws.csv", "data/catalogue/azure.csv", "data/catalogue/gcp.csv", "data/devices.csv"})
    for (const Text& column : table(file).header) {
      INFO(file << " " << column.value);
      CHECK((keys.contains(column.value) || column.value == "instance"));
    }
}

TEST_CASE("storage of clouds is as fast as their pages say", "[unit]") {
  const auto disk = [](const char* name) {
    return *load("cpu-cluster", {setting("data-storage", name), setting("disk-size", "1000GiB")}).data;
  };
  CHECK(disk("pd-balanced").read.bandwidth.value() == Approx(280 * kMiB));
  CHECK(disk("fsx-lustre-1000").write.bandwidth.value() == Approx(1e9 * 1000 / 1024));
  CHECK(load("cpu-cluster", {setting("data-storage", "ebs-gp3")}).data->read.requests_per_s == 16'000);
}

TEST_CASE("what a cloud's machines take to start is known of one cloud, with its source", "[unit]") {
  const CsvTable providers = table("data/catalogue/providers.csv");
  REQUIRE(providers.rows.size() == 1);
  CHECK_FALSE(providers.at(0, "source").value.empty());
  CHECK(load("aws:p3.16xlarge").startup == Seconds(96.9));
  CHECK(load("aws:p3.16xlarge", {setting("startup", "3min")}).startup == Seconds(180));
  CHECK_FALSE(load("gcp:n1-standard-8").startup);
}

TEST_CASE("what a node takes beside its GPUs is what its data sheet's most leaves", "[unit]") {
  CHECK(load("dgx-a100-80gb").node_power == Watts(3300));
  CHECK(load("dgx-h100").node_power == Watts(4600));
  CHECK_FALSE(load("cpu-cluster").node_power);
}

TEST_CASE("keys stand in the order of the alphabet", "[unit]") { CHECK(std::ranges::is_sorted(platform_keys())); }

}  // namespace forerun
