#include "cli/ranks.hpp"

#include "core/this_machine.hpp"
#include "io/format.hpp"
#include "platforms/load.hpp"
#include "sim/route_reader.hpp"

namespace forerun {
namespace fs = std::filesystem;

RanksPaths ranks_paths(const Environment& environment) {
  const fs::path folder = environment.executable.parent_path();
  RanksPaths paths;
  paths.forerun_ranks = folder / "forerun-ranks";
  paths.search = environment.program_folders;
  const fs::path built = folder.parent_path() / "kernels" / "forerun-ranks";
  std::error_code none;
  if (!fs::exists(paths.forerun_ranks, none) && fs::exists(built, none)) paths.forerun_ranks = built;
  return paths;
}

Platform platform_of_ranks(const std::string& platform, int ranks, const Environment& environment) {
  const Text name{platform, "--platform"};
  const Platform machine = this_machine(environment);
  Platform found = load_platform(name, {}, environment.search(), &machine, sim::read_simgrid_routes);
  if (found.devices() < ranks)
    throw BadInput(problem(name, forerun::format("has {} devices, and {} ranks stand on it", found.devices(), ranks)));
  return found;
}

Platform this_machine(const Environment& environment) {
  Platform platform;
  platform.name = kThisMachine;
  platform.device = environment.cpu.empty() ? "cpu" : environment.cpu;
  platform.nodes = 1;
  platform.devices_per_node = environment.cores;
  platform.memory_per_node = environment.memory;
  return platform;
}

}  // namespace forerun
