#include "kernels/trainer/train.hpp"

#include <algorithm>
#include <csignal>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/error.hpp"
#include "io/format.hpp"
#include "kernels/cpu/threads.hpp"
#include "kernels/data/loader.hpp"
#include "kernels/trainer/asynchronous.hpp"
#include "kernels/trainer/checkpoint_folder.hpp"
#include "kernels/trainer/executor.hpp"
#include "kernels/trainer/host_state.hpp"
#include "kernels/trainer/one_rank.hpp"
#include "strategies/parameter_server.hpp"

namespace forerun {

namespace {

/// A rank's share of each step's global batch: from files, or of a few batches that are made before the first step and used in turn. A rank
/// that only serves variables has empty ones.
class BatchSource {
 public:
  BatchSource(const Scenario& scenario, const StepPlan& plan, const TrainOptions& options, int rank, const Network& network,
              const ImageFiles* images) {
    const Workload& workload = scenario.workload;
    const std::int64_t size = workload.batch / scenario.strategy.data;
    const std::int64_t first = size * share_of(scenario.strategy, plan, rank);
    const bool works = !network.chunks().empty();
    if (works && images != nullptr) {
      loader_.emplace(*images, workload, scenario.run.seed, Loader::Share{workload.batch, first, size}, options.checkpoints.after,
                      options.data.prefetch, options.data.cores);
      return;
    }
    resident_.reserve(static_cast<std::size_t>(options.resident_batches));
    for (int i = 0; i < options.resident_batches; ++i) {
      resident_.push_back(works ? make_batch(workload, scenario.run.seed, i * workload.batch + first, first, size) : Batch{});
      resident_.back().resident = true;
    }
  }

  /// The next step's, which stays until the one after is asked for.
  const Batch& next(std::int64_t step, RankLog* log) {
    if (!loader_) return resident_[static_cast<std::size_t>(step) % resident_.size()];
    const LoadedBatch& loaded = loader_->next();
    if (log != nullptr) log->input.push_back({loaded.times.read, loaded.times.decode, loaded.waited});
    return loaded.batch;
  }

  /// The batches that were made; none of files.
  [[nodiscard]] const std::vector<Batch>& resident() const { return resident_; }

 private:
  std::vector<Batch> resident_;
  std::optional<Loader> loader_;
};

RankLog empty_log(const StepPlan& plan, const TrainOptions& options) {
  RankLog log;
  log.operations.resize(plan.operations.size());
  for (auto& operation : log.operations) operation.reserve(static_cast<std::size_t>(options.steps));
  log.step_ends.reserve(static_cast<std::size_t>(options.steps) + 1);
  log.losses.reserve(static_cast<std::size_t>(options.steps));
  return log;
}

/// Goes on where a checkpoint was written, if there is one. The time that it took to read it.
Seconds restore(Checkpointer& checkpointer, HostState& state, const TrainOptions& options, Network& network,
                std::optional<ServerTransfers>& servers) {
  const Seconds begun = options.clock();
  if (options.checkpoints.after == 0) return Seconds(0);
  checkpointer.restore();
  state.store();
  network.round_weights();
  network.go_on_after(options.checkpoints.after);
  if (servers) servers->go_on_after(options.checkpoints.after);
  return options.clock() - begun;
}

/// A callback for each percent at most: progress must not cost the steps time.
class StepProgress {
 public:
  StepProgress(const ProgressCallback& callback, std::int64_t total, std::int64_t after)
      : callback_(callback), total_(total), what_(after == 0 ? "training steps" : forerun::format("training steps after {}", after)) {}

  void report(std::int64_t done) {
    const std::int64_t percent = total_ == 0 ? 100 : 100 * done / total_;
    if (!callback_ || percent == reported_) return;
    reported_ = percent;
    callback_({static_cast<double>(done), static_cast<double>(total_), what_});
  }

 private:
  const ProgressCallback& callback_;
  std::int64_t total_;
  std::string what_;
  std::int64_t reported_ = -1;
};

/// Of replicas those with the same part of a layer differ in their share.
int share_among(const StepPlan& plan, const std::vector<int>& replicas, int rank) {
  const int communicator = sharing_communicator(plan);
  const auto part_of = [&](int each) {
    return communicator < 0 ? 0 : member_of(plan.communicators[static_cast<std::size_t>(communicator)], each);
  };
  const auto before = std::ranges::find(replicas, rank);
  return static_cast<int>(std::count_if(replicas.begin(), before, [&](int other) { return part_of(other) == part_of(rank); }));
}

}  // namespace

TrainingIdentity identity_of(const Scenario& scenario, const TrainOptions& options, const ImageFiles* images) {
  TrainingIdentity identity = training_identity(
      scenario, images != nullptr ? images->identity() : forerun::format("{} batches that were made", options.resident_batches));
  if (options.device_kind != DeviceKind::cpu) identity.emplace_back("device", to_string(options.device_kind));
  identity.emplace_back("threads", std::to_string(options.threads));  // sums of several are in another order
  return identity;
}

std::optional<ImageFiles> images_of(const Workload& workload, const DataOptions& data) {
  if (data.files.empty()) return {};
  return ImageFiles(data.files, workload);
}

void require_trainable(const Strategy& strategy) {
  const auto refuse = [](std::string_view key, const std::string& value) {
    throw MissingCapability("the trainer does not execute " + std::string(key) + "=" + value + "; leave it out, or ask `forerun predict`");
  };
  const SpatialGrid& grid = strategy.spatial;
  if (grid.width > 1) refuse("spatial", std::to_string(grid.height) + "x" + std::to_string(grid.width));
  const std::initializer_list<std::pair<std::string_view, int>> axes{
      {"tensor", strategy.tensor}, {"context", strategy.context}, {"expert", strategy.expert}};
  for (const auto& [key, degree] : axes)
    if (degree > 1) refuse(key, std::to_string(degree));
  const std::string shared = strategy.filter > 1 ? "filter" : strategy.channel > 1 ? "channel" : grid.parts() > 1 ? "spatial" : "";
  if (!shared.empty() && overlaps_tensor(strategy.overlap)) refuse("overlap", std::string(to_string(strategy.overlap)) + " with " + shared);
  if (strategy.recompute != Recompute::none) refuse("recompute", std::string(to_string(strategy.recompute)));
  if (strategy.zero > 0) refuse("zero", std::to_string(strategy.zero));
  if (strategy.servers > 0) {
    if (strategy.updates == Updates::asynchronous && strategy.server_nodes == ServerNodes::shared)
      refuse("server-nodes", "shared with sync=off");
    if (strategy.backup_workers > 0) refuse("backup-workers", std::to_string(strategy.backup_workers));
    if (strategy.variables == VariablePlacement::partitioned) refuse("variables", "partitioned");
    if (strategy.node_reduction) refuse("node-reduction", "on");
    if (strategy.overlap != Overlap::none) refuse("overlap", std::string(to_string(strategy.overlap)) + " with servers");
  }
  if (strategy.offload != Offload::none) refuse("offload", std::string(to_string(strategy.offload)));
}

void require_trainable_on_gpus(const Strategy& strategy) {
  const auto refuse = [](const std::string& what) {
    throw MissingCapability("the trainer executes " + what + " on CPUs alone; leave --device cuda out, or ask `forerun predict`");
  };
  if (strategy.servers > 0) refuse("servers=" + std::to_string(strategy.servers));
  if (strategy.spatial.parts() > 1) refuse("spatial=" + std::to_string(strategy.spatial.parts()));
  if (strategy.interleave > 1) refuse("interleave=" + std::to_string(strategy.interleave));
}

std::int64_t first_timed_step(const TrainOptions& options) {
  const std::int64_t last = options.warm_up + options.steps - 1;
  return std::min(options.checkpoints.after + options.warm_up, last);
}

int share_of(const Strategy& strategy, const StepPlan& plan, int rank) {
  if (strategy.servers > 0) return rank;  // workers come first, in classes by what stands beside them
  for (const Communicator& replicas : plan.communicators)
    if (replicas.name == "data")
      if (const std::vector<int> members = group_of(replicas, rank); !members.empty()) return share_among(plan, members, rank);
  return 0;
}

RankLog train_rank(const Scenario& scenario, const StepPlan& plan, const TrainOptions& options, RankGroup& group,
                   const ProgressCallback& progress) {
  require_trainable(scenario.strategy);
  const int rank = group.rank();
  require_executable(plan);
  const cpu::Threads threads(options.threads);
  const std::shared_ptr<Device> device =
      options.device ? options.device : make_device(options.device_kind, options.device_number, options.kernels);
  if (!device->is_host()) require_trainable_on_gpus(scenario.strategy);
  const NetworkOptions how{options.kernels, scenario.run.seed, options.rule, device};
  const std::unique_ptr<RankGroup> on_device = group.ranks() > 1 ? ranks_on(*device, group) : nullptr;
  Network network(scenario.workload, plan, how, planned_rank(scenario.strategy, rank));
  const std::optional<ImageFiles> images = images_of(scenario.workload, options.data);
  const ImageFiles* files = images ? &*images : nullptr;
  BatchSource source(scenario, plan, options, rank, network, files);
  if (waits_for_nobody(scenario.strategy)) {
    if (files != nullptr) throw MissingCapability("the trainer reads no files for workers that wait for nobody (sync=off)");
    StepProgress rounds(progress, options.warm_up + options.steps, 0);
    return train_asynchronously(scenario, plan, options, network, source.resident(), group,
                                [&](std::int64_t done) { rounds.report(done); });
  }
  std::optional<ServerTransfers> servers;
  if (scenario.strategy.servers > 0)
    servers.emplace(scenario.workload, plan, served_variables(scenario), class_of(plan, rank), network, how);
  HostState state(network.device(), servers ? servers->state() : network.state());
  Executor executor(plan, scenario.strategy.overlap, network, on_device ? *on_device : group, options.clock, servers ? &*servers : nullptr);
  Checkpointer checkpointer(options.checkpoints, identity_of(scenario, options, files), writer_of(scenario.strategy, plan, rank),
                            state.arrays(), group, options.clock, options.on_event);
  const Seconds load = restore(checkpointer, state, options, network, servers);
  RankLog log = empty_log(plan, options);
  const std::int64_t first = options.checkpoints.after;
  const std::int64_t total = options.warm_up + options.steps;
  const std::int64_t first_timed = first_timed_step(options);
  StepProgress steps(progress, total, first);

  group.barrier();
  log.origin = options.clock();
  const auto say = [&](TrainEvent::Kind kind, std::int64_t step, Seconds took) {
    if (options.on_event) options.on_event({kind, step, rank, options.clock(), took, {}});
  };
  if (rank == 0) say(TrainEvent::Kind::ready, first, load);
  if (first >= first_timed) log.step_ends.push_back(log.origin);
  Seconds stood_still;
  for (std::int64_t step = first; step < total; ++step) {
    if (std::ranges::find(options.kills, Kill{rank, step + 1}) != options.kills.end()) {
      say(TrainEvent::Kind::killed, step + 1, Seconds(0));
      std::raise(SIGKILL);
    }
    const bool timed = step >= first_timed;
    network.begin_step(source.next(step, timed ? &log : nullptr));
    executor.step(timed ? &log : nullptr);
    if (step + 1 >= first_timed) log.step_ends.push_back(options.clock() - stood_still);
    if (timed && network.has_loss()) log.losses.push_back(network.loss());
    if (checkpointer.is_due(step + 1)) {
      executor.drain(&log);
      stood_still += state.fetch(options.clock);
      stood_still += checkpointer.write(step + 1);
    }
    steps.report(step + 1);
  }
  executor.drain(&log);
  const Seconds last_write = checkpointer.finish();
  if (rank == 0) say(TrainEvent::Kind::finished, total, last_write);
  return log;
}

std::variant<TrainResult, Infeasible> train(const Scenario& scenario, const TrainOptions& options, const ProgressCallback& progress) {
  const auto lowered = lower(scenario);
  if (const auto* infeasible = std::get_if<Infeasible>(&lowered)) return *infeasible;
  const auto& plan = std::get<StepPlan>(lowered);
  OneRank alone;
  return summarise(scenario.workload, plan, {train_rank(scenario, plan, options, alone, progress)});
}

}  // namespace forerun
