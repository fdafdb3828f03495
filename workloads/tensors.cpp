#include "workloads/tensors.hpp"

#include "workloads/formulas.hpp"

namespace forerun {

std::vector<int> output_owners(const Workload& workload) {
  std::vector<int> owners;
  owners.reserve(workload.layers.size());
  for (const Layer& layer : workload.layers) {
    const int self = static_cast<int>(owners.size());
    const int seen = layer.inputs.front();
    owners.push_back(!is_view(layer.shape) ? self : seen == kData ? kData : owners[seen]);
  }
  return owners;
}

}  // namespace forerun
