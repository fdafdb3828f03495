#include "strategies/server_step.hpp"

#include <algorithm>
#include <cmath>

namespace forerun {
namespace {

constexpr Bytes kToken(8);  // an int64 of the queue  [TensorFlow, python/training/sync_replicas_optimizer.py]

Kernel update_of(double elements, Bytes footprint, const Workload& workload) {
  Kernel kernel{{}, Pass::update, 1, footprint, workload.precision, workload.optimizer};
  kernel.shape.kind = LayerKind::dense;
  kernel.shape.output.channels = std::max<std::int64_t>(1, std::llround(elements));
  kernel.shape.bias = false;
  return kernel;
}

}  // namespace

ServerStep::ServerStep(const Scenario& scenario, const ServerLayout& servers, const Layout& layout, const LocalModel& model,
                       const std::vector<ServedVariable>& variables, StepPlan& plan)
    : scenario_(scenario),
      servers_(servers),
      layout_(layout),
      model_(model),
      variables_(variables),
      plan_(plan),
      writer_(plan),
      passes_(model, scenario.strategy, plan.memory.total(), writer_),
      names_(std::make_shared<std::deque<std::string>>()) {
  plan.ranks = servers.ranks;
  compute_lane_ = lane("compute", LaneKind::compute);
  server_lane_ = lane("server", LaneKind::host);
  add_classes();
  add_communicators();
  plan.compute_lane = compute_lane_;
  plan.names.texts = names_;
}

int ServerStep::lane(std::string_view name, LaneKind kind) {
  plan_.lanes.push_back({name, kind});
  return static_cast<int>(plan_.lanes.size()) - 1;
}

std::string_view ServerStep::named(std::string_view what, int server) {
  return names_->emplace_back(std::string(what) + " " + std::to_string(server));
}

void ServerStep::add_classes() {
  for (const WorkerClass& workers : servers_.classes) plan_.classes.push_back(workers.ranks);
  ready_.assign(servers_.classes.size(), std::vector<int>(model_.workload().layers.size(), -1));
  passed_.assign(servers_.classes.size(), -1);
  for (int s = 0; s < static_cast<int>(servers_.server_ranks.size()); ++s) {
    const int rank = servers_.server_ranks[static_cast<std::size_t>(s)];
    const auto beside = std::ranges::find_if(
        servers_.classes, [rank](const WorkerClass& workers) { return workers.ranks.first == rank && workers.ranks.count == 1; });
    if (beside != servers_.classes.end()) {
      server_classes_.push_back(static_cast<int>(beside - servers_.classes.begin()));
      continue;
    }
    server_classes_.push_back(static_cast<int>(plan_.classes.size()));
    plan_.classes.push_back({named("server", s), rank, 1, 1});
  }
}

void ServerStep::add_communicators() {
  std::vector<int> leading;
  for (int c = 0; c < static_cast<int>(servers_.classes.size()); ++c)
    if (servers_.classes[static_cast<std::size_t>(c)].leads) leading.push_back(c);
  for (int s = 0; s < static_cast<int>(servers_.server_ranks.size()); ++s) {
    const int rank = servers_.server_ranks[static_cast<std::size_t>(s)];
    Communicator star;
    star.name = named("server", s);
    star.members = {rank};
    std::ranges::copy_if(servers_.leader_ranks, std::back_inserter(star.members), [rank](int leader) { return leader != rank; });
    star.size = static_cast<int>(star.members.size());
    star.classes = leading;
    const int held = server_classes_[static_cast<std::size_t>(s)];
    if (std::ranges::find(leading, held) == leading.end()) star.classes.push_back(held);
    stars_.push_back(static_cast<int>(plan_.communicators.size()));
    updated_.push_back(-1);
    pushed_.push_back(-1);
    plan_.communicators.push_back(std::move(star));
    pull_lanes_.push_back(lane(named("pull", s), LaneKind::communication));
    push_lanes_.push_back(lane(named("push", s), LaneKind::communication));
  }
  token_lane_ = lane("token", LaneKind::communication);
  if (servers_.server_ranks.size() > 1) {
    meeting_ = static_cast<int>(plan_.communicators.size());
    Communicator meeting{.name = "servers", .size = static_cast<int>(servers_.server_ranks.size())};
    meeting.classes = server_classes_;
    meeting.members = servers_.server_ranks;
    plan_.communicators.push_back(std::move(meeting));
  }
  if (!scenario_.strategy.node_reduction || servers_.node_workers < 2) return;
  node_lane_ = lane("node", LaneKind::communication);
  node_communicator_ = static_cast<int>(plan_.communicators.size());
  Communicator node{.name = "node", .size = servers_.node_workers, .groups = servers_.worker_nodes};
  node.outer_stride = servers_.node_workers;
  for (int c = 0; c < static_cast<int>(servers_.classes.size()); ++c) node.classes.push_back(c);
  plan_.communicators.push_back(std::move(node));
}

Operation ServerStep::transfer(Collective::Operation operation, int communicator, int lane, Bytes bytes) const {
  Operation transfer;
  transfer.rank_class = plan_.communicators[static_cast<std::size_t>(communicator)].classes.front();
  transfer.lane = lane;
  transfer.work = Collective{operation, scenario_.strategy.collective, communicator, bytes};
  return transfer;
}

void ServerStep::pull() {
  for (std::size_t s = 0; s < stars_.size(); ++s) {
    double elements = 0;
    for (const ServedVariable& variable : variables_)
      if (variable.server == static_cast<int>(s)) elements += variable.moved;
    writer_.append_transfer(transfer(Collective::Operation::pull, stars_[s], pull_lanes_[s], weight_bytes(elements)));
    first_.push_back(writer_.last());
  }
  pulled_ = first_;
  if (node_lane_ >= 0) hand_on();
}

void ServerStep::hand_on() {
  double elements = 0;
  for (const ServedVariable& variable : variables_) elements += variable.moved;
  for (const int pulled : first_) writer_.wait_for(pulled);
  writer_.append_transfer(transfer(Collective::Operation::broadcast, node_communicator_, node_lane_, weight_bytes(elements)));
  pulled_ = {writer_.last()};
}

void ServerStep::compute(int worker_class) {
  const LayerRange all{0, static_cast<int>(model_.workload().layers.size())};
  StageContext stage;
  stage.rank_class = worker_class;
  stage.compute_lane = compute_lane_;
  const auto forward = [&] {
    passes_.begin_body();
    for (const int pulled : pulled_) writer_.wait_for(pulled);
    passes_.forward(all, stage);
  };
  writer_.repeat(layout_.micro_batches - 1, [&] {
    forward();
    passes_.backward(all, stage);
  });
  forward();
  std::vector<int>& ready = ready_[static_cast<std::size_t>(worker_class)];
  passes_.backward(all, stage, [&](int layer) { ready[static_cast<std::size_t>(layer)] = writer_.last(); });
  passed_[static_cast<std::size_t>(worker_class)] = writer_.last();
}

std::vector<ServerStep::Push> ServerStep::pushes() const {
  const Strategy& strategy = scenario_.strategy;
  std::vector<Push> closed;
  std::vector<Push> open(stars_.size());
  std::vector<int> sent(stars_.size(), 0);
  const auto close = [&](std::size_t server) {
    if (open[server].elements > 0) closed.push_back(open[server]), ++sent[server];
    open[server] = {};
  };
  for (int layer = static_cast<int>(model_.workload().layers.size()) - 1; layer >= 0; --layer) {
    for (const ServedVariable& variable : variables_) {
      if (variable.layer != layer || !variable.trained) continue;
      Push& push = open[static_cast<std::size_t>(variable.server)];
      push = {variable.server, layer, push.elements + variable.moved};
    }
    for (std::size_t s = 0; s < open.size(); ++s)
      if (gradient_bytes(open[s].elements) >= (sent[s] == 0 ? strategy.first_bucket : strategy.bucket)) close(s);
  }
  for (std::size_t s = 0; s < open.size(); ++s) close(s);
  return closed;
}

void ServerStep::send(const Push& push, int index) {
  const bool waits_for_all = !overlaps_data(scenario_.strategy.overlap);
  for (std::size_t c = 0; c < servers_.classes.size(); ++c) {
    const int ready = ready_[c][static_cast<std::size_t>(push.layer)];
    writer_.wait_for(waits_for_all || ready < 0 ? passed_[c] : ready);
  }
  const auto server = static_cast<std::size_t>(push.server);
  if (node_lane_ >= 0) {
    writer_.append_transfer(transfer(Collective::Operation::all_reduce, node_communicator_, node_lane_, gradient_bytes(push.elements)),
                            index);
    writer_.wait_for(writer_.last());
  }
  writer_.append_transfer(transfer(Collective::Operation::push, stars_[server], push_lanes_[server], gradient_bytes(push.elements)), index);
  pushed_[server] = writer_.last();
}

void ServerStep::append_server(const Push& push, std::string_view name, const Kernel& kernel) {
  Operation operation;
  operation.rank_class = server_classes_[static_cast<std::size_t>(push.server)];
  operation.lane = server_lane_;
  operation.work = kernel;
  writer_.append(operation, name, -1);
  updated_[static_cast<std::size_t>(push.server)] = writer_.last();
}

// An accumulator takes a gradient as plain descent takes one: reads both, writes one. Calibrations time the workload's own optimizer, so
// the sum is so much of its update as moves the same bytes.
void ServerStep::apply(const Push& push) {
  writer_.wait_for(writer_.last());
  const double gradients = scenario_.strategy.node_reduction ? servers_.leaders : scenario_.strategy.data;
  const Kernel update = update_of(push.elements, plan_.memory.total(), model_.workload());
  if (scenario_.strategy.updates == Updates::synchronous && gradients > 1) {
    Kernel sum = update;
    sum.optimizer = Optimizer::sgd;
    const double share = bytes_moved(sum) / bytes_moved(update);
    append_server(push, "accumulate", update_of(gradients * share * push.elements, plan_.memory.total(), model_.workload()));
  }
  append_server(push, "update", update);
}

void ServerStep::release() {
  writer_.forget();
  for (const int update : updated_) writer_.wait_for(update);
  if (meeting_ >= 0) {
    writer_.append_transfer(transfer(Collective::Operation::barrier, meeting_, token_lane_, Bytes(0)));
    writer_.wait_for(writer_.last());
  }
  // A worker first waits for what it sends itself.
  for (const int push : pushed_) writer_.wait_for(push);
  writer_.append(transfer(Collective::Operation::pull, stars_.front(), token_lane_, kToken), "token", -1);
  const int token = writer_.last();
  for (const int pulled : first_) writer_.wait_also(pulled, token, 1);
}

void ServerStep::write() {
  pull();
  for (int c = 0; c < static_cast<int>(servers_.classes.size()); ++c) compute(c);
  writer_.forget();
  const std::vector<Push> all = pushes();
  for (std::size_t i = 0; i < all.size(); ++i) {
    send(all[i], static_cast<int>(i));
    apply(all[i]);
  }
  release();
}

}  // namespace forerun
