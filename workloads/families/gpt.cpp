#include "workloads/families/decoder.hpp"
#include "workloads/families/family.hpp"

namespace forerun {

/// Radford et al., "Language Models are Unsupervised Multitask Learners" (2019): norms before each half of a block and one at the end,
/// learned positions, the head tied to the token embedding. Biases everywhere.
Workload build_gpt(const std::string& name, FamilyParameters& parameters) {
  const auto four_times = [](std::int64_t hidden) { return 4 * hidden; };
  return build_decoder(name, read_decoder(parameters, {}, four_times), parameters.where());
}

}  // namespace forerun
