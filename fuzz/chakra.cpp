#include <cstdint>
#include <cstdlib>

#include "core/error.hpp"
#include "workloads/chakra/read.hpp"
#include "workloads/chakra/write.hpp"

/// Reads the bytes as the Chakra trace of one rank. A plan that is read has no defect, and one of a single rank comes back as it went out.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace forerun;
  StepPlan plan;
  try {
    plan = chakra::read_trace_text({reinterpret_cast<const char*>(data), size});
  } catch (const BadInput&) {
    return 0;
  } catch (const MissingCapability&) {
    return 0;
  }
  if (!find_defect(plan).empty()) std::abort();
  if (plan.ranks == 1 && !(chakra::read_trace_text(chakra::trace_of_rank(plan, {}, 0)) == plan)) std::abort();
  return 0;
}
