#include "platforms/stragglers.hpp"

#include <catch2/catch.hpp>

#include "platforms/load.hpp"
#include "tests/support/message.hpp"

namespace forerun {
namespace {

Text setting(const std::string& key, const std::string& value) { return {.value = value, .file = "--set", .key = key}; }

Platform load(const std::vector<Text>& settings) {
  std::vector<Text> all = {setting("nodes", "4"), setting("devices-per-node", "2"), setting("intra-node-bandwidth", "1GB/s"),
                           setting("intra-node-latency", "0us")};
  all.insert(all.end(), settings.begin(), settings.end());
  return load_platform({.value = "cpu-cluster"}, all);
}

std::string error_of(const std::string& key, const std::string& value) {
  return message_of([&] { load({setting(key, value)}); });
}

bool complains(const std::string& key, const std::string& value, const std::string& part) {
  const std::string message = error_of(key, value);
  INFO(message);
  return message.find("--set: platform." + key) != std::string::npos && message.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("slow devices and links are lists, in order of device, node and time", "[unit]") {
  CHECK(load({setting("slow-devices", "7:1.3,0:2")}).slow_devices == std::vector<SlowDevice>{{0, 2}, {7, 1.3}});
  CHECK(load({setting("slow-links", "3:4:10s..20s, 3:2:500ms..10s, 1:7, 2:9:1min..")}).slow_links ==
        std::vector<SlowLink>{
            {1, 7, Seconds(0), {}}, {2, 9, Seconds(60), {}}, {3, 2, Seconds(0.5), Seconds(10)}, {3, 4, Seconds(10), Seconds(20)}});
  CHECK(load({setting("device-spread", "3%")}).device_spread == 0.03);
  CHECK(load({}).devices_alike());
  CHECK_FALSE(load({setting("slow-devices", "1:1.1")}).devices_alike());
}

TEST_CASE("a slow device that is none is refused", "[unit]") {
  CHECK(complains("slow-devices", "8:2", "0 to 7"));
  CHECK(complains("slow-devices", "1:0", "from 1 to"));
  CHECK(complains("slow-devices", "1:-3", "from 1 to"));
  CHECK(complains("slow-devices", "1:nan", "from 1 to"));
  CHECK(complains("slow-devices", "1:2,1:3", "names a device a second time"));
  CHECK(complains("slow-devices", "1", "DEVICE:FACTOR"));
  CHECK(complains("slow-devices", "1:2:3", "DEVICE:FACTOR"));
  CHECK(complains("slow-devices", "1:2,,", ""));
  CHECK(complains("device-spread", "-1%", "out of range"));
  CHECK(complains("device-spread", "2", "out of range"));
}

TEST_CASE("a spell of a link that is none is refused", "[unit]") {
  CHECK(complains("slow-links", "4:2", "0 to 3"));
  CHECK(complains("slow-links", "1:0:1s..2s", "from 1 to"));
  CHECK(complains("slow-links", "1:0.5", "from 1 to"));
  CHECK(complains("slow-links", "1:2:3s..2s", "ends before it begins"));
  CHECK(complains("slow-links", "1:2:2s..2s", "ends before it begins"));
  CHECK(complains("slow-links", "1:2:2..3s", "unit"));
  CHECK(complains("slow-links", "1:2:-1s..3s", "negative"));
  CHECK(complains("slow-links", "1:2:5s", "FROM..UNTIL"));
  CHECK(complains("slow-links", "1:2,1:3:1s..2s", "overlaps another spell of its node"));
  CHECK(complains("slow-links", "1:2:0s..5s,1:3:4s..", "overlaps another spell of its node"));
  CHECK(complains("slow-links", "1", "NODE:FACTOR"));
}

TEST_CASE("all that is wrong with a list is said at once", "[unit]") {
  const std::string message = error_of("slow-links", "9:2,1:0,2:2:3s..1s");
  for (const std::string part : {"0 to 3", "from 1 to", "ends before it begins"}) CHECK(message.find(part) != std::string::npos);
}

TEST_CASE("slow devices and links are written as they are read", "[unit]") {
  const std::string links = "1:7,2:9:60s..,3:2:0.5s..10s", devices = "0:2,7:1.3";
  CHECK(slow_links_text(parse_slow_links({.value = links}, 4)) == links);
  CHECK(slow_devices_text(parse_slow_devices({.value = devices}, 8)) == devices);
  CHECK(slow_links_text({}).empty());
}

TEST_CASE("an entry with a part left out is shown as it was written", "[unit]") {
  CHECK(complains("slow-links", "1:2:..10s", "is no spell (got ..10s, allowed FROM..UNTIL"));
  CHECK(complains("slow-links", "1:", "has the wrong form (got 1:, allowed NODE:FACTOR"));
  CHECK(complains("slow-links", "1:2:", "has the wrong form (got 1:2:, allowed"));
  CHECK(complains("slow-devices", ":2", "has the wrong form (got :2, allowed DEVICE:FACTOR"));
}

}  // namespace forerun
