#include "cli/watch.hpp"

#include <filesystem>

#include "cli/calibration_page.hpp"
#include "costs/calibration_file.hpp"
#include "io/atomic_file.hpp"
#include "io/file.hpp"
#include "io/format.hpp"
#include "io/quantity.hpp"
#include "kernels/microbenchmarks/measure.hpp"
#include "kernels/microbenchmarks/spells.hpp"

namespace forerun {
namespace fs = std::filesystem;
namespace {

constexpr Seconds kShortest(1);
constexpr Seconds kLongest(3600);

Seconds parse_duration(const std::string& duration) {
  const Text text{duration, "--watch"};
  const Seconds time = parse_seconds(text);
  if (time < kShortest || time > kLongest) throw BadInput(problem(text, "is out of range", "1 s to 1 h"));
  return time;
}

fs::path find_calibration(const std::string& file, const Environment& environment) {
  fs::path path = file.empty() ? environment.own_calibration() : fs::path(file);
  if (fs::exists(path) && !(file.empty() && environment.data_folder.empty())) return path;
  const std::string how = file.empty() ? "forerun calibrate" : "forerun calibrate -o " + file;
  throw BadInput(Problem{.file = "--watch", .what = "there is no calibration yet to pool what is seen into; run " + how});
}

void check_same_machine(const Calibration& calibration, const fs::path& path) {
  const auto refuse = [&](const std::string& what) { throw BadInput(Problem{.file = path.string(), .what = what}); };
  if (calibration.cpu != cpu_model())
    refuse("was measured on another machine (" + calibration.cpu + "); a watch of this one says nothing of it");
  if (calibration.spells.usual == Seconds(0))
    refuse("does not say how fast its machine is outside slow spells; run forerun calibrate again");
}

Page watch_page(const SlowSpells& now, const SlowSpells& all) {
  Page page;
  page.text = "slow spells now: " + spells_text(now) + "\npooled:          " + spells_text(all) + "\n";
  page.document = {{"schema_version", 1}, {"now", spells_json(now)}, {"pooled", spells_json(all)}};
  page.rows = one_row(page.document);
  return page;
}

}  // namespace

ExitCode watch(const std::string& duration, const std::string& file, const OutputOptions& output, const Environment& environment) {
  const Seconds time = parse_duration(duration);
  check_output(output);
  const fs::path path = find_calibration(file, environment);
  check_writable(path);
  Calibration calibration = read_calibration_text(read_file(path), path.string());
  check_same_machine(calibration, path);
  const SlowSpells now = slow_spells(watch_all_cores(time), calibration.spells.usual);
  calibration.spells = pooled(calibration.spells, now);
  write_file(path, calibration_json(calibration));
  deliver(watch_page(now, calibration.spells), output);
  return ExitCode::success;
}

}  // namespace forerun
