#include "costs/limits.hpp"

#include <algorithm>
#include <cmath>

#include "io/format.hpp"

namespace forerun {
namespace {

constexpr double kBetter = 1.01;
constexpr double kLeastElasticity = 5e-4;
constexpr double kToldShare = 0.05;

template <class Change>
Scenario with_calibration(const Scenario& scenario, Change&& change) {
  auto changed = std::make_shared<Calibration>(*scenario.calibration);
  change(*changed);
  Scenario better = scenario;
  better.calibration = std::move(changed);
  return better;
}

/// Of the device: its data sheet's figures, or what was fitted to a core's samples or a GPU's, and what the platform says for computations
/// of a trace.
std::optional<Scenario> with_better_device(const Scenario& scenario, Rate rate, double factor) {
  const bool gpu = scenario.calibration->gpu.has_value();
  if (!gpu && rate == Rate::vector_arithmetic) return std::nullopt;
  if (!gpu && !scenario.calibration->measured_gpu && rate == Rate::host_issue) return std::nullopt;
  Scenario better = with_calibration(scenario, [&](Calibration& calibration) {
    if (calibration.gpu) {
      GpuModel& model = *calibration.gpu;
      if (rate == Rate::products) std::ranges::for_each(model.peak.items, [&](FlopsPerSecond& peak) { peak *= factor; });
      if (rate == Rate::vector_arithmetic) model.vector_peak *= factor;
      if (rate == Rate::memory_bandwidth) model.bandwidth *= factor;
      if (rate == Rate::kernel_start) model.kernel_fixed = model.kernel_fixed / factor;
      if (rate == Rate::host_issue) model.host_issue = model.host_issue / factor, model.tensor_update = model.tensor_update / factor;
    }
    if (calibration.measured_gpu && rate == Rate::host_issue) {
      calibration.measured_gpu->issue = calibration.measured_gpu->issue / factor;
      for (IssueTime& issue : calibration.measured_gpu->issues) issue.time = issue.time / factor;
    }
    for (KernelTimeModel& model : calibration.kernel_models) {
      if (rate == Rate::products) model.rate *= factor;
      if (rate == Rate::memory_bandwidth) model.bandwidth *= factor;
      if (rate == Rate::kernel_start) model.overhead = model.overhead / factor;
    }
  });
  if (rate == Rate::products) better.platform.device_rate *= factor;
  if (rate == Rate::memory_bandwidth) better.platform.device_bandwidth *= factor;
  return better;
}

/// Storage and decoding that are so much faster.
void quicken(Scenario& scenario, double factor) {
  Storage::Access& read = scenario.platform.data->read;
  read.bandwidth *= factor;
  read.requests_per_s *= factor;
  read.a_connection *= factor;
  read.latency = read.latency / factor;
  scenario.workload.files.decode = scenario.workload.files.decode / factor;
}

}  // namespace

std::string_view to_string(Rate rate) {
  switch (rate) {
    case Rate::products: return "products";
    case Rate::vector_arithmetic: return "vector_arithmetic";
    case Rate::memory_bandwidth: return "memory_bandwidth";
    case Rate::kernel_start: return "kernel_start";
    case Rate::host_issue: return "host_issue";
    case Rate::intra_node_bandwidth: return "intra_node_bandwidth";
    case Rate::intra_node_latency: return "intra_node_latency";
    case Rate::inter_node_bandwidth: return "inter_node_bandwidth";
    case Rate::inter_node_latency: return "inter_node_latency";
    case Rate::input: return "input";
    case Rate::host_link: return "host_link";
    case Rate::library_latency: return "library_latency";
    case Rate::library_protocols: return "library_protocols";
    case Rate::measured_collectives: return "measured_collectives";
  }
  return "";
}

std::string_view words(Rate rate) {
  switch (rate) {
    case Rate::products: return "matrix products";
    case Rate::vector_arithmetic: return "arithmetic outside products";
    case Rate::memory_bandwidth: return "device memory's bandwidth";
    case Rate::kernel_start: return "kernels' start";
    case Rate::host_issue: return "the host's issue of kernels";
    case Rate::intra_node_bandwidth: return "bandwidth inside nodes";
    case Rate::intra_node_latency: return "latency inside nodes";
    case Rate::inter_node_bandwidth: return "bandwidth between nodes";
    case Rate::inter_node_latency: return "latency between nodes";
    case Rate::input: return "the loading of samples";
    case Rate::host_link: return "links to the host";
    case Rate::library_latency: return "latency of collectives";
    case Rate::library_protocols: return "protocols of collectives";
    case Rate::measured_collectives: return "collectives inside the node";
  }
  return "";
}

std::optional<Scenario> with_better(const Scenario& scenario, Rate rate, double factor) {
  const Platform& platform = scenario.platform;
  const bool alone = scenario.ranks() < 2;
  const bool nodes = !alone && platform.nodes > 1;
  const bool inside = !alone && platform.devices_per_node > 1 && platform.intra_node.bandwidth > BytesPerSecond(0);
  Scenario better = scenario;
  switch (rate) {
    case Rate::intra_node_bandwidth: return better.platform.intra_node.bandwidth *= factor, inside ? std::optional(better) : std::nullopt;
    case Rate::inter_node_bandwidth:
      better.platform.inter_node.bandwidth *= factor;
      better.platform.ingress *= factor;
      return nodes ? std::optional(better) : std::nullopt;
    case Rate::intra_node_latency:
      better.platform.intra_node.latency = platform.intra_node.latency / factor;
      return inside ? std::optional(better) : std::nullopt;
    case Rate::inter_node_latency:
      better.platform.inter_node.latency = platform.inter_node.latency / factor;
      return nodes ? std::optional(better) : std::nullopt;
    case Rate::input:
      if (platform.loader_rate <= 0 && !platform.data) return std::nullopt;
      better.platform.loader_rate *= factor;
      if (platform.data) quicken(better, factor);
      return better;
    case Rate::host_link:
      if (platform.host_link == BytesPerSecond(0)) return std::nullopt;
      better.platform.host_link *= factor;
      return better;
    case Rate::library_latency:
      better.platform.library_speed.messages *= factor;
      better.platform.collective_overhead = platform.collective_overhead / factor;
      return alone ? std::nullopt : std::optional(better);
    case Rate::library_protocols: better.platform.library_speed.protocols *= factor; return alone ? std::nullopt : std::optional(better);
    case Rate::measured_collectives:
      if (alone || inside || scenario.calibration->collectives.empty()) return std::nullopt;
      return with_calibration(scenario, [&](Calibration& calibration) {
        for (CollectiveTimeModel& model : calibration.all_reduce_models)
          for (double& logarithm : model.log_seconds) logarithm -= std::log(factor);
        for (CollectiveSample& sample : calibration.collectives) sample.median = sample.median / factor;
      });
    default: return with_better_device(scenario, rate, factor);
  }
}

std::vector<Limit> step_limits(const Scenario& scenario, Seconds step, const Predictor& predict) {
  std::vector<Limit> limits;
  for (int i = 0; i <= static_cast<int>(Rate::measured_collectives); ++i) {
    const auto rate = static_cast<Rate>(i);
    const std::optional<Scenario> better = with_better(scenario, rate, kBetter);
    if (!better) continue;
    const Prediction prediction = predict(*better);
    if (!prediction.step_time) continue;
    const double elasticity = std::log(step / *prediction.step_time) / std::log(kBetter);
    if (std::abs(elasticity) >= kLeastElasticity) limits.push_back({rate, elasticity});
  }
  std::ranges::stable_sort(limits, std::greater{}, &Limit::elasticity);
  return limits;
}

std::string limits_sentence(const std::vector<Limit>& limits) {
  if (limits.empty()) return "nothing known here limits the step: its times were given";
  std::string sentence = forerun::format("the step is {} limited by {}", percent(limits.front().elasticity), words(limits.front().rate));
  std::size_t told = 1;
  while (told < limits.size() && limits[told].elasticity >= kToldShare) ++told;
  for (std::size_t i = 1; i < told; ++i)
    sentence += forerun::format("{}{} by {}", i + 1 == told ? " and " : ", ", percent(limits[i].elasticity), words(limits[i].rate));
  return sentence;
}

}  // namespace forerun
