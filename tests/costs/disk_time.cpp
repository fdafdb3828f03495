#include "costs/disk_time.hpp"

#include <catch2/catch.hpp>

#include "core/error.hpp"
#include "tests/support/storage.hpp"

using namespace forerun;
using namespace forerun::test;

namespace {

/// Four nodes of two devices; a node's link carries 1 GB/s.
Platform platform(Storage storage) {
  Platform platform;
  platform.name = "nodes";
  platform.nodes = 4;
  platform.devices_per_node = 2;
  platform.inter_node = {BytesPerSecond(1e9), Seconds(0)};
  platform.data = platform.checkpoints = std::move(storage);
  return platform;
}

/// Eight ranks, 100 MB and 1,000 requests each, ten files one after another.
DiskAccess access() {
  DiskAccess access;
  access.rank = {Bytes(1e8), 1000};
  access.node = 2 * access.rank;
  access.all = 8 * access.rank;
  access.opens = 10;
  return access;
}

double seconds(const Storage& storage, const DiskAccess& each = access()) { return disk_cost(each, platform(storage)).duration().value(); }

}  // namespace

TEST_CASE("a node's disk takes the bytes or the requests of its own ranks, whichever takes longer, and a latency a file", "[unit]") {
  for (const auto kind : {Storage::Kind::local_disk, Storage::Kind::network_disk}) {
    CHECK(seconds(storage(kind, {BytesPerSecond(5e8), 0, {}, {}})) == Approx(0.4));
    CHECK(seconds(storage(kind, {BytesPerSecond(5e8), 1000, {}, {}})) == Approx(2));
    CHECK(seconds(storage(kind, {BytesPerSecond(5e8), 1000, {}, Seconds(0.01)})) == Approx(2.01));
    // Faster than the node's link, which is not on the way.
    CHECK(seconds(storage(kind, {BytesPerSecond(1e10), 0, {}, {}})) == Approx(0.02));
  }
}

TEST_CASE("one request takes the longer of 1 / IOPS and bytes / bandwidth", "[unit]") {
  DiskAccess one;
  one.rank = one.node = one.all = {Bytes(4096), 1};
  const Storage disk = storage(Storage::Kind::local_disk, {BytesPerSecond(1e6), 100, {}, {}});
  CHECK(seconds(disk, one) == Approx(0.01));
  one.rank.bytes = one.node.bytes = one.all.bytes = Bytes(1e6);
  CHECK(seconds(disk, one) == Approx(1));
}

TEST_CASE("a file system serves all nodes with one bandwidth, and each node over its link", "[unit]") {
  const auto kind = Storage::Kind::file_system;
  CHECK(seconds(storage(kind, {BytesPerSecond(1e9), 0, {}, {}})) == Approx(0.8));
  CHECK(seconds(storage(kind, {BytesPerSecond(1e9), 4000, {}, {}})) == Approx(2));
  CHECK(seconds(storage(kind, {BytesPerSecond(1e12), 0, {}, {}})) == Approx(0.2));
  Platform shared = platform(storage(kind, {BytesPerSecond(1e12), 0, {}, {}}));
  shared.inter_node_share = 0.5;
  CHECK(disk_cost(access(), shared).duration().value() == Approx(0.4));
  shared.ingress = 4 * shared.inter_node.bandwidth;
  CHECK(disk_cost(access(), shared).duration().value() == Approx(0.1));
  shared.checkpoints = shared.data;
  DiskAccess writes = access();
  writes.direction = DiskAccess::Direction::write;
  CHECK(disk_cost(writes, shared).duration().value() == Approx(0.4));
}

TEST_CASE("an object store carries so much a connection, each of which waits for its first byte", "[unit]") {
  const Storage store = storage(Storage::Kind::object_store, {{}, 0, BytesPerSecond(5e7), Seconds(0.1)});
  CHECK(seconds(store) == Approx(1 + 2));
  DiskAccess many = access();
  many.connections = 20, many.opens = 10 / 20.0;
  CHECK(seconds(store, many) == Approx(0.05 + 0.2));
}

TEST_CASE("one connection opens and reads in turn, and of many the requests of all count or the way of each, whichever takes longer",
          "[unit]") {
  const auto kind = Storage::Kind::object_store;
  // Alone: ten times 0.1 s and 10 ms of requests.
  DiskAccess alone = access();
  alone.rank = alone.node = alone.all = {Bytes(1e3), 10};
  CHECK(seconds(storage(kind, {{}, 1000, {}, Seconds(0.1)}), alone) == Approx(1 + 0.01));
  // Eight thousand requests of all ranks: what is opened while others are served takes no time of its own, but for the first of all.
  CHECK(seconds(storage(kind, {{}, 4000, {}, Seconds(0.1)})) == Approx(0.1 + 2));
  CHECK(seconds(storage(kind, {{}, 10'000, {}, Seconds(0.1)})) == Approx(0.1 + 0.9 + 0.1));
  DiskAccess ahead = access();
  ahead.ahead = true;
  CHECK(seconds(storage(kind, {{}, 4000, {}, Seconds(0.1)}), ahead) == Approx(2));
  CHECK(seconds(storage(kind, {{}, 10'000, {}, Seconds(0.1)}), ahead) == Approx(1 + 0.1));
}

TEST_CASE("writing takes the figures of writing, and of the storage of checkpoints", "[unit]") {
  Platform both = platform(storage(Storage::Kind::local_disk, {BytesPerSecond(1e9), 0, {}, {}}));
  both.checkpoints->write.bandwidth = BytesPerSecond(1e8);
  DiskAccess write = access();
  write.direction = DiskAccess::Direction::write;
  CHECK(disk_cost(write, both).drain.value() == Approx(2));
  CHECK(disk_cost(access(), both).drain.value() == Approx(0.2));
}

TEST_CASE("a platform without storage says which setting would give it one", "[unit]") {
  Platform none = platform({});
  none.data.reset(), none.checkpoints.reset();
  CHECK_THROWS_WITH(disk_cost(access(), none), Catch::Contains("platform.data-storage"));
  DiskAccess write = access();
  write.direction = DiskAccess::Direction::write;
  CHECK_THROWS_AS(disk_cost(write, none), MissingCapability);
}
