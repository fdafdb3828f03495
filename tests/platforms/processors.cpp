#include "platforms/processors.hpp"

#include <catch2/catch.hpp>

#include "platforms/catalogue.hpp"
#include "platforms/load.hpp"
#include "tests/support/message.hpp"

namespace forerun {
namespace {

Platform load(const std::string& name, const std::vector<Text>& settings = {}) {
  return load_platform({.value = name, .file = "--platform"}, settings);
}
Text setting(const std::string& key, const std::string& value) { return {.value = value, .file = "--set", .key = key}; }

}  // namespace

TEST_CASE("a core does its clock times its vector units, and has its share of the socket's memory", "[unit]") {
  const auto skylake = find_processor("skylake-sp");
  REQUIRE(skylake);
  CHECK(skylake->core_rate.value() == Approx(2.7e9 * 64));
  CHECK(skylake->core_bandwidth.value() == Approx(128e9 / 28));
  CHECK_FALSE(find_processor("z80"));
  CHECK_FALSE(find_processor(""));
}

TEST_CASE("every processor has its source, and one was calibrated", "[unit]") {
  for (const std::string_view name : known_processors()) {
    INFO(name);
    CHECK_FALSE(find_processor(name)->source.empty());
  }
  CHECK(processor_of("epyc-9004")->name == "epyc-9004");
  CHECK_FALSE(processor_of("cpu-cluster"));
  CHECK_FALSE(processor_of(""));
}

TEST_CASE("every CPU machine of a cloud says what computes in it", "[unit]") {
  int machines = 0;
  for (const std::string_view name : cloud_machines()) {
    const Platform machine = load(std::string(name));
    INFO(name);
    CHECK((machine.device == "cpu") == (machine.cores > 0));
    CHECK((machine.device == "cpu") == !machine.processor.empty());
    machines += machine.cores > 0 ? 1 : 0;
  }
  CHECK(machines == 42);
}

TEST_CASE("two threads are a core: a machine of eight virtual processors has four", "[unit]") {
  CHECK(load("gcp:n1-standard-8").cores == 4);
  CHECK(load("aws:c5.18xlarge").cores == 36);
}

TEST_CASE("a processor and its cores come together, and belong to nodes of one device", "[unit]") {
  const auto error = [](const std::vector<Text>& settings) { return message_of([&] { load("cpu-cluster", settings); }); };
  CHECK(load("cpu-cluster", {setting("processor", "haswell-e5"), setting("cores", "8")}).cores == 8);
  CHECK(error({setting("processor", "haswell-e5")}) == "--set: platform.cores: is missing: processor is given without it");
  CHECK(error({setting("cores", "8")}) == "--set: platform.processor: is missing: cores is given without it");
  CHECK(error({setting("processor", "haswel-e5"), setting("cores", "8")}).find("Did you mean haswell-e5?") != std::string::npos);
  CHECK(error({setting("processor", "haswell-e5"), setting("cores", "0")}).find("platform.cores:") != std::string::npos);
  CHECK(error({setting("processor", "haswell-e5"), setting("cores", "8"), setting("devices-per-node", "2")})
            .find("is of a node that is one device") != std::string::npos);
}

}  // namespace forerun
