#include <array>
#include <catch2/catch.hpp>
#include <cmath>
#include <map>
#include <random>
#include <sstream>

#include "costs/transfer_time.hpp"
#include "platforms/load.hpp"

using namespace forerun;

namespace {

using Kind = Collective::Operation;
using enum CollectiveAlgorithm;

class Draws {
 public:
  template <class T, std::size_t count>
  const T& of(const std::array<T, count>& values) {
    return values[std::uniform_int_distribution<std::size_t>(0, count - 1)(random_)];
  }
  /// Evenly over orders of magnitude.
  double scale(double low, double high) { return low * std::pow(high / low, std::uniform_real_distribution<double>(0, 1)(random_)); }

 private:
  std::mt19937_64 random_{45};
};

constexpr std::array kOperations{Kind::all_reduce, Kind::all_gather, Kind::reduce_scatter, Kind::all_to_all,
                                 Kind::broadcast,  Kind::send,       Kind::shift};
constexpr std::array kAlgorithms{automatic,          automatic,          ring,         recursive_halving_doubling,
                                 recursive_doubling, double_binary_tree, hierarchical, switch_reduction};
constexpr std::array kLibraries{CollectiveLibrary::nccl, CollectiveLibrary::nccl, CollectiveLibrary::gloo, CollectiveLibrary::mpi,
                                CollectiveLibrary::none};

/// A transfer over all devices of a machine, or over every second or fourth.
struct Case {
  Platform platform;
  Collective collective;
  Communicator communicator;

  [[nodiscard]] double seconds() const { return transfer_cost(collective, communicator, platform, Calibration{}).duration().value(); }
};

Case random_case(Draws& draws, const std::array<Platform, 3>& machines) {
  Case drawn{draws.of(machines), {}, {}};
  Platform& platform = drawn.platform;
  platform.devices_per_node = draws.of(std::array{1, 2, 4, 8});
  platform.nodes = draws.of(std::array{1, 2, 4, 16, 64});
  if (platform.devices() < 2) platform.nodes = 2;
  platform.library = draws.of(kLibraries);
  platform.inter_node.bandwidth *= draws.scale(1e-4, 10);
  platform.intra_node.bandwidth *= draws.scale(1e-4, 10);
  Collective& collective = drawn.collective;
  collective = {draws.of(kOperations), draws.of(kAlgorithms), 0, Bytes(draws.scale(4, 1e9))};
  Communicator& communicator = drawn.communicator;
  const int stride = std::min(draws.of(std::array{1, 1, 2, 4}), platform.devices() / 2);
  communicator.size = collective.operation == Kind::send ? 2 : platform.devices() / stride;
  communicator.groups = communicator.inner = stride;
  communicator.member_stride = stride;
  return drawn;
}

constexpr std::array kBetter{
    std::pair{"bandwidth inside nodes", +[](Platform& platform, double factor) { platform.intra_node.bandwidth *= factor; }},
    std::pair{"bandwidth between nodes", +[](Platform& platform, double factor) { platform.inter_node.bandwidth *= factor; }},
    std::pair{"latency inside nodes",
              +[](Platform& platform, double factor) { platform.intra_node.latency = platform.intra_node.latency / factor; }},
    std::pair{"latency between nodes",
              +[](Platform& platform, double factor) { platform.inter_node.latency = platform.inter_node.latency / factor; }},
    std::pair{"the library's latencies", +[](Platform& platform, double factor) { platform.library_speed.messages *= factor; }},
    std::pair{"the library's protocols", +[](Platform& platform, double factor) { platform.library_speed.protocols *= factor; }}};

std::array<Platform, 3> machines() {
  const auto named = [](const char* name) { return load_platform({name, "test", 0, 0, ""}, {}); };
  return {named("dgx-a100-80gb"), named("dgx1-v100"), named("dgx-h100")};
}

}  // namespace

TEST_CASE("a transfer takes no longer over a better link, whatever the library, the algorithm and the size", "[limit]") {
  Draws draws;
  const std::array<Platform, 3> all = machines();
  std::map<std::string, int> longer;
  for (int i = 0; i < 20000; ++i) {
    const Case drawn = random_case(draws, all);
    const double before_s = drawn.seconds();
    for (const auto& [what, improve] : kBetter)
      for (const double factor : {1.01, draws.scale(1, 1000)}) {
        Case better = drawn;
        improve(better.platform, factor);
        if (better.seconds() > before_s * (1 + 1e-12))
          ++longer[std::string(what) + ": " + std::string(to_string(drawn.collective.operation)) + ", " +
                   std::string(to_string(drawn.collective.algorithm)) + " of " + std::string(to_string(drawn.platform.library))];
      }
  }
  std::ostringstream list;
  for (const auto& [what, count] : longer) list << "\n  " << count << " with better " << what;
  INFO("transfers that take longer:" << list.str());
  CHECK(longer.empty());
}
