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

std::vector<Seconds> differences(const std::vector<Seconds>& dates) {
  std::vector<Seconds> times;
  for (std::size_t i = 1; i < dates.size(); ++i) times.push_back(dates[i] - dates[i - 1]);
  return times;
}

}  // namespace forerun
