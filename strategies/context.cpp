#include "strategies/context.hpp"

#include "io/format.hpp"
#include "workloads/formulas.hpp"

namespace forerun {

std::string split_over_context(LocalModel& model, int degree) {
  if (degree == 1) return "";
  Workload& workload = *model.part;
  if (workload.tokens_per_sample % (2 * std::int64_t{degree}) != 0 || workload.tokens_per_sample == 0)
    return forerun::format("context={}: {} tokens a sample do not divide by {}", degree, workload.tokens_per_sample, 2 * degree);
  const double element = bytes_per_element(workload.precision);
  for (std::size_t i = 0; i < workload.layers.size(); ++i) {
    LayerShape& shape = workload.layers[i].shape;
    if (shape.kind == LayerKind::attention) {
      const Attention& a = shape.attention;
      const Bytes keys_and_values(element * static_cast<double>(a.keys * a.key_heads * (a.key_channels + a.value_channels)));
      std::vector<Exchange>& exchanges = model.exchanges[i];
      exchanges.push_back({Moment::before_forward, Collective::Operation::all_gather, Axis::context, keys_and_values});
      exchanges.push_back({Moment::before_backward, Collective::Operation::all_gather, Axis::context, keys_and_values});
      exchanges.push_back({Moment::after_backward_data, Collective::Operation::reduce_scatter, Axis::context, keys_and_values});
    }
    for (TensorShape* tensor : {&shape.input, &shape.output})
      if (tensor->width % degree == 0) tensor->width /= degree;
  }
  workload.tokens_per_sample /= degree;
  return "";
}

}  // namespace forerun
