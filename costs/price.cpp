#include "costs/price.hpp"

#include <algorithm>
#include <cstddef>
#include <map>
#include <string>
#include <tuple>

#include "core/error.hpp"
#include "costs/capability.hpp"
#include "costs/disk_time.hpp"
#include "costs/gpu/host.hpp"
#include "costs/gpu/kernel_time.hpp"
#include "costs/kernel_time.hpp"
#include "costs/transfer_time.hpp"

namespace forerun {
namespace {

Seconds computation_time(const Computation& computation, std::string_view name, const Platform& platform) {
  if (computation.duration > Seconds(0)) return computation.duration;
  Seconds time;
  const auto limit = [&](bool needed, bool known, std::string_view what, std::string_view setting, auto&& takes) {
    if (needed && !known)
      throw MissingCapability("`" + std::string(name) + "` is given in " + std::string(what) + " without a duration, and " + platform.name +
                              " says nothing of it: --set platform." + std::string(setting));
    if (needed) time = std::max(time, takes());
  };
  limit(computation.flops > Flops(0), platform.device_rate > FlopsPerSecond(0), "flop", "device-rate=100Tflop/s",
        [&] { return computation.flops / platform.device_rate; });
  limit(computation.bytes > Bytes(0), platform.device_bandwidth > BytesPerSecond(0), "bytes", "device-bandwidth=1TB/s",
        [&] { return computation.bytes / platform.device_bandwidth; });
  return time;
}

/// On a GPU: kernels alone on their device, and what its host makes them wait.
void price_on_gpu(const StepPlan& plan, const Calibration& calibration, std::vector<OperationCost>& costs) {
  std::vector<Seconds> times(costs.size());
  try {
    for (std::size_t i = 0; i < times.size(); ++i)
      if (const auto* kernel = std::get_if<Kernel>(&plan.operations[i].work)) times[i] = gpu_kernel_time(*calibration.gpu, *kernel);
  } catch (const MissingCapability& missing) {
    throw MissingCapability("calibration " + calibration.name + ": " + missing.what());
  }
  wait_for_host(plan, host_issue_times(plan, *calibration.gpu), calibration.gpu->host_run_ahead, times);
  for (std::size_t i = 0; i < times.size(); ++i)
    if (std::holds_alternative<Kernel>(plan.operations[i].work)) costs[i].latency = calibration.compute_scale * times[i];
}

/// Blocks of a network do much the same: each transfer of a plan is priced once.
class TransferPrices {
 public:
  TransferPrices(const StepPlan& plan, const Scenario& scenario) : plan_(plan), scenario_(scenario) {}

  const OperationCost& of(const Collective& transfer) {
    const auto [known, fresh] = prices_.try_emplace({transfer.operation, transfer.algorithm, transfer.communicator, transfer.bytes});
    if (fresh)
      known->second = transfer_cost(transfer, plan_.communicators[transfer.communicator], scenario_.platform, *scenario_.calibration);
    return known->second;
  }

 private:
  using Key = std::tuple<Collective::Operation, CollectiveAlgorithm, int, Bytes>;
  const StepPlan& plan_;
  const Scenario& scenario_;
  std::map<Key, OperationCost> prices_;
};

/// Of all kernels that were measured, alone and undisturbed: of a CPU's core, or of a GPU, whose host issues them ahead of it. `costs` has
/// those of everything else: caches forget while a rank waits, too.
std::vector<Seconds> kernel_times(const StepPlan& plan, const Scenario& scenario, const std::vector<OperationCost>& costs) {
  const Calibration& calibration = *scenario.calibration;
  std::vector<Seconds> times(plan.operations.size());
  const auto each = [&](auto&& time_of) {
    for (std::size_t i = 0; i < times.size(); ++i)
      if (const auto* kernel = std::get_if<Kernel>(&plan.operations[i].work)) times[i] = time_of(find_model(calibration, *kernel), *kernel);
  };
  each(kernel_time);
  if (calibration.measured_gpu) wait_for_host(plan, host_issue_times(plan, *calibration.measured_gpu), 1, times);
  if (!calibration.cache_life || !is_calibrated_machine(scenario.platform, calibration)) return times;
  const TreeIndex tree = index_tree(plan);
  Seconds step;
  for (std::size_t i = 0; i < times.size(); ++i)
    if (takes_part(plan, plan.operations[i], plan.compute_class)) step += times_in_step(tree, i) * (times[i] + costs[i].duration());
  each([&](const KernelTimeModel& model, const Kernel& kernel) {
    return kernel_time_in_step(model, kernel, step, *calibration.cache_life);
  });
  return times;
}

std::vector<OperationCost> price_operations(const StepPlan& plan, const Scenario& scenario) {
  const Calibration& calibration = *scenario.calibration;
  const int busy = std::min(plan.ranks, scenario.platform.devices_per_node);
  const double spells = is_calibrated_machine(scenario.platform, calibration) ? spell_factor(calibration.spells, plan.ranks) : 1.0;
  const double scale = calibration.compute_scale * spells;
  TransferPrices transfers(plan, scenario);
  std::vector<OperationCost> costs(plan.operations.size());
  for (std::size_t i = 0; i < costs.size(); ++i) {
    const Operation& operation = plan.operations[i];
    if (const auto* transfer = std::get_if<Collective>(&operation.work))
      costs[i] = transfers.of(*transfer);
    else if (const auto* delay = std::get_if<Delay>(&operation.work))
      costs[i].latency = delay->duration;
    else if (const auto* disk = std::get_if<DiskAccess>(&operation.work))
      costs[i] = disk_cost(*disk, scenario.platform);
    else if (const auto* computation = std::get_if<Computation>(&operation.work))
      costs[i].latency = computation_time(*computation, operation.name, scenario.platform);
  }
  if (calibration.gpu) {
    price_on_gpu(plan, calibration, costs);
    return costs;
  }
  const std::vector<Seconds> times = kernel_times(plan, scenario, costs);
  for (std::size_t i = 0; i < costs.size(); ++i)
    if (const auto* kernel = std::get_if<Kernel>(&plan.operations[i].work))
      costs[i].latency = scale * busy_factor(calibration, *kernel, busy) * times[i];
  return costs;
}

}  // namespace

std::vector<OperationCost> price(const StepPlan& plan, const Scenario& scenario) {
  try {
    return price_operations(plan, scenario);
  } catch (const MissingCapability&) {
    // The first thing that is missing was thrown: say all.
    require_kernels(plan, *scenario.calibration);
    throw;
  }
}

}  // namespace forerun
