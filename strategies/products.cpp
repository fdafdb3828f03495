#include "strategies/products.hpp"

#include <array>
#include <string_view>

#include "io/format.hpp"

namespace forerun {
namespace {

struct Degree {
  std::string_view axis;
  std::string text;
  bool used = false;
};

}  // namespace

std::string undefined_product(const Strategy& strategy) {
  const auto number = [](std::string_view axis, int degree) { return Degree{axis, std::to_string(degree), degree > 1}; };
  const SpatialGrid& grid = strategy.spatial;
  const Degree spatial{"spatial", forerun::format("{}x{}", grid.height, grid.width), grid.parts() > 1};
  const std::array layers{number("filter", strategy.filter), number("channel", strategy.channel), spatial};
  const std::array all{layers[0],
                       layers[1],
                       layers[2],
                       number("tensor", strategy.tensor),
                       number("pipeline", strategy.pipeline),
                       number("context", strategy.context),
                       number("expert", strategy.expert)};
  for (const Degree& split : layers) {
    if (!split.used) continue;
    for (const Degree& other : all)
      if (other.used && other.axis != split.axis)
        return forerun::format("{}={} together with {}={}: no such product is defined, {} goes with data alone", split.axis, split.text,
                               other.axis, other.text, split.axis);
  }
  return "";
}

}  // namespace forerun
