#include <fcntl.h>
#include <sys/file.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "core/error.hpp"
#include "io/descriptor.hpp"
#include "kernels/microbenchmarks/disk.hpp"
#include "tests/support/folder.hpp"

namespace forerun {

namespace {

DiskSample sample(DiskSample::What what, double bytes, double seconds) {
  return {what, Bytes(bytes), {Seconds(seconds), Seconds(seconds), Seconds(seconds)}};
}

DiskMeasurement measured(double read_large, double read_small, double write_large, double write_small) {
  DiskMeasurement made;
  made.samples = {sample(DiskSample::What::read_large, 1e8, read_large), sample(DiskSample::What::read_small, 1e5, read_small),
                  sample(DiskSample::What::write_large, 1e8, write_large), sample(DiskSample::What::write_small, 4000, write_small)};
  return made;
}

}  // namespace

TEST_CASE("a disk's bandwidth and latency are those of the line through a small and a large file") {
  // 100 MB/s and 5 ms, 50 MB/s and 10 ms.
  const Storage storage = disk_storage(measured(1.005, 0.006, 2.01, 0.01008));
  CHECK(storage.kind == Storage::Kind::local_disk);
  CHECK(storage.read.bandwidth.value() == Approx(1e8));
  CHECK(storage.read.latency.value() == Approx(0.005));
  CHECK(storage.write.bandwidth.value() == Approx(5e7));
  CHECK(storage.write.latency.value() == Approx(0.01));
  CHECK(disk_storage(measured(1, 0.0005, 1, 1e-5)).read.latency == Seconds(0));  // small files are read ahead
  CHECK(disk_storage(measured(1, 2, 1, 0.1)).read.bandwidth.value() == Approx(1e8));
}

TEST_CASE("a disk is measured in a folder that is as it was before, and only what is not measured yet") {
  const Folder folder, journal;
  DiskOptions options{.folder = folder.path(), .sizes = {1 << 20, 2, 8}, .journal = journal / "journal", .host = "here"};
  double last = 0;
  const DiskMeasurement first = measure_disk(options, [&](const Progress& progress) {
    CHECK(progress.done >= last);
    CHECK(progress.total == 4);
    last = progress.done;
  });
  CHECK(last == 4);
  CHECK(folder.entries() == 0);
  REQUIRE(first.samples.size() == 4);
  for (const DiskSample& each : first.samples) {
    CHECK(each.time.median > Seconds(0));
    CHECK(each.time.p10 <= each.time.p90);
  }
  CHECK(first.samples[0].bytes == Bytes(1 << 20));
  const DiskMeasurement again = measure_disk(options, [](const Progress&) { FAIL("everything was measured"); });
  for (std::size_t i = 0; i < 4; ++i) CHECK(again.samples[i].time.median == first.samples[i].time.median);
  options.host = "there";
  bool anew = false;
  measure_disk(options, [&](const Progress&) { anew = true; });
  CHECK(anew);
}

TEST_CASE("what a measurement of a disk that was killed left is taken away, and nothing of one that runs") {
  const Folder folder, journal;
  for (const char* name : {"forerun-disk-killed", "forerun-disk-runs", "mine"}) {
    std::filesystem::create_directory(folder / name);
    put(folder / (std::string(name) + "/0"), "bytes");
  }
  const Descriptor other(::open((folder / "forerun-disk-runs").c_str(), O_RDONLY | O_DIRECTORY));
  REQUIRE(::flock(other.number(), LOCK_EX) == 0);
  measure_disk({.folder = folder.path(), .sizes = {1 << 20, 2, 8}, .journal = journal / "journal", .host = "here"}, {});
  CHECK_FALSE(std::filesystem::exists(folder / "forerun-disk-killed"));
  CHECK(get(folder / "forerun-disk-runs/0") == "bytes");
  CHECK(folder.entries() == 2);
}

TEST_CASE("a disk without room, or without a folder to write to, is refused") {
  const Folder folder;
  DiskOptions options{.folder = folder.path(), .sizes = {std::size_t{1} << 60U, 2, 8}, .journal = folder / "journal", .host = "here"};
  CHECK_THROWS_WITH(measure_disk(options, {}), Catch::Contains("has not enough room"));
  options.folder = folder / "missing";
  CHECK_THROWS_AS(measure_disk(options, {}), BadInput);
}

}  // namespace forerun
