#pragma once

#include <array>
#include <map>
#include <optional>
#include <tuple>
#include <variant>
#include <vector>

#include "core/infeasible.hpp"
#include "core/memory.hpp"
#include "core/scenario.hpp"
#include "oracle/search/quote.hpp"
#include "strategies/device_memory.hpp"
#include "strategies/layout.hpp"
#include "strategies/local_model.hpp"
#include "strategies/step_writer.hpp"

namespace forerun::oracle {

/// Prices strategies one plan at a time. What stands in a strategy's way is found before a plan is written, from what strategies that
/// follow one another share: the local network, its cut into chunks and their memory.
class WholePlans {
 public:
  /// Of the scenario, which outlives this object, only the strategy changes.
  explicit WholePlans(const Scenario& scenario) : scenario_(scenario) {}

  /// As lower(), price() and evaluate() do. MissingCapability: as these say.
  Quote price(const Hopeful& hopeful);

 private:
  using Chunks = std::variant<std::vector<LayerRange>, Infeasible>;

  /// The local network of the last strategy, and what was asked of it.
  struct Network {
    std::array<int, 10> key{};
    std::variant<LocalModel, Infeasible> model;
    std::map<int, Chunks> cuts;
    std::map<std::tuple<int, std::int64_t, int>, std::vector<ChunkMemory>> memory;  ///< by chunks, micro-batch, recomputation
    std::map<std::pair<std::int64_t, int>, Seconds> kernels;                        ///< by micro-batch, recomputation
  };

  Network& network(const Layout& layout);
  const std::vector<ChunkMemory>& memory_of(Network& network, const std::vector<LayerRange>& chunks);
  /// Kernels of a micro-batch's passes over all layers, as long as the device takes; nothing where no GPU is calibrated.
  [[nodiscard]] Seconds kernels_of(Network& network);
  /// What writing the plan takes.
  struct Draft {
    Layout layout;
    const LocalModel* model = nullptr;
    const std::vector<LayerRange>* chunks = nullptr;
    StepMemory memory;
  };
  /// Fills in the draft, but where something stands in the way; the step's time is a bound below it.
  Quote obstacle_or_bound(Draft& draft);

  const Scenario& scenario_;
  std::optional<Network> last_;
};

}  // namespace forerun::oracle
