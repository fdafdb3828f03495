#include "cli/calibration_target.hpp"

#include "core/error.hpp"
#include "io/atomic_file.hpp"

namespace forerun {
namespace fs = std::filesystem;

CalibrationTarget calibration_target(const std::string& file, std::string_view machine, const Environment& environment) {
  CalibrationTarget target;
  if (!file.empty()) {
    const std::string name = fs::path(file).filename().string();
    target = {name.substr(0, name.find('.')), file, {}};
  } else {
    const fs::path& folder = environment.data_folder;
    if (folder.empty())
      throw BadInput(Problem{.file = "--output", .what = "is needed: neither XDG_DATA_HOME nor HOME says where this machine's data lie"});
    std::error_code error;
    fs::create_directories(folder, error);
    if (error) throw BadInput(Problem{.key = folder.string(), .what = "cannot be made: " + error.message()});
    target = {std::string(machine), environment.own_calibration(machine), environment.own_platform(machine)};
  }
  check_writable(target.calibration);
  if (!target.platform.empty()) check_writable(target.platform);
  return target;
}

}  // namespace forerun
