#include "costs/summary.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <iterator>
#include <string>

#include "core/error.hpp"
#include "costs/collectives.hpp"
#include "costs/fit_record_file.hpp"
#include "costs/measured_transfer.hpp"
#include "costs/nccl.hpp"
#include "costs/scaled_calibration.hpp"
#include "costs/server_transfer.hpp"
#include "io/format.hpp"
#include "platforms/topology.hpp"
#include "workloads/formulas.hpp"

namespace forerun {

namespace {

// Transfers of one step on a rank of the compute class: their time alone, and the bytes it sends.
struct Communication {
  Seconds time;
  Bytes sent;
};
Communication communication(const StepPlan& plan, std::span<const OperationCost> costs) {
  const TreeIndex tree = index_tree(plan);
  Communication sum;
  for (std::size_t i = 0; i < plan.operations.size(); ++i) {
    const auto* transfer = std::get_if<Collective>(&plan.operations[i].work);
    if (transfer == nullptr || !takes_part(plan, plan.operations[i], plan.compute_class)) continue;
    const double instances = times_in_step(tree, i);
    sum.time += instances * costs[i].duration();
    if (is_server_transfer(transfer->operation)) {
      if (transfer->operation == Collective::Operation::push) sum.sent += instances * transfer->bytes;
      continue;
    }
    // Of a chain the last rank sends nothing: the mean over the group.
    const int size = plan.communicators[transfer->communicator].size;
    const RingPhase phase = ring_phase(*transfer, size);
    sum.sent += (phase.closed ? instances : instances * (size - 1) / size) * phase.edge_bytes;
  }
  return sum;
}

/// What computations rest on that no calibration prices.
void add_computations(const StepPlan& plan, const Platform& platform, std::vector<std::string>& list) {
  bool timed = false;
  bool counted = false;
  for (const Operation& operation : plan.operations) {
    const auto* computation = std::get_if<Computation>(&operation.work);
    if (computation == nullptr) continue;
    (computation->duration > Seconds(0) ? timed : counted) = true;
  }
  if (timed) list.emplace_back("computations take the durations of the trace");
  if (counted)
    list.push_back(forerun::format("computations without a duration at the roofline of {}: {:.4g} Tflop/s, {}", platform.name,
                                   platform.device_rate.value() / 1e12, human(platform.device_bandwidth)));
}

/// Who chooses how a collective runs, and by what.
std::string library_assumption(const Platform& platform, const StepPlan& plan) {
  const bool forced = std::ranges::none_of(plan.operations, [](const Operation& operation) {
    const auto* transfer = std::get_if<Collective>(&operation.work);
    return transfer != nullptr && transfer->algorithm == CollectiveAlgorithm::automatic;
  });
  const std::string chosen = forced ? "as the strategy says" : "as the library chooses";
  switch (platform.library) {
    case CollectiveLibrary::nccl:
      return forerun::format("collectives of NCCL {}, {}, with its tuning's latencies and protocols", nccl_tuning().version, chosen);
    case CollectiveLibrary::gloo: return "collectives of gloo, " + (forced ? chosen : "which are rings");
    case CollectiveLibrary::mpi: return "collectives of Open MPI, " + chosen;
    case CollectiveLibrary::none: break;
  }
  return "collectives of no library in particular, " + (forced ? chosen : "rings");
}

void add_servers(const Scenario& scenario, std::vector<std::string>& list) {
  const Strategy& strategy = scenario.strategy;
  if (strategy.servers == 0) return;
  list.push_back(forerun::format("{} parameter server{}, {} updates on one device each, variables {}", strategy.servers,
                                 strategy.servers == 1 ? "" : "s",
                                 strategy.updates == Updates::synchronous ? "synchronous" : "asynchronous", to_string(strategy.variables)));
}

/// What a message over a link waits: with NCCL not the link's latency, but the one of NCCL's own model.
std::string latency_text(const Platform& platform, const Link& link) {
  if (platform.library != CollectiveLibrary::nccl) return human(link.latency);
  const NcclTuning& tuning = nccl_tuning();
  const NcclTuning::Hops& inside = platform.fabric == NodeFabric::pcie ? tuning.pcie : tuning.nvlink;
  const NcclTuning::Hops& hops = &link == &platform.intra_node ? inside : tuning.network;
  return forerun::format("NCCL's {} a message (Simple)", human(Seconds(hops.ring_s[static_cast<std::size_t>(Protocol::simple)])));
}

/// Which of the plan's transfers the calibration measured inside the node, and which not.
std::string measured_text(const Scenario& scenario, const StepPlan& plan) {
  std::vector<std::string_view> measured, others;
  for (const Operation& operation : plan.operations) {
    const auto* transfer = std::get_if<Collective>(&operation.work);
    if (transfer == nullptr || transfer->operation == Collective::Operation::barrier) continue;
    const int ranks = plan.communicators[static_cast<std::size_t>(transfer->communicator)].size;
    std::vector<std::string_view>& list = is_measured(*transfer, ranks, *scenario.calibration) ? measured : others;
    const std::string_view name = to_string(transfer->operation);
    if (ranks > 1 && std::ranges::find(list, name) == list.end()) list.push_back(name);
  }
  const auto listed = [](const std::vector<std::string_view>& names) {
    std::string text;
    for (std::size_t i = 0; i < names.size(); ++i)
      text += std::string(i == 0 ? "" : i + 1 == names.size() ? " and " : ", ") + std::string(names[i]);
    return text;
  };
  std::string text;
  if (!measured.empty()) text = listed(measured) + " inside the node as the calibration measured " + (measured.size() == 1 ? "it" : "them");
  if (!others.empty())
    text += (text.empty() ? "" : "; ") + listed(others) + " inside the node, which it did not measure, by its messages between two ranks";
  return text;
}

/// Servers on nodes of their own are met between nodes, however few the ranks are; what they add up is priced.
std::string links_text(const Scenario& scenario, const StepPlan& plan) {
  const Platform& platform = scenario.platform;
  const bool served = scenario.strategy.servers > 0;
  const bool apart = served && scenario.strategy.server_nodes == ServerNodes::own;
  const bool one_node = !apart && scenario.ranks() <= platform.devices_per_node;
  const Link& link = one_node ? platform.intra_node : platform.inter_node;
  if (one_node && link.bandwidth == BytesPerSecond(0)) return measured_text(scenario, plan);
  return forerun::format("links {} of {} and {}{}", one_node ? "inside the node" : "between nodes", human(link.bandwidth),
                         served ? human(link.latency) : latency_text(platform, link),
                         served ? "" : "; the reduction's arithmetic is neglected");
}

/// Empty of a star, and where nothing leaves a node.
std::string network_text(const Scenario& scenario) {
  const Topology& topology = scenario.platform.topology;
  if (topology.kind == Topology::Kind::star || scenario.ranks() <= scenario.platform.devices_per_node) return "";
  if (topology.routes)
    return "nodes joined as " + std::filesystem::path(topology.routes->file).filename().string() +
           " says, each message as late as over the longest route";
  const std::string subscribed = oversubscription_text(topology);
  return forerun::format("nodes joined by a {} of {}{}{}, in which no route adapts to traffic", to_string(topology.kind),
                         shape_text(topology), subscribed.empty() ? "" : ", over-subscribed ", subscribed);
}

std::vector<std::string> assumptions(const Scenario& scenario, const StepPlan& plan) {
  const Calibration& calibration = *scenario.calibration;
  std::vector<std::string> list;
  add_computations(plan, scenario.platform, list);
  const bool kernels =
      std::ranges::any_of(plan.operations, [](const Operation& operation) { return std::holds_alternative<Kernel>(operation.work); });
  if (kernels)
    list.push_back(forerun::format("kernel times of calibration {} ({}, {}{}{})", calibration.name, to_string(calibration.origin),
                                   calibration.cpu, calibration.cpu.empty() ? "" : ", ", calibration.date));
  if (const std::string fitted = kernels && calibration.fit ? fit_text(*calibration.fit, scenario.platform.name) : ""; !fitted.empty())
    list.push_back("of it " + fitted);
  if (kernels && calibration.scaled) list.push_back(scaling_text(*calibration.scaled));
  if (kernels && calibration.compute_scale != 1)
    list.push_back(forerun::format("compute times scaled by {:.4g}", calibration.compute_scale));
  if (kernels && calibration.spells.share > 0 && is_calibrated_machine(scenario.platform, calibration))
    list.push_back(forerun::format("others slow each core by {:.2f} during {} of the time, and ranks wait for the slowest",
                                   calibration.spells.factor, percent(calibration.spells.share)));
  if (scenario.ranks() > 1) {
    if (scenario.strategy.servers == 0 || scenario.strategy.node_reduction) list.push_back(library_assumption(scenario.platform, plan));
    if (std::string links = links_text(scenario, plan); !links.empty()) list.push_back(std::move(links));
    if (std::string network = network_text(scenario); !network.empty()) list.push_back(std::move(network));
  }
  add_servers(scenario, list);
  if (const int devices = scenario.platform.devices(); scenario.ranks() < devices)
    list.push_back(forerun::format("{} of {} devices idle", devices - scenario.ranks(), devices));
  if (!scenario.plan && scenario.strategy.offload == Offload::optimizer && scenario.platform.host_link == BytesPerSecond(0))
    list.emplace_back(
        "the update takes the device's time though its state lies in the host: platform.host-link-bandwidth counts the way there");
  if (!scenario.plan && scenario.platform.loader_rate > 0)
    list.push_back(forerun::format("a process loads {:.4g} samples a second, one step ahead{}", scenario.platform.loader_rate,
                                   scenario.workload.files.decode > Seconds(0) ? ", decoding included" : ""));
  else if (!scenario.plan && !scenario.platform.data)
    list.emplace_back("input is ready in memory");
  return list;
}

}  // namespace

std::optional<double> model_flops_utilization(const Scenario& scenario, Seconds step) {
  if (!scenario.calibration->gpu) return std::nullopt;
  const Workload& workload = scenario.workload;
  const FlopsPerSecond peak = scenario.calibration->gpu->peak[workload.precision];
  if (peak == FlopsPerSecond(0)) return std::nullopt;
  const Flops model =
      static_cast<double>(workload.batch) * (matrix_flops_per_sample(workload) + backward_matrix_flops_per_sample(workload));
  return model / (static_cast<double>(scenario.ranks()) * peak * step);
}

Prediction summarize(const Scenario& scenario, const StepPlan& plan, std::span<const OperationCost> costs, const RunTimes& times) {
  const Seconds step = times.step;
  const Workload& workload = scenario.workload;
  Prediction prediction;
  prediction.origin =
      scenario.calibration->compute_scale == 1 ? scenario.calibration->origin : std::max(scenario.calibration->origin, Origin::fitted);
  const bool computations =
      std::ranges::any_of(plan.operations, [](const Operation& operation) { return std::holds_alternative<Computation>(operation.work); });
  if (computations) prediction.origin = Origin::published;
  prediction.assumptions = assumptions(scenario, plan);
  prediction.step_time = step;
  prediction.parts = times.parts;
  std::ranges::copy(times.assumptions, std::back_inserter(prediction.assumptions));
  const Communication moved = communication(plan, costs);
  prediction.comm_total = moved.time;
  prediction.comm_bytes_per_rank = moved.sent;
  add_whole_run(scenario, plan, costs, times, prediction);
  if (scenario.plan) return prediction;
  prediction.throughput_samples_per_s = static_cast<double>(workload.batch) / step.value();
  if (workload.tokens_per_sample > 0)
    prediction.throughput_tokens_per_s = *prediction.throughput_samples_per_s * static_cast<double>(workload.tokens_per_sample);
  prediction.mfu = model_flops_utilization(scenario, step);
  if (const std::int64_t steps_an_epoch = workload.samples / workload.batch; steps_an_epoch > 0) {
    prediction.epoch_time = static_cast<double>(steps_an_epoch) * step;
    if (times.first_epoch_step) prediction.first_epoch_time = static_cast<double>(steps_an_epoch) * *times.first_epoch_step;
  }
  const StepMemory& memory = plan.memory;
  prediction.memory_per_device = memory.total();
  prediction.memory_parts = {{"weights", memory.weights},
                             {"gradients", memory.gradients},
                             {"optimizer", memory.optimizer},
                             {"activations", memory.activations},
                             {"activation_gradients", memory.activation_gradients}};
  if (memory.context > Bytes(0)) prediction.memory_parts["framework"] = memory.context;
  return prediction;
}

Prediction infeasible(std::string reason) {
  Prediction prediction;
  prediction.status = Status::infeasible;
  prediction.reason = std::move(reason);
  return prediction;
}

}  // namespace forerun
