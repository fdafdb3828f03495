#include "tests/support/storage.hpp"

#include <catch2/catch.hpp>

#include "costs/disk_time.hpp"
#include "costs/transfer_time.hpp"
#include "oracle/evaluate.hpp"
#include "tests/sim/support.hpp"

using namespace forerun;
using namespace forerun::test;

namespace {

constexpr double kBytes = 1e9;  ///< that a rank reads or writes; a node's link carries as much a second

Storage::Access at(double bytes_per_s, double requests_per_s = 0) { return {BytesPerSecond(bytes_per_s), requests_per_s, {}, {}}; }

Platform stored(Storage storage, int count, int devices_per_node = 1) {
  Platform platform = nodes(count, devices_per_node);
  platform.data = platform.checkpoints = std::move(storage);
  return platform;
}

DiskAccess access(const Platform& platform, DiskAccess::Direction direction = DiskAccess::Direction::read, double requests = 0) {
  DiskAccess access;
  access.direction = direction;
  access.rank = {Bytes(kBytes), requests};
  access.node = platform.devices_per_node * access.rank;
  access.all = platform.devices() * access.rank;
  return access;
}

/// All ranks at once.
double played_s(const Platform& platform, const DiskAccess& access, sim::Contention contention = sim::Contention::on) {
  PlanBuilder plan(platform.devices());
  plan.disk(access, disk_cost(access, platform), {}, plan.lane(LaneKind::storage));
  const double played = play(plan, 1, platform, {}, contention).makespan.value();
  REQUIRE(played == Approx(oracle::evaluate(plan.plan(1), plan.costs()).total.value()).epsilon(1e-6));
  return played;
}

}  // namespace

TEST_CASE("two nodes that read from one server take twice as long as one, and disks of their own no longer") {
  const Storage server = storage(Storage::Kind::file_system, at(5e8));
  const Storage disk = storage(Storage::Kind::local_disk, at(5e8));
  for (const int count : {1, 2, 8}) {
    const Platform shared = stored(server, count), apart = stored(disk, count);
    REQUIRE(played_s(shared, access(shared)) == Approx(2.0 * count).epsilon(1e-6));
    REQUIRE(played_s(apart, access(apart)) == Approx(2).epsilon(1e-6));
    REQUIRE(played_s(shared, access(shared), sim::Contention::off) == Approx(2.0 * count).epsilon(1e-9));
  }
}

TEST_CASE("ranks of a node share its disk, and its link to a server that is faster") {
  for (const auto kind : {Storage::Kind::local_disk, Storage::Kind::network_disk}) {
    const Platform apart = stored(storage(kind, at(5e8)), 2, 4);
    REQUIRE(played_s(apart, access(apart)) == Approx(8).epsilon(1e-6));
  }
  const Platform far = stored(storage(Storage::Kind::file_system, at(1e12)), 2, 4);
  REQUIRE(played_s(far, access(far)) == Approx(4).epsilon(1e-6));
}

TEST_CASE("small files wait for the requests of a disk, large ones for its bytes") {
  const Platform platform = stored(storage(Storage::Kind::local_disk, at(1e9, 1000)), 1);
  REQUIRE(played_s(platform, access(platform, DiskAccess::Direction::read, 10'000)) == Approx(10).epsilon(1e-6));
  REQUIRE(played_s(platform, access(platform, DiskAccess::Direction::read, 100)) == Approx(1).epsilon(1e-6));
}

TEST_CASE("an object store gives each connection its share and waits for first bytes") {
  Storage store = storage(Storage::Kind::object_store, {{}, 0, BytesPerSecond(1e8), Seconds(0.1)});
  const Platform platform = stored(store, 2);
  DiskAccess read = access(platform);
  read.opens = 5, read.connections = 4;
  REQUIRE(played_s(platform, read) == Approx(0.5 + 2.5).epsilon(1e-6));
  read.connections = 40;
  REQUIRE(played_s(platform, read) == Approx(0.1 + 1).epsilon(1e-6));
  read.ahead = true;
  REQUIRE(played_s(platform, read) == Approx(1).epsilon(1e-6));
  read.opens = 20;
  REQUIRE(played_s(platform, read) == Approx(2 + 0.25).epsilon(1e-6));
}

TEST_CASE("reads and writes of one budget take turns, and others do not disturb one another") {
  const auto both_s = [](bool one_budget) {
    Storage disk = storage(Storage::Kind::network_disk, at(1e9));
    disk.write.bandwidth = BytesPerSecond(5e8);
    disk.one_budget = one_budget;
    const Platform platform = stored(disk, 1);
    PlanBuilder plan(1);
    for (const auto direction : {DiskAccess::Direction::read, DiskAccess::Direction::write}) {
      const DiskAccess each = access(platform, direction);
      plan.disk(each, disk_cost(each, platform), {}, plan.lane(LaneKind::storage));
    }
    const sim::Played played = play(plan, 1, platform);
    return std::pair{finish(played, 0, 0), finish(played, 0, 1)};
  };
  const auto [read_s, write_s] = both_s(false);
  REQUIRE(read_s == Approx(1).epsilon(1e-6));
  REQUIRE(write_s == Approx(2).epsilon(1e-6));
  // Half of the disk each until the read ends; by then the write has had a second of the two that it takes alone.
  const auto [shared_read_s, shared_write_s] = both_s(true);
  REQUIRE(shared_read_s == Approx(2).epsilon(1e-6));
  REQUIRE(shared_write_s == Approx(3).epsilon(1e-6));
}

TEST_CASE("a reader and a writer of one budget have connections of their own") {
  Storage disk = storage(Storage::Kind::network_disk, {BytesPerSecond(1e9), 0, BytesPerSecond(1e8), {}});
  disk.write.bandwidth = BytesPerSecond(5e8);
  disk.one_budget = true;
  const Platform platform = stored(disk, 1);
  PlanBuilder plan(1);
  for (const auto direction : {DiskAccess::Direction::read, DiskAccess::Direction::write}) {
    const DiskAccess each = access(platform, direction);
    plan.disk(each, disk_cost(each, platform), {}, plan.lane(LaneKind::storage));
  }
  const sim::Played played = play(plan, 1, platform);
  for (const int each : {0, 1}) REQUIRE(finish(played, 0, each) == Approx(10).epsilon(1e-6));
}

TEST_CASE("a write's request takes as much of one budget as reads could have had in its place") {
  Storage disk = storage(Storage::Kind::network_disk, at(1e12, 1000));
  disk.write.requests_per_s = 2000;
  disk.one_budget = true;
  const Platform platform = stored(disk, 1);
  PlanBuilder plan(1);
  for (const auto direction : {DiskAccess::Direction::read, DiskAccess::Direction::write}) {
    const DiskAccess each = access(platform, direction, 10'000);
    plan.disk(each, disk_cost(each, platform), {}, plan.lane(LaneKind::storage));
  }
  const sim::Played played = play(plan, 1, platform);
  // Half of the disk each until the write has had its 5 s, and then the other half of the read's 10 s.
  REQUIRE(finish(played, 0, 1) == Approx(10).epsilon(1e-6));
  REQUIRE(finish(played, 0, 0) == Approx(15).epsilon(1e-6));
}

TEST_CASE("a storage that limits nothing takes its latency alone") {
  const Platform platform = stored(storage(Storage::Kind::local_disk, {{}, 0, {}, Seconds(0.1)}), 2);
  DiskAccess read = access(platform);
  read.opens = 5;
  REQUIRE(played_s(platform, read) == Approx(0.5).epsilon(1e-9));
}

TEST_CASE("an access ends when it does, whatever its rank computes meanwhile") {
  constexpr double kFast = 1e12;
  const auto own = Storage::Kind::local_disk, far = Storage::Kind::file_system;
  for (const Storage& each :
       {storage(own, at(1e8)), storage(own, at(kFast, 100)), storage(own, {BytesPerSecond(kFast), 0, BytesPerSecond(1e8), {}}),
        storage(own, {BytesPerSecond(kFast), 0, {}, Seconds(10)}), storage(far, at(kFast))}) {
    const Platform platform = stored(each, 2);
    DiskAccess read = access(platform, DiskAccess::Direction::read, 1000);
    read.opens = 1;
    PlanBuilder plan(2);
    const int disk = plan.disk(read, disk_cost(read, platform), {}, plan.lane(LaneKind::storage));
    const int after = plan.compute(1, {{disk, 0}}, plan.lane(LaneKind::compute));
    for (int i = 0; i < 60; ++i) plan.compute(0.7);
    const sim::Played played = play(plan, 1, platform);
    const double alone_s = disk_cost(read, platform).duration().value();
    for (const int rank : {0, 1}) {
      REQUIRE(finish(played, rank, disk) == Approx(alone_s).epsilon(1e-6));
      REQUIRE(finish(played, rank, after) == Approx(alone_s + 1).epsilon(1e-6));
      REQUIRE(finish(played, rank, after + 60) == Approx(42).epsilon(1e-9));
    }
  }
}

TEST_CASE("a rank that has nothing to write of what others do is through at once") {
  const Platform platform = stored(storage(Storage::Kind::local_disk, {BytesPerSecond(1e9), 100, BytesPerSecond(1e8), {}}), 2);
  PlanBuilder plan(2);
  plan.classes({{"writes", 0, 1, 1}, {"has none", 1, 1, 1}});
  const int disk = plan.lane(LaneKind::storage);
  for (const int rank : {0, 1}) {
    DiskAccess write = access(platform, DiskAccess::Direction::write, 10);
    write.node = write.all = write.rank;
    if (rank == 1) write.rank = {};
    plan.disk(write, disk_cost(write, platform), {}, disk, rank);
  }
  const sim::Played played = play(plan, 1, platform);
  REQUIRE(finish(played, 0, 0) == Approx(10).epsilon(1e-6));
  REQUIRE(finish(played, 1, 1) == 0);
}

TEST_CASE("a checkpoint and an all-reduce share the links of the nodes that write it") {
  // Both alone take a second: an all-reduce whose edges carry 1 GB between two nodes, and 1 GB written by the first of them.
  const Platform platform = stored(storage(Storage::Kind::file_system, at(1e12)), 2);
  DiskAccess write = access(platform, DiskAccess::Direction::write);
  write.node = write.all = write.rank;
  const auto finishes_s = [&](bool writes) {
    PlanBuilder plan(2);
    const int data = plan.lane(LaneKind::communication), disk = plan.lane(LaneKind::storage);
    write.communicator = plan.communicator(everyone(2));
    plan.transfer(0, {}, data);
    plan.costs()[0] = flows(0, 1);
    if (writes) plan.disk(write, disk_cost(write, platform), {}, disk);
    const sim::Played played = play(plan, 1, platform);
    if (writes) REQUIRE(finish(played, 1, 1) == 0);
    return std::pair{finish(played, 0, 0), writes ? finish(played, 0, 1) : 0.0};
  };
  REQUIRE(finishes_s(false).first == Approx(1).epsilon(1e-6));
  const auto [reduced_s, written_s] = finishes_s(true);
  // The first node's link up carries both, half each.
  REQUIRE(reduced_s == Approx(2).epsilon(1e-6));
  REQUIRE(written_s == Approx(2).epsilon(1e-6));
}

TEST_CASE("reading comes down a node's link, so that what the node sends is not slower for it") {
  const Platform platform = stored(storage(Storage::Kind::file_system, at(1e12)), 2);
  const DiskAccess read = access(platform);
  PlanBuilder plan(2);
  const int sends = plan.lane(LaneKind::communication), disk = plan.lane(LaneKind::storage);
  Communicator onward = pair(0, 1, 0);
  plan.communicator(onward);
  plan.transfer(0, {}, sends);
  plan.edit().operations[0].work = Collective{Collective::Operation::send, CollectiveAlgorithm::ring, 0, Bytes(kBytes)};
  plan.costs()[0] = transfer_cost(std::get<Collective>(plan.edit().operations[0].work), onward, platform, Calibration{});
  plan.disk(read, disk_cost(read, platform), {}, disk);
  const sim::Played played = play(plan, 1, platform);
  // The sender reads in its second; the receiver's link down carries both.
  REQUIRE(finish(played, 0, 1) == Approx(1).epsilon(1e-6));
  REQUIRE(finish(played, 1, 1) == Approx(2).epsilon(1e-6));
  REQUIRE(finish(played, 0, 0) == Approx(2).epsilon(1e-6));
}

TEST_CASE("ranks that stand for others load the server for all of them") {
  Storage server = storage(Storage::Kind::file_system, at(3e8, 5000));
  const Platform platform = stored(server, 8, 2);
  const auto makespan_s = [&](double requests, sim::Fold fold, int& copies) {
    const DiskAccess read = access(platform, DiskAccess::Direction::read, requests);
    PlanBuilder plan(16);
    const int data = plan.lane(LaneKind::communication), disk = plan.lane(LaneKind::storage);
    plan.communicator(everyone(16));
    const int loaded = plan.disk(read, disk_cost(read, platform), {}, disk);
    plan.compute(0.3, {{loaded, 0}});
    plan.transfer(0, {{1, 0}}, data);
    plan.costs()[2] = flows(0.001, 0.5);
    sim::PlayOptions options;
    options.steps = 3;
    options.fold = fold;
    const sim::Played played = sim::play(plan.plan(3), plan.costs(), platform, options);
    copies = played.copies;
    return played.makespan.value();
  };
  for (const double requests : {0.0, 20'000.0}) {
    int folded = 1, whole = 1;
    const double folded_s = makespan_s(requests, sim::Fold::where_proven, folded);
    REQUIRE(folded_s == Approx(makespan_s(requests, sim::Fold::never, whole)).epsilon(1e-6));
    REQUIRE(folded > 1);
    REQUIRE(whole == 1);
  }
}
