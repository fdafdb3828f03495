#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "cli/calibrate_from.hpp"
#include "cli/calibrate_gpu.hpp"
#include "cli/calibration_page.hpp"
#include "cli/calibration_target.hpp"
#include "cli/choice.hpp"
#include "cli/measure_disk.hpp"
#include "cli/measure_links.hpp"
#include "cli/progress.hpp"
#include "cli/ranks.hpp"
#include "cli/verbs.hpp"
#include "cli/watch.hpp"
#include "core/this_machine.hpp"
#include "costs/calibration_file.hpp"
#include "costs/kernel_fit.hpp"
#include "io/atomic_file.hpp"
#include "io/format.hpp"
#include "kernels/make_device.hpp"
#include "kernels/microbenchmarks/measure.hpp"
#include "kernels/ranks/network_measurement.hpp"
#include "platforms/load.hpp"

namespace forerun {
namespace fs = std::filesystem;
namespace {

constexpr std::int64_t kLargestBuffer = std::int64_t{64} << 20;

enum class NetworkWish { where_possible, required, left_out };

struct CalibrateCommand {
  CalibrateMode mode = CalibrateMode::quick;
  DeviceKind device = DeviceKind::cpu;
  NetworkWish network = NetworkWish::where_possible;
  std::optional<std::string> watch;  ///< for how long to watch the machine of a calibration that there is, instead of measuring one
  std::string disk;                  ///< a folder on the storage that alone is measured
  LinkOptions links;                 ///< to measure only what goes between ranks
  FromRuns from;                     ///< measured runs to fit to, instead of measuring
  std::string file;
  OutputOptions output;  ///< of the summary; the calibration itself has its own file
};

/// Ranks to measure the network with; 0 for none. All but messages are measured over every number up to it, so it stays small.
int network_ranks(const CalibrateCommand& options, const Environment& environment, std::string& why_not) {
  if (options.network == NetworkWish::left_out) return 0;
  const int most = options.mode == CalibrateMode::quick ? 4 : 16;
  why_not = missing_for_ranks(ranks_paths(environment));
  if (why_not.empty() && environment.cores < 2) why_not = "one core has no network to measure";
  if (why_not.empty()) return std::min(most, environment.cores);
  if (options.network == NetworkWish::required) throw MissingCapability(why_not);
  return 0;
}

fs::path network_journal(const CalibrationTarget& target) { return target.calibration.string() + ".network.part"; }

/// Why there are no collectives after all, or nothing. A network that was asked for must be measured; one that was merely possible must
/// not cost the kernels that are measured already.
std::string measure_collectives(Calibration& calibration, int ranks, const CalibrateCommand& options, const CalibrationTarget& target,
                                const Environment& environment) {
  ProgressLine progress(WhenPiped::now_and_then);
  const bool quick = options.mode == CalibrateMode::quick;
  const NetworkMeasurement wanted{.entries = network_entries(communication_benchmarks(), ranks, kLargestBuffer),
                                  .time_a_size = Seconds(quick ? 0.15 : 0.3),
                                  .ranks = ranks,
                                  .journal = network_journal(target),
                                  .host = environment.host};
  try {
    calibration.collectives = measure_network_on(wanted, ranks_paths(environment), progress.callback());
  } catch (const MissingCapability& missing) {
    if (options.network == NetworkWish::required) throw;
    return missing.what();
  } catch (const RanksFailed& failed) {
    if (options.network == NetworkWish::required) throw;
    return failed.what();
  }
  return {};
}

ExitCode calibrate(const CalibrateCommand& options, const Environment& environment) {
  if (!options.from.runs.empty()) return calibrate_from(options.from, options.file, options.output, environment);
  if (!options.links.runs.empty()) return measure_links(options.links, options.output, environment);
  if (!options.disk.empty()) return measure_disk_of(options.disk, options.mode, options.file, options.output, environment);
  if (options.watch) return watch(*options.watch, options.file, options.output, environment);
  if (options.device == DeviceKind::cuda) {
    if (options.network != NetworkWish::where_possible)
      throw BadInput(Problem{.file = "--device cuda", .what = "measures a GPU and no network: leave --network and --no-network out"});
    return calibrate_gpu(options.mode, options.file, options.output, environment);
  }
  check_output(options.output);
  const CalibrationTarget target = calibration_target(options.file, kThisMachine, environment);
  std::string why_no_network;
  const int ranks = network_ranks(options, environment, why_no_network);

  CalibrateOptions how;
  how.mode = options.mode;
  how.name = target.name;
  how.date = iso_date(environment.now);
  how.journal = target.journal();
  Calibration calibration;
  {
    ProgressLine progress(WhenPiped::now_and_then);
    calibration = measure(how, progress.callback());
  }
  if (ranks > 0) why_no_network = measure_collectives(calibration, ranks, options, target, environment);
  if (!why_no_network.empty()) say("the network is left out: " + why_no_network);
  fit(calibration);
  write_file(target.calibration, calibration_json(calibration));
  if (!target.platform.empty()) write_file(target.platform, platform_yaml(this_machine(environment)));
  std::error_code none;
  for (const fs::path& journal : {how.journal, network_journal(target)}) fs::remove(journal, none);
  say("written: " + target.calibration.string() + (target.platform.empty() ? "" : " and " + target.platform.string()));
  deliver(calibration_page(calibration), options.output);
  return ExitCode::success;
}

}  // namespace

void add_calibrate(CLI::App& command, const Environment& environment, Action& chosen) {
  CLI::App* verb = command.add_subcommand(
      "calibrate", "measures the training kernels of this machine and its network between ranks, or fits a device to measured runs");
  const auto options = std::make_shared<CalibrateCommand>();
  auto* quick = verb->add_flag_callback(
      "--quick", [options] { options->mode = CalibrateMode::quick; }, "some six minutes (the default)");
  auto* full = verb->add_flag_callback(
      "--full", [options] { options->mode = CalibrateMode::full; }, "more shapes, longer each");
  quick->excludes(full);
  add_choice<DeviceKind>(*verb, "--device", options->device,
                         "what to measure: the kernels of one core, or those of the first GPU (about two minutes; --full: 15)",
                         {{"cpu", DeviceKind::cpu}, {"cuda", DeviceKind::cuda}});
  auto* network = verb->add_flag_callback(
      "--network", [options] { options->network = NetworkWish::required; },
      "measure messages and collectives between ranks; without this option done where possible");
  auto* without = verb->add_flag_callback(
      "--no-network", [options] { options->network = NetworkWish::left_out; }, "leave the network out");
  network->excludes(without);
  verb->add_option("-o,--output", options->file, "write the calibration here; without it where this-machine finds it");
  auto* watched = verb->add_option("--watch", options->watch,
                                   "only watch all cores for slow spells, such as 5s, and pool them into the calibration that there is");
  auto* links = verb->add_option("--links", options->links.runs,
                                 "only measure messages and all-reduces between ranks, where mpirun places them, and append them to this "
                                 "CSV file as measured runs, which --from takes");
  verb->add_option("--ranks", options->links.ranks, "how many ranks have links to measure")->capture_default_str()->needs(links);
  verb->add_option("-p,--platform", options->links.platform, "what they stand on, as the runs name it; without it this-machine")
      ->needs(links);
  auto* disk = verb->add_option("--disk", options->disk,
                                "only measure the storage that this folder lies on, and write this machine with it as a platform "
                                "(-o, else where this-machine-disk is found)");
  add_from_options(*verb, options->from);
  CLI::Option* from = verb->get_option("--from");
  CLI::Option* device = verb->get_option("--device");
  for (CLI::Option* other : {quick, full, network, without, watched, links, disk, device}) from->excludes(other);
  for (CLI::Option* other : {quick, full, network, without, links, device}) watched->excludes(other);
  for (CLI::Option* other : {quick, full, network, without, device, verb->get_option("--output")}) links->excludes(other);
  for (CLI::Option* other : {network, without, watched, links, device}) disk->excludes(other);
  add_format_option(*verb, options->output);
  verb->footer(
      "Example:\n  forerun calibrate --quick\n"
      "  forerun calibrate --device cuda --quick\n"
      "  forerun calibrate --from validation/data/llmfoundry_throughput.csv --fit group=h100-80gb-bf16 --rows 12 -o h100-2024.json");
  verb->callback([options, &environment, &chosen] { chosen = [options, &environment] { return calibrate(*options, environment); }; });
}

}  // namespace forerun
