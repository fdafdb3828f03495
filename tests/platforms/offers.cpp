#include "platforms/offers.hpp"

#include <catch2/catch.hpp>

#include "platforms/load.hpp"
#include "tests/support/folder.hpp"
#include "tests/support/message.hpp"

namespace forerun {
namespace {

const std::string kHeader = "InstanceType,vCPUs,MemoryGiB,AcceleratorName,AcceleratorCount,GPUInfo,Region,AvailabilityZone,Price,SpotPrice";

/// A price list in a folder of its own.
class List {
 public:
  explicit List(const std::string& rows, const std::string& header = kHeader) { put(folder_ / "vms.csv", header + "\n" + rows); }

  Platform load(const std::string& name, std::vector<Text> settings = {}) const {
    settings.push_back({.value = file(), .file = "--set", .key = "catalogue"});
    return load_platform({.value = name, .file = "--platform"}, settings);
  }
  /// What is wrong, without the folder.
  [[nodiscard]] std::string error(const std::string& name, const std::vector<Text>& settings = {}) const {
    std::string text = message_of([&] { load(name, settings); });
    for (std::size_t at = 0; (at = text.find(folder_.path().string() + "/")) != std::string::npos;)
      text.erase(at, folder_.path().string().size() + 1);
    return text;
  }
  [[nodiscard]] std::string file() const { return (folder_ / "vms.csv").string(); }

 private:
  Folder folder_;
};

Text setting(const std::string& key, const std::string& value) { return {.value = value, .file = "--set", .key = key}; }

const std::string kV100 = "p3.2xlarge,8.0,61.0,V100,1.0,\"{'Gpus': []}\",";

}  // namespace

TEST_CASE("a SkyPilot catalogue drops in: prices of its first region, the cheapest zone's spot price", "[unit]") {
  const List list(kV100 + "us-east-1,us-east-1a,3.06,1.1\n" + kV100 + "us-east-1,us-east-1b,3.06,0.9\n" + kV100 +
                  "eu-west-1,eu-west-1a,3.3,\n");
  const Platform first = list.load("aws:p3.2xlarge");
  REQUIRE(first.price);
  CHECK(first.price->on_demand == Dollars(3.06));
  CHECK(first.price->spot == Dollars(0.9));
  CHECK(first.price->region == "us-east-1");
  CHECK(first.price->date.empty());
  CHECK(first.price->source == list.file() + ", spot of us-east-1b");
  CHECK(list.load("aws:p3.2xlarge@eu-west-1").price->on_demand == Dollars(3.3));
  CHECK_FALSE(list.load("aws:p3.2xlarge@eu-west-1").price->spot);
  CHECK(list.load("aws:p3.2xlarge", {setting("region", "us-east-1a")}).price->spot == Dollars(1.1));
}

TEST_CASE("columns beyond SkyPilot's are known where they are ours, and mean nothing where they are not", "[unit]") {
  const List list("x.large,16,32,T4,2,,r1,,1.5,,25,2026-01-02,the provider,blue\n", kHeader + ",NetworkGbps,PriceDate,PriceSource,Colour");
  const Platform machine = list.load("aws:x.large");
  CHECK(machine.device == "t4");
  CHECK(machine.devices_per_node == 2);
  CHECK(machine.memory_per_node == Bytes(32 * kGiB));
  CHECK(machine.inter_node.bandwidth == BytesPerSecond(25e9 / 8));
  CHECK(machine.price->date == "2026-01-02");
  CHECK(machine.price->source == "the provider");
}

TEST_CASE("a CPU machine of a list says its processor, two of whose threads are a core", "[unit]") {
  const List list("m9.xlarge,4,16,,,,r1,,0.2,,skylake-sp\n", kHeader + ",Processor");
  CHECK(list.load("aws:m9.xlarge").cores == 2);
  CHECK(list.load("aws:m9.xlarge").processor == "skylake-sp");
  CHECK(List("m9.xlarge,4,16,,,,r1,,0.2,\n").error("aws:m9.xlarge").find("has no accelerator") != std::string::npos);
}

TEST_CASE("an accelerator whose kernels nobody knows is refused by name", "[unit]") {
  const std::string error = List("tpu-vm,96,334,tpu-v3-8,1,,us-central1,,8.8,\n").error("gcp:tpu-vm");
  CHECK(error.starts_with("vms.csv:2:"));
  CHECK(error.find("AcceleratorName: is an accelerator whose kernels are not known (got tpu-v3-8, allowed K80, P100,") !=
        std::string::npos);
}

TEST_CASE("a missing price is refused, never zero", "[unit]") {
  const List list(kV100 + "us-east-1,us-east-1a,,0.9\n");
  CHECK(list.error("aws:p3.2xlarge") == "vms.csv:2:66: Price: is missing: the machine has no price on demand in us-east-1");
}

TEST_CASE("prices that are zero, negative or no number are refused where they stand, all at once", "[unit]") {
  const List list(kV100 + "us-east-1,us-east-1a,0.0,nan\n" + kV100 + "us-east-1,us-east-1b,-3,1\n");
  const std::string error = list.error("aws:p3.2xlarge");
  CHECK(error.find("vms.csv:2:66: Price:") != std::string::npos);
  CHECK(error.find("vms.csv:2:70: SpotPrice:") != std::string::npos);
  CHECK(error.find("vms.csv:3:66: Price:") != std::string::npos);
}

TEST_CASE("a zone that stands there twice is refused", "[unit]") {
  const List list(kV100 + "us-east-1,us-east-1a,3.06,\n" + kV100 + "us-east-1,us-east-1a,3.1,\n");
  CHECK(list.error("aws:p3.2xlarge") == "vms.csv:3:1: InstanceType: stands there twice for its zone: see line 2 (got p3.2xlarge)");
}

TEST_CASE("machines and regions that the list lacks are named with what is near", "[unit]") {
  const List list(kV100 + "us-east-1,us-east-1a,3.06,\n");
  CHECK(list.error("aws:p3.2xlage").find("has no InstanceType p3.2xlage") != std::string::npos);
  CHECK(list.error("aws:p3.2xlage").find("Did you mean p3.2xlarge?") != std::string::npos);
  CHECK(list.error("aws:p3.2xlarge@us-east-2").find("no price is known there (got us-east-2, allowed us-east-1)") != std::string::npos);
}

TEST_CASE("a list without the columns that matter, and one that is missing, are refused", "[unit]") {
  CHECK(List("a,1\n", "InstanceType,Price").error("aws:p3.2xlarge").find("Region") != std::string::npos);
  const std::string missing = message_of([] { load_platform({.value = "aws:p3.2xlarge"}, std::vector{setting("catalogue", "no.csv")}); });
  CHECK(missing.find("no.csv") != std::string::npos);
}

TEST_CASE("a price of one's own stands above a list's", "[unit]") {
  const List list(kV100 + "us-east-1,us-east-1a,3.06,\n");
  CHECK(list.load("aws:p3.2xlarge", {setting("price", "1USD/h")}).price->on_demand == Dollars(1));
}

TEST_CASE("a region behind a machine's name chooses its price, and a setting stands above it", "[unit]") {
  const auto load = [](const std::string& name, const std::vector<Text>& settings) {
    return load_platform({.value = name, .file = "--platform"}, settings);
  };
  const Platform machine = load("aws:p3.2xlarge@eu-west-1", {});
  CHECK(machine.name == "aws:p3.2xlarge");
  CHECK(machine.price->region == "eu-west-1");
  CHECK(load("aws:p3.2xlarge@eu-west-1", {setting("region", "us-west-2")}).price->region == "us-west-2");
  CHECK(message_of([&] { load("aws:p3.2xlarge@mars", {}); }).starts_with("--platform: region: no price is known there (got mars"));
  CHECK(message_of([&] { load("aws:p3.2xlarge@", {}); }).find("has no region behind @") != std::string::npos);
}

}  // namespace forerun
