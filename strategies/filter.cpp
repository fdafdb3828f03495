#include "strategies/filter.hpp"

#include <algorithm>

#include "io/format.hpp"
#include "workloads/formulas.hpp"

namespace forerun {

bool has_filters(const LayerShape& shape) {
  switch (shape.kind) {
    case LayerKind::conv2d:
    case LayerKind::conv3d:
    case LayerKind::transposed_conv2d:
    case LayerKind::dense: return true;
    default: return false;
  }
}

std::string uneven_share(const LocalModel& model, const Layer& layer, std::string_view axis, std::string_view what, std::int64_t size,
                         int degree) {
  const std::string& network = model.workload().name;
  if (layer.shape.groups > 1 || layer.shape.experts > 1)
    return forerun::format("{}={}: {} of {} is in {} parts already", axis, degree, layer.name, network,
                           std::max(layer.shape.groups, layer.shape.experts));
  if (size < degree) return forerun::format("{}={}: {} of {} has only {} {}", axis, degree, layer.name, network, size, what);
  if (size % degree != 0) return forerun::format("{}={}: {} {} of {} of {} do not divide", axis, degree, size, what, layer.name, network);
  return "";
}

std::string split_over_filters(LocalModel& model, int degree) {
  if (degree == 1) return "";
  Workload& workload = *model.part;
  const double element = bytes_per_element(workload.precision);
  const std::vector<Passes> all = passes(workload);
  bool any = false;
  for (std::size_t i = 0; i < workload.layers.size(); ++i) {
    LayerShape& shape = workload.layers[i].shape;
    if (!has_filters(shape)) continue;
    if (std::string reason = uneven_share(model, workload.layers[i], "filter", "filters", shape.output.channels, degree); !reason.empty())
      return reason;
    any = true;
    const Bytes whole(element * static_cast<double>(shape.output.elements()));
    model.exchange(i, Moment::after_forward, Collective::Operation::all_gather, whole);
    if (std::ranges::count(all[i], Pass::backward_data) > 0)
      model.exchange(i, Moment::after_backward_data, Collective::Operation::all_reduce,
                     Bytes(element * static_cast<double>(shape.input.elements())));
    shape.output.channels /= degree;
    model.gathered.activations += whole - whole / degree;
  }
  return any ? "" : forerun::format("filter={}: {} has no convolution and no dense layer", degree, workload.name);
}

}  // namespace forerun
