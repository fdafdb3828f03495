#include <cstdint>
#include <cstdlib>

#include "core/error.hpp"
#include "workloads/description.hpp"
#include "workloads/families/family.hpp"
#include "workloads/formulas.hpp"
#include "workloads/huggingface/huggingface.hpp"

/// Reads the bytes as a description of a network, or as a config.json of the transformers library with its network.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace forerun;
  try {
    const YamlNode root = read_yaml_text({reinterpret_cast<const char*>(data), size}, "fuzz");
    if (!is_huggingface(root)) {
      Problems problems;
      const Workload workload = read_description(root, "fuzz", problems);
      if (problems.empty() && parameters(workload) < 0) std::abort();
      return 0;
    }
    HuggingFaceModel model = read_huggingface(root);
    for (const Text& text : model.parameters)  // a network of many layers is slow, not wrong
      if (text.key.ends_with("layers") && text.value.size() > 2) return 0;
    FamilyParameters parameters_given(model.parameters, Text{.file = "fuzz"});
    if (parameters(find_family(model.family)->build("fuzz", parameters_given)) < 0) std::abort();
  } catch (const BadInput&) {
    return 0;
  }
  return 0;
}
