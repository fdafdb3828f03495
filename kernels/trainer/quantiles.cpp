#include "kernels/trainer/quantiles.hpp"

#include <algorithm>
#include <cassert>

#include "core/quantile.hpp"

namespace forerun {

Quantiles quantiles(std::vector<Seconds> values) {
  assert(!values.empty());
  std::ranges::sort(values);
  return {quantile(values, 0.1), quantile(values, 0.5), quantile(values, 0.9)};
}

}  // namespace forerun
