#include "platforms/storage.hpp"

#include <catch2/catch.hpp>

#include "platforms/load.hpp"
#include "tests/support/folder.hpp"

namespace forerun {
namespace {

Platform platform(std::vector<Text> settings, const char* name = "cpu-cluster") {
  for (Text& setting : settings) setting.file = "--set";
  return load_platform({.value = name}, settings);
}

Text setting(const char* key, const char* value) { return {.value = value, .file = {}, .line = 0, .column = 0, .key = key}; }

std::string refusal(std::vector<Text> settings) {
  try {
    platform(std::move(settings));
  } catch (const BadInput& error) {
    return error.what();
  }
  return "";
}

Platform round_trip(const Platform& platform) {
  const Folder folder;
  put(folder / "x.yaml", platform_yaml(platform));
  return load_platform({.value = (folder / "x.yaml").string()}, {});
}

}  // namespace

TEST_CASE("a platform has no storage unless it names one", "[unit]") {
  CHECK_FALSE(platform({}).data);
  CHECK_FALSE(platform({}).checkpoints);
}

TEST_CASE("a network disk is as fast as its size, up to what a machine carries", "[unit]") {
  const auto disk = [](const char* name, const char* size) {
    return *platform({setting("data-storage", name), setting("disk-size", size)}).data;
  };
  const Storage small = disk("pd-ssd", "500GiB");
  CHECK(small.kind == Storage::Kind::network_disk);
  CHECK(small.read.bandwidth.value() == Approx(240 * kMiB));
  CHECK(small.read.requests_per_s == Approx(15'000));
  CHECK(disk("pd-ssd", "10TiB").read.bandwidth == BytesPerSecond(1200 * kMiB));
  const Storage standard = disk("pd-standard", "5000GiB");
  CHECK(standard.one_budget);
  CHECK(standard.read.bandwidth.value() == Approx(600 * kMiB));
  CHECK(standard.write.bandwidth.value() == Approx(400 * kMiB));
  CHECK(standard.write.requests_per_s == Approx(2 * standard.read.requests_per_s));
}

TEST_CASE("checkpoints go where samples lie unless another storage is named, and figures stand above the data sheet's", "[unit]") {
  const Platform one = platform({setting("data-storage", "nfs"), setting("data-read-bandwidth", "3GB/s"),
                                 setting("checkpoint-write-bandwidth", "1GB/s"), setting("checkpoint-latency", "2ms")});
  REQUIRE(one.data);
  CHECK(one.data == one.checkpoints);
  CHECK(one.data->read.bandwidth == BytesPerSecond(3e9));
  CHECK(one.data->write == Storage::Access{BytesPerSecond(1e9), 0, {}, Seconds(2e-3)});
  const Platform two = platform({setting("data-storage", "s3"), setting("checkpoint-storage", "nfs"), setting("data-latency", "0s")});
  CHECK(two.data->read.latency == Seconds(0));
  CHECK(two.checkpoints->kind == Storage::Kind::file_system);
  for (const Platform& each : {one, two}) CHECK(round_trip(each) == each);
}

TEST_CASE("a platform with disks reads back as it was written", "[unit]") {
  for (const std::vector<Text>& settings :
       {std::vector{setting("data-storage", "pd-standard"), setting("disk-size", "750GiB"), setting("data-read-iops", "123.4")},
        std::vector{setting("data-storage", "local-disk"), setting("data-read-bandwidth", "1GB/s")},
        std::vector{setting("checkpoint-storage", "fsx-lustre-250"), setting("disk-size", "1.2TiB"),
                    setting("checkpoint-write-iops", "9")}}) {
    const Platform described = platform(settings);
    CHECK(round_trip(described) == described);
  }
}

TEST_CASE("a setting that names another storage leaves nothing of a file's figures", "[unit]") {
  const Folder folder;
  put(folder / "x.yaml", platform_yaml(platform({setting("data-storage", "pd-ssd"), setting("disk-size", "1TiB"),
                                                 setting("data-latency", "9ms"), setting("checkpoint-write-iops", "7")})));
  std::vector<Text> other{setting("data-storage", "fsx-lustre-250")};
  other[0].file = "--set";
  const Platform changed = load_platform({.value = (folder / "x.yaml").string()}, other);
  CHECK(changed.data->read.latency == Seconds(1e-3));
  CHECK(changed.data->read.bandwidth.value() == Approx(250e6));
  CHECK(changed.data->write.requests_per_s == 7);
  other[0].value = "local-nvme";
  CHECK(load_platform({.value = (folder / "x.yaml").string()}, other).data->size == Bytes(0));
}

TEST_CASE("a storage that is not known, or not whole, is refused", "[unit]") {
  CHECK_THAT(refusal({setting("data-storage", "pd-sdd")}), Catch::Contains("unknown storage") && Catch::Contains("Did you mean pd-ssd?"));
  CHECK_THAT(refusal({setting("data-storage", "pd-ssd")}), Catch::Contains("platform.disk-size: is missing"));
  CHECK_THAT(refusal({setting("data-storage", "nfs"), setting("disk-size", "1TiB")}),
             Catch::Contains("platform.disk-size: has no meaning"));
  CHECK_THAT(refusal({setting("disk-size", "1TiB")}), Catch::Contains("platform.disk-size: has no meaning"));
  CHECK_THAT(refusal({setting("data-latency", "1ms")}), Catch::Contains("platform.data-storage: is missing"));
  CHECK_THAT(refusal({setting("checkpoint-write-iops", "5")}), Catch::Contains("platform.checkpoint-storage: is missing"));
  CHECK_THAT(refusal({setting("data-storage", "local-disk")}), Catch::Contains("platform.data-read-bandwidth: is missing"));
  CHECK_THAT(refusal({setting("data-storage", "nfs"), setting("loader-rate", "5")}), Catch::Contains("platform.loader-rate: cannot"));
  for (const char* zero : {"0GB/s", "-1GB/s", "nanGB/s", "5"})
    CHECK_THAT(refusal({setting("data-storage", "nfs"), setting("data-read-bandwidth", zero)}), Catch::Contains("data-read-bandwidth"));
  CHECK_THAT(refusal({setting("data-storage", "nfs"), setting("data-read-iops", "0")}), Catch::Contains("data-read-iops"));
}

TEST_CASE("an object store without anything that says how much comes through it is refused, for each of its uses", "[unit]") {
  CHECK_THAT(
      refusal({setting("data-storage", "object-store")}),
      Catch::Contains("platform.data-read-bandwidth: is missing: nothing says how fast object-store is (allowed it, data-read-iops or "
                      "data-connection-bandwidth)"));
  CHECK_THAT(refusal({setting("checkpoint-storage", "object-store"), setting("checkpoint-latency", "1ms")}),
             Catch::Contains("platform.checkpoint-write-bandwidth: is missing"));
  for (const auto& [figure, value] :
       {std::pair{"data-read-bandwidth", "1GB/s"}, {"data-read-iops", "100"}, {"data-connection-bandwidth", "9MB/s"}}) {
    const Platform read_only = platform({setting("data-storage", "object-store"), setting(figure, value)});
    CHECK(read_only.data);
    CHECK_FALSE(read_only.checkpoints);
    CHECK(round_trip(read_only) == read_only);
  }
  CHECK(platform({setting("data-storage", "s3")}).checkpoints);
}

TEST_CASE("a figure of writing to a storage that only reads is no figure without effect", "[unit]") {
  for (const char* kind : {"object-store", "local-disk"}) {
    const std::vector<Text> read{setting("data-storage", kind), setting("data-read-bandwidth", "1GB/s")};
    std::vector<Text> late = read;
    late.push_back(setting("checkpoint-latency", "1ms"));
    CHECK_THAT(refusal(late), Catch::Contains("platform.checkpoint-write-bandwidth: is missing"));
    late.push_back(setting("checkpoint-write-bandwidth", "1GB/s"));
    CHECK(platform(late).checkpoints);
  }
}

TEST_CASE("every storage that ships says where its figures come from and can be read", "[unit]") {
  for (const std::string_view name : known_storages()) {
    INFO(name);
    CHECK(storage_source(name).size() > 20);
    const std::optional<Storage> storage = known_storage(name, Bytes(500 * kGiB));
    REQUIRE(storage);
    if (name != to_string(storage->kind) && storage->kind != Storage::Kind::object_store) {
      CHECK(storage->read.bandwidth > BytesPerSecond(0));
      CHECK(storage->write.bandwidth > BytesPerSecond(0));
    }
  }
}

}  // namespace forerun
