#include <cstdint>
#include <cstdlib>

#include "core/error.hpp"
#include "workloads/formulas.hpp"
#include "workloads/onnx/import.hpp"

/// Imports the bytes as an ONNX model. A network that is imported reads only layers before it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace forerun;
  try {
    const Workload workload = import_onnx_bytes({reinterpret_cast<const char*>(data), size}, "fuzz.onnx", {});
    for (int i = 0; i < static_cast<int>(workload.layers.size()); ++i)
      for (const int input : workload.layers[static_cast<std::size_t>(i)].inputs)
        if (input < kData || input >= i) std::abort();
    if (parameters(workload) < 0) std::abort();
  } catch (const BadInput&) {
    return 0;
  }
  return 0;
}
