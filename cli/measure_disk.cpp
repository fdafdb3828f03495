#include "cli/measure_disk.hpp"

#include "cli/progress.hpp"
#include "cli/ranks.hpp"
#include "core/error.hpp"
#include "core/this_machine.hpp"
#include "io/atomic_file.hpp"
#include "io/format.hpp"
#include "kernels/microbenchmarks/disk.hpp"
#include "platforms/load.hpp"

namespace forerun {
namespace fs = std::filesystem;
namespace {

constexpr const char* kFromMemory =
    "the system kept files in memory although it was asked to forget them: what was read says nothing of a disk";

Json access_json(const Storage::Access& access) {
  return {{"bandwidth_bytes_per_s", access.bandwidth.value()}, {"latency_s", access.latency.value()}};
}

Page disk_page(const DiskMeasurement& measured, const Storage& storage, const std::string& file) {
  Page page;
  page.document = {{"schema_version", 1}, {"samples", Json::array()}};
  Table table;
  table.header = {"what", "size", "median", "p10", "p90", "size / time"};
  for (const DiskSample& sample : measured.samples) {
    table.rows.push_back({std::string(to_string(sample.what)), human(sample.bytes), human(sample.time.median), human(sample.time.p10),
                          human(sample.time.p90), human(sample.bytes / sample.time.median)});
    page.document["samples"].push_back({{"what", to_string(sample.what)},
                                        {"bytes", sample.bytes.value()},
                                        {"median_s", sample.time.median.value()},
                                        {"p10_s", sample.time.p10.value()},
                                        {"p90_s", sample.time.p90.value()}});
  }
  page.document["from_disk"] = measured.from_disk;
  page.document["read"] = access_json(storage.read), page.document["write"] = access_json(storage.write);
  page.rows = rows_of(page.document["samples"], {"what", "bytes", "median_s", "p10_s", "p90_s"});
  const auto line = [](const char* way, const Storage::Access& access) {
    return forerun::format("{}  {} after {}\n", way, human(access.bandwidth), human(access.latency));
  };
  page.text = text_table(table) + "\n" + line("reads ", storage.read) + line("writes", storage.write);
  page.text += forerun::format("\nforerun predict --platform {} goes by these figures\n", file);
  return page;
}

/// The platform's file, with what its storage rests on above it.
std::string platform_text(const Platform& platform, const DiskMeasurement& measured, const fs::path& folder,
                          const Environment& environment) {
  std::string text = forerun::format("# {} with the storage of {}, measured by forerun calibrate --disk on {} at {}\n", kThisMachine,
                                     folder.string(), environment.host, iso_date(environment.now));
  for (const DiskSample& sample : measured.samples)
    text += forerun::format("# {}, {:.0f} bytes: median {} s, p10 {}, p90 {}\n", to_string(sample.what), sample.bytes.value(),
                            exact(sample.time.median.value()), exact(sample.time.p10.value()), exact(sample.time.p90.value()));
  if (!measured.from_disk) text += forerun::format("# {}\n", kFromMemory);
  return text + platform_yaml(platform);
}

fs::path target_of(const std::string& file, const Environment& environment) {
  if (!file.empty()) return file;
  const fs::path& data = environment.data_folder;
  if (data.empty())
    throw BadInput(Problem{.file = "--output", .what = "is needed: neither XDG_DATA_HOME nor HOME says where this machine's data lie"});
  std::error_code error;
  fs::create_directories(data, error);
  if (error) throw BadInput(Problem{.key = data.string(), .what = "cannot be made: " + error.message()});
  return data / (std::string(kThisMachine) + "-disk.yaml");
}

}  // namespace

ExitCode measure_disk_of(const fs::path& folder, CalibrateMode mode, const std::string& file, const OutputOptions& output,
                         const Environment& environment) {
  check_output(output);
  if (!fs::is_directory(folder)) throw BadInput(Problem{.file = "--disk", .what = "is no folder", .got = folder.string()});
  const fs::path target = target_of(file, environment);
  check_writable(target);
  DiskOptions options{.folder = folder, .sizes = disk_sizes(mode), .journal = target.string() + ".part", .host = environment.host};
  DiskMeasurement measured;
  {
    ProgressLine progress(WhenPiped::now_and_then);
    measured = measure_disk(options, progress.callback());
  }
  Platform platform = this_machine(environment);
  platform.calibration = kThisMachine;
  platform.data = platform.checkpoints = disk_storage(measured);
  write_file(target, platform_text(platform, measured, fs::canonical(folder), environment));
  std::error_code none;
  fs::remove(options.journal, none);
  if (!measured.from_disk) say(std::string("warning: ") + kFromMemory);
  say("written: " + target.string());
  deliver(disk_page(measured, *platform.data, file.empty() ? std::string(kThisMachine) + "-disk" : file), output);
  return ExitCode::success;
}

}  // namespace forerun
