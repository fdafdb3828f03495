#include "strategies/channel.hpp"

#include <algorithm>

#include "io/format.hpp"
#include "strategies/filter.hpp"
#include "workloads/formulas.hpp"

namespace forerun {

std::string split_over_channels(LocalModel& model, int degree) {
  if (degree == 1) return "";
  Workload& workload = *model.part;
  const double element = bytes_per_element(workload.precision);
  const std::vector<Passes> all = passes(workload);
  bool any = false;
  for (std::size_t i = 0; i < workload.layers.size(); ++i) {
    Layer& layer = workload.layers[i];
    LayerShape& shape = layer.shape;
    if (!has_filters(shape) || std::ranges::all_of(layer.inputs, [](int input) { return input == kData; })) continue;
    if (std::string reason = uneven_share(model, layer, "channel", "channels", shape.input.channels, degree); !reason.empty())
      return reason;
    any = true;
    model.exchange(i, Moment::after_forward, Collective::Operation::all_reduce,
                   Bytes(element * static_cast<double>(shape.output.elements())));
    const Bytes whole(element * static_cast<double>(shape.input.elements()));
    shape.input.channels /= degree;
    if (std::ranges::count(all[i], Pass::backward_data) == 0) continue;
    model.exchange(i, Moment::after_backward_data, Collective::Operation::all_gather, whole);
    model.gathered.gradients += whole - whole / degree;
  }
  return any ? "" : forerun::format("channel={}: {} has no convolution or dense layer after its first ones", degree, workload.name);
}

}  // namespace forerun
