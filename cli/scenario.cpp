#include "cli/scenario.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <limits>
#include <optional>
#include <span>

#include "cli/calibration_settings.hpp"
#include "cli/input_text.hpp"
#include "cli/plan_workload.hpp"
#include "cli/price_text.hpp"
#include "cli/ranks.hpp"
#include "cli/run_text.hpp"
#include "core/limits.hpp"
#include "core/this_machine.hpp"
#include "costs/calibration_file.hpp"
#include "costs/scaled_calibration.hpp"
#include "io/format.hpp"
#include "io/quantity.hpp"
#include "io/suggest.hpp"
#include "platforms/catalogue.hpp"
#include "platforms/description.hpp"
#include "platforms/load.hpp"
#include "platforms/storage.hpp"
#include "platforms/topology.hpp"
#include "sim/route_reader.hpp"
#include "strategies/strategy_text.hpp"
#include "workloads/description.hpp"
#include "workloads/load.hpp"

namespace forerun {
namespace {

constexpr std::array<std::string_view, 5> kPrefixes{"workload", "platform", "run", "input", "calibration"};
constexpr int kOldDays = 90;

void put(std::vector<Text>& settings, Text setting) {
  std::erase_if(settings, [&](const Text& earlier) { return earlier.key == setting.key; });
  settings.push_back(std::move(setting));
}

/// What may have been meant by a setting that has none of the prefixes: the same key with its own (`workload.batch` for `batch`), or a
/// prefix like the one that it has. Empty where nothing is near.
std::string whole_key(const std::string& key) {
  const auto has = [&](std::span<const std::string_view> keys, const std::string& name) {
    return std::ranges::find(keys, name) != keys.end();
  };
  if (has(workload_settings(), key)) return "workload." + key;
  if (has(platform_keys(), key)) return "platform." + key;
  if (has(run_keys(), "run." + key)) return "run." + key;
  if (has(input_keys(), "input." + key)) return "input." + key;
  return suggest(key.substr(0, key.find('.')), kPrefixes);
}

/// The text, or what stands in for it; `whose` says to a reader of a message where that came from.
Text or_default(const Text& text, std::string_view otherwise, const std::string& whose) {
  if (!text.value.empty()) return text;
  return Text{std::string(otherwise), whose, 0, 0, ""};
}

/// Whether a kernel is priced; not by a plan that could not be read.
bool needs_calibration(const Scenario& scenario, const Text& workload) {
  if (!scenario.plan) return !brings_a_plan(workload.value);
  return std::ranges::any_of(scenario.plan->operations,
                             [](const Operation& operation) { return std::holds_alternative<Kernel>(operation.work); });
}

bool is_gpu(std::string_view device) {
  return device.find("gpu") != std::string_view::npos || device.find("cuda") != std::string_view::npos;
}

bool is_of_gpu(const Calibration& calibration) { return calibration.gpu || calibration.measured_gpu || is_gpu(calibration.device); }

/// Refuses kernel times of a CPU's core for GPUs, and the other way round.
void check_devices(const Scenario& scenario, const Text& name, Problems& problems) {
  const Platform& platform = scenario.platform;
  const Calibration& calibration = *scenario.calibration;
  const bool gpus = platform.compute_capability > 0 || is_gpu(platform.device);
  if (gpus == is_of_gpu(calibration)) return;
  problems.add(problem(name, forerun::format("describes the device {}, and those of platform {} are {}", calibration.device, platform.name,
                                             platform.device)));
}

/// A device that nobody measured here has to have a calibration of its own.
bool knows_device(const Platform& platform, const std::vector<Text>& settings, const Text& name, Problems& problems) {
  if (platform.device == "cpu" || platform.name == kThisMachine) return true;
  Text device = name;
  for (const Text& setting : settings)
    if (setting.key == "device") device = setting;
  device.key = "platform.device", device.value = platform.device;
  const std::vector<std::string_view> names = known_devices();
  problems.add(problem(device, "is no device whose kernels are known: give a calibration of it (--calibration)", listed(names),
                       suggest(device.value, names)));
  return false;
}

/// Whether a GPU goes by such a name of its maker's: `h100` and `a100-80gb` do by `NVIDIA H100 80GB HBM3` and `NVIDIA A100-SXM4-80GB`.
bool is_named(std::string_view device, std::string name) {
  std::ranges::transform(name, name.begin(), [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  for (std::size_t begin = 0, end = 0; begin < device.size(); begin = end + 1) {
    end = std::min(device.find('-', begin), device.size());
    if (name.find(device.substr(begin, end - begin)) == std::string::npos) return false;
  }
  return true;
}

/// Whether the figures are those of another GPU than the platform's. Its own calibration may stand for several forms of a device.
bool describes_another_device(const Calibration& calibration, const Platform& platform) {
  if (calibration.measured_gpu) return calibration.device != platform.device && !is_named(platform.device, calibration.device);
  return calibration.gpu && !platform.calibration.empty() && calibration.device != platform.device &&
         calibration.device != platform.calibration;
}

/// Whether the calibration was fitted to measured runs of this platform, and its links with it.
bool describes_links(const Calibration& calibration, const Platform& platform) {
  return calibration.fit && !calibration.fit->settings.empty() && calibration.fit->platform == platform.name;
}

/// Of a document that is read again, what it set of its own topology or storage goes with it where the command line names another.
void put_platform(std::vector<Text>& settings, Text setting) {
  if (setting.key == "topology")
    std::erase_if(settings,
                  [&](const Text& earlier) { return earlier.file != setting.file && is_of_another_topology(earlier.key, setting.value); });
  std::erase_if(settings, [&](const Text& earlier) { return earlier.file != setting.file && is_figure_of(earlier.key, setting.key); });
  put(settings, std::move(setting));
}

/// The links that the calibration describes, and the settings, which stand above them.
std::vector<Text> links_and(const std::vector<Text>& settings, const Calibration& calibration, const Text& name) {
  std::vector<Text> all;
  for (const std::string& setting : calibration.fit->settings) {
    const std::size_t equals = setting.find('=');
    Text text = name;
    text.key = setting.substr(0, equals);
    text.value = equals == std::string::npos ? "" : setting.substr(equals + 1);
    put(all, std::move(text));
  }
  for (const Text& setting : settings) put(all, setting);
  return all;
}

/// What stands in the place of a calibration where nothing is priced by one.
std::shared_ptr<const Calibration> no_calibration() {
  auto none = std::make_shared<Calibration>();
  none->name = "none";
  none->origin = Origin::published;
  return none;
}

}  // namespace

Settings divide_settings(const std::vector<Text>& settings, Problems& problems) {
  Settings divided;
  for (const Text& setting : settings) {
    const std::size_t equals = setting.value.find('=');
    if (equals == std::string::npos || equals + 1 == setting.value.size()) {
      problems.add(problem(setting, equals == std::string::npos ? "is no setting" : "has no value", "key=value"));
      continue;
    }
    const std::string key = setting.value.substr(0, equals);
    const std::size_t dot = key.find('.');
    const std::string prefix = key.substr(0, dot);
    Text value = setting;
    value.value = setting.value.substr(equals + 1);
    value.key = dot == std::string::npos ? "" : key.substr(dot + 1);
    if (prefix == "workload" && !value.key.empty())
      put(divided.workload, value);
    else if (prefix == "platform" && !value.key.empty())
      put_platform(divided.platform, value);
    else if (prefix == "run" && !value.key.empty())
      put(divided.run, value);
    else if (prefix == "input" && !value.key.empty())
      put(divided.input, value);
    else if (prefix == "calibration" && !value.key.empty())
      put(divided.calibration, value);
    else
      problems.add(problem({key, setting.file, setting.line, setting.column, ""}, "unknown setting",
                           "workload.*, platform.*, run.*, input.*, calibration.*", whole_key(key)));
  }
  return divided;
}

std::shared_ptr<const Calibration> ScenarioReader::calibration(const Text& name, const std::vector<Text>& settings, Problems& problems) {
  const CalibrationSettings set = read_calibration_settings(settings, problems);
  const std::string key = name.value + set.key();
  if (const auto known = calibrations_.find(key); known != calibrations_.end()) return known->second;
  std::shared_ptr<const Calibration> loaded;
  problems.collect([&] { loaded = load_calibration(name, environment_.search()); });
  if (loaded == nullptr) return loaded;
  return calibrations_[key] = with_settings(std::move(loaded), set, name, problems);
}

std::shared_ptr<const Calibration> ScenarioReader::as_on(const Platform& platform, std::shared_ptr<const Calibration> calibration) {
  const auto ratios = scaling(platform, *calibration);
  if (!ratios) return calibration;
  const std::string key = forerun::format("{}@{}*{}", calibration->name, ratios->to, exact(calibration->compute_scale));
  std::shared_ptr<const Calibration>& scaled = calibrations_[key];
  if (scaled == nullptr) scaled = std::make_shared<const Calibration>(scaled_calibration(*calibration, *ratios));
  return scaled;
}

std::vector<std::string> ScenarioReader::warnings(const Scenario& scenario, const Text& platform) const {
  std::vector<std::string> out;
  const Calibration& calibration = *scenario.calibration;
  if ((platform.value == kThisMachine || platform.value == kThisMachineGpu) && calibration.host != environment_.host)
    out.push_back(forerun::format("calibration {} was measured on host {}, not on this one", calibration.name, calibration.host));
  if (describes_another_device(calibration, scenario.platform))
    out.push_back(forerun::format("calibration {} describes the device {}, and those of platform {} are {}", calibration.name,
                                  calibration.device, scenario.platform.name, scenario.platform.device));
  const auto& price = scenario.platform.price;
  const bool paid = price && (scenario.run.steps || scenario.run.epochs || scenario.run.to_target);
  if (const auto years = paid ? old_price_years(price->date, iso_date(environment_.now)) : std::nullopt)
    out.push_back(forerun::format("the price of {} is of {}, {:.1f} years ago", scenario.platform.name, price->date, *years));
  const int days = days_since(calibration.date, environment_.now);
  if (days > kOldDays) out.push_back(forerun::format("calibration {} is {} days old", calibration.name, days));
  return out;
}

ReadScenario ScenarioReader::read(const ScenarioText& text, Times times) {
  ReadScenario out;
  out.text = text;
  Problems problems;
  for (const Problem& problem : text.wrong) problems.add(problem);
  std::optional<MissingCapability> missing;
  const Settings settings = divide_settings(text.settings, problems);
  if (text.workload.value.empty()) {
    // Of a scenario whose keys are wrong that may be one.
    if (problems.empty()) problems.add(Problem{.file = "--workload", .what = "is missing", .allowed = std::string(kAllowedWorkloads)});
  } else if (brings_a_plan(text.workload.value)) {
    problems.collect([&] {
      try {
        read_plan(text, settings, out.scenario);
      } catch (const MissingCapability& error) {
        missing = error;
      }
    });
  } else {
    problems.collect([&] {
      out.scenario.workload = load_workload(text.workload, settings.workload);
      require_batch(out.scenario.workload, text.workload);
    });
  }
  out.text.platform = or_default(text.platform, kThisMachine, "--platform");
  const auto search = environment_.search();
  // A calibration of another machine needs nothing measured on this one.
  const Platform machine = this_machine(environment_);
  const Platform* unmeasured = text.calibration.value.empty() ? nullptr : &machine;
  const bool has_platform = problems.collect(
      [&] { out.scenario.platform = load_platform(out.text.platform, settings.platform, search, unmeasured, sim::read_simgrid_routes); });
  problems.collect([&] {
    try {
      if (brings_a_plan(text.workload.value)) return;
      out.scenario.strategy = parse_strategy(or_default(text.strategy, "serial", "--strategy"));
      out.text.strategy.value = strategy_text(out.scenario.strategy);
    } catch (const MissingCapability& error) {
      missing = error;
    }
  });
  out.scenario.run = read_run(settings.run, out.scenario.workload.samples, problems);
  check_run_length(out.scenario, settings.run, problems);
  out.scenario.input = read_input(settings.input, problems);
  if (has_platform) check_storage_use(out.scenario, settings, problems);
  if (times == Times::needed && (has_platform || !text.calibration.value.empty())) {
    const std::string& own = out.scenario.platform.calibration;
    if (text.calibration.value.empty() && own.empty() && !needs_calibration(out.scenario, text.workload)) {
      out.scenario.calibration = no_calibration();
    } else {
      if (text.calibration.value.empty() && own.empty() &&
          !knows_device(out.scenario.platform, settings.platform, out.text.platform, problems))
        problems.throw_if_any();
      out.text.calibration = or_default(text.calibration, own.empty() ? kThisMachine : std::string_view(own), "--calibration");
      out.scenario.calibration = calibration(out.text.calibration, settings.calibration, problems);
      if (has_platform && out.scenario.calibration && needs_calibration(out.scenario, text.workload))
        check_devices(out.scenario, out.text.calibration, problems);
      if (has_platform && out.scenario.calibration)
        out.scenario.calibration = as_on(out.scenario.platform, std::move(out.scenario.calibration));
      if (has_platform && out.scenario.calibration && describes_links(*out.scenario.calibration, out.scenario.platform))
        problems.collect([&] {
          const std::vector<Text> with_links = links_and(settings.platform, *out.scenario.calibration, out.text.calibration);
          out.scenario.platform = load_platform(out.text.platform, with_links, search, unmeasured, sim::read_simgrid_routes);
        });
    }
  }
  problems.throw_if_any();
  if (missing) throw *missing;
  if (out.scenario.calibration && !out.text.calibration.value.empty()) out.warnings = warnings(out.scenario, out.text.platform);
  if (!out.scenario.plan)
    for (const Text& setting : settings.platform)
      if (setting.key == "device-rate" || setting.key == "device-bandwidth")
        out.warnings.push_back(
            forerun::format("platform.{} is for computations of a trace: a layer's kernels take the calibration's times", setting.key));
  return out;
}

}  // namespace forerun
