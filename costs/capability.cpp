#include "costs/capability.hpp"

#include <algorithm>
#include <vector>

#include "core/error.hpp"
#include "costs/gpu/kernel_time.hpp"
#include "costs/kernel_time.hpp"
#include "workloads/formulas.hpp"

namespace forerun {
namespace {

class Missing {
 public:
  explicit Missing(const Calibration& calibration) : calibration_(calibration) {}

  void need(const Kernel& kernel) {
    if (std::string what = lacking(calibration_, kernel); !what.empty() && std::ranges::find(list_, what) == list_.end())
      list_.push_back(std::move(what));
  }
  void throw_if_any() const {
    if (list_.empty()) return;
    std::string all;
    for (const std::string& what : list_) all += (all.empty() ? "" : ", ") + what;
    throw MissingCapability("calibration " + calibration_.name + (calibration_.gpu ? ": " : " has no samples of ") + all);
  }

 private:
  const Calibration& calibration_;
  std::vector<std::string> list_;
};

}  // namespace

std::string lacking(const Calibration& calibration, const Kernel& kernel) {
  if (!calibration.gpu) return std::string(lacking_samples(calibration, kernel));
  try {
    gpu_kernel_time(*calibration.gpu, kernel);
  } catch (const MissingCapability& missing) {
    return missing.what();
  }
  return "";
}

void require_kernels(const StepPlan& plan, const Calibration& calibration) {
  Missing missing(calibration);
  for (const Operation& operation : plan.operations)
    if (const auto* kernel = std::get_if<Kernel>(&operation.work)) missing.need(*kernel);
  missing.throw_if_any();
}

void require_kernels(const Scenario& scenario) {
  if (scenario.plan || !scenario.calibration) return;
  const Workload& workload = scenario.workload;
  const std::vector<Passes> all = passes(workload);
  Missing missing(*scenario.calibration);
  for (std::size_t layer = 0; layer < all.size(); ++layer)
    for (const Pass pass : all[layer])
      missing.need({workload.layers[layer].shape, pass, 1, Bytes(0), workload.precision, workload.optimizer});
  missing.throw_if_any();
}

}  // namespace forerun
