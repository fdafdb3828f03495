#include "cli/cases.hpp"

#include <set>

#include "cli/output.hpp"
#include "cli/scenario.hpp"

namespace forerun {

std::vector<Case> read_cases(const std::vector<MeasuredRun>& runs, const std::string& calibration, const Environment& environment) {
  ScenarioReader reader(environment);
  Problems problems;
  std::vector<Case> cases;
  std::set<std::string> warnings;
  for (const MeasuredRun& run : runs) {
    Case measured{.run = run};
    ScenarioText text{.workload = run.workload, .platform = run.platform, .strategy = run.strategy, .settings = run.settings};
    if (!calibration.empty()) text.calibration = Text{calibration, "--calibration", 0, 0, ""};
    problems.collect([&] {
      try {
        const ReadScenario read = reader.read(text);
        measured.scenario = read.scenario;
        warnings.insert(read.warnings.begin(), read.warnings.end());
      } catch (const MissingCapability& missing) {
        measured.reason = missing.what();
      }
    });
    cases.push_back(std::move(measured));
  }
  problems.throw_if_any();
  for (const std::string& warning : warnings) say("warning: " + warning);
  return cases;
}

}  // namespace forerun
