#include "tests/oracle/unrolled.hpp"

#include <algorithm>
#include <stdexcept>

namespace forerun::test {

Unrolled::Unrolled(const StepPlan& plan, std::vector<double> durations, int steps)
    : plan_(plan), durations_(std::move(durations)), scopes_(plan.operations.size()), held_(plan.operations.size()), iterations_{0} {
  instances_.resize(plan.operations.size());
  last_on_lane_.assign(static_cast<std::size_t>(plan.ranks) * plan.lanes.size(), -1);
  list_parties();
  std::vector<int> around{0};
  list_scopes(plan.step.body, around);
  for (const Buffer& buffer : plan.step.buffers) held_[buffer.producer].push_back({buffer.consumer, buffer.depth, buffer.taken});
  const std::size_t watched = static_cast<std::size_t>(plan.classes[plan.compute_class].first) * plan.lanes.size() + plan.compute_lane;
  for (; iterations_[0] < steps; ++iterations_[0]) {
    run(plan.step.body, nullptr);
    step_ends_.push_back(last_on_lane_[watched]);
  }
  solve();
}

double Unrolled::total() const { return finish_.empty() ? 0 : *std::ranges::max_element(finish_); }

std::vector<double> Unrolled::compute_ends() const {
  std::vector<double> ends;
  for (const int node : step_ends_) ends.push_back(node < 0 ? 0 : finish_[node]);
  return ends;
}

void Unrolled::list_parties() {
  class_of_.assign(plan_.ranks, -1);
  for (std::size_t c = 0; c < plan_.classes.size(); ++c)
    for (int i = 0; i < plan_.classes[c].count; ++i) class_of_[plan_.classes[c].rank(i)] = static_cast<int>(c);
  for (const Operation& operation : plan_.operations) {
    std::vector<std::vector<int>>& parties = parties_.emplace_back();
    if (const auto* transfer = std::get_if<Collective>(&operation.work)) {
      const Communicator& communicator = plan_.communicators[transfer->communicator];
      for (int group = 0; group < communicator.groups; ++group) {
        parties.emplace_back();
        for (int member = 0; member < communicator.size; ++member) parties.back().push_back(communicator.rank(group, member));
      }
    } else {
      for (int i = 0; i < plan_.classes[operation.rank_class].count; ++i) parties.push_back({plan_.classes[operation.rank_class].rank(i)});
    }
    std::vector<int>& party_of = party_of_.emplace_back(plan_.ranks, -1);
    for (std::size_t party = 0; party < parties.size(); ++party)
      for (const int rank : parties[party]) party_of[rank] = static_cast<int>(party);
  }
}

void Unrolled::list_scopes(const std::vector<Node>& body, std::vector<int>& around) {
  for (const Node& node : body) {
    if (const int* operation = std::get_if<int>(&node)) {
      scopes_[*operation] = around;
    } else if (const auto* repeat = std::get_if<Repeat>(&node)) {
      around.push_back(scope_of_[repeat] = static_cast<int>(iterations_.size()));
      iterations_.push_back(0);
      list_scopes(repeat->body, around);
      around.pop_back();
      for (const Buffer& buffer : repeat->buffers) held_[buffer.producer].push_back({buffer.consumer, buffer.depth, buffer.taken});
    } else {
      list_scopes(std::get<Pipeline>(node), around);
    }
  }
}

void Unrolled::list_scopes(const Pipeline& pipeline, std::vector<int>& around) {
  around.push_back(scope_of_[&pipeline] = static_cast<int>(iterations_.size()));
  iterations_.push_back(0);
  for (const Chunk& chunk : pipeline.chunks) {
    for (const std::vector<Node>* body : {&chunk.forward, &chunk.backward, &chunk.weight}) list_scopes(*body, around);
    for (const int send : {chunk.send_forward, chunk.send_backward})
      if (send >= 0) scopes_[send] = around;
  }
  around.pop_back();
}

void Unrolled::run(const std::vector<Node>& body, Body* within) {
  for (const Node& node : body) {
    if (const int* operation = std::get_if<int>(&node)) {
      const std::pair<int, int> added(*operation, add(*operation));
      if (within == nullptr) continue;
      within->last = added;
      if (within->first.first < 0) within->first = added;
    } else if (const auto* repeat = std::get_if<Repeat>(&node)) {
      for (std::int64_t i = 0; i < repeat->count; ++i, ++iterations_[scope_of_[repeat]]) run(repeat->body, within);
    } else {
      run(std::get<Pipeline>(node));
    }
  }
}

/// Stage by stage, each in the order of its schedule; what stages wait for of one another is joined afterwards.
void Unrolled::run(const Pipeline& pipeline) {
  std::int64_t& micro_batch = iterations_[scope_of_[&pipeline]];
  const std::int64_t before = micro_batch;
  for (int stage = 0; stage < pipeline.stages; ++stage)
    for (const StageTask& task :
         stage_schedule({pipeline.schedule, pipeline.stages, pipeline.micro_batches, pipeline.interleave()}, stage)) {
      const Chunk& chunk = pipeline.chunks[task.chunk];
      micro_batch = before + task.micro_batch;
      const Moment moment{task.chunk, task.body, micro_batch};
      const bool forward = task.body == StageBody::forward, backward = task.body == StageBody::backward;
      run(forward ? chunk.forward : backward ? chunk.backward : chunk.weight, &bodies_[moment]);
      const int send = forward ? chunk.send_forward : backward ? chunk.send_backward : -1;
      if (send >= 0) sends_[moment] = {send, add(send)};
    }
  join(pipeline, before);
  micro_batch = before + pipeline.micro_batches;
}

/// The list under Pipeline in core/plan.hpp, line by line.
void Unrolled::join(const Pipeline& pipeline, std::int64_t first_micro_batch) {
  const int last = static_cast<int>(pipeline.chunks.size()) - 1;
  for (int c = 0; c <= last; ++c)
    for (std::int64_t i = first_micro_batch; i < first_micro_batch + pipeline.micro_batches; ++i)
      for (const StageBody body : {StageBody::forward, StageBody::backward}) {
        const Moment here{c, body, i};
        const int rank_class = pipeline.chunks[c].rank_class;
        const int source = body == StageBody::forward ? c - 1 : c + 1, target = body == StageBody::forward ? c + 1 : c - 1;
        if (source > last) {
          join_ranks(bodies_.at(here).first, bodies_.at({c, StageBody::forward, i}).last, rank_class);
        } else if (source >= 0) {
          const auto sent = sends_.find({source, body, i});
          join_ranks(bodies_.at(here).first, sent != sends_.end() ? sent->second : bodies_.at({source, body, i}).last, rank_class);
        }
        const auto send = sends_.find(here);
        if (send == sends_.end()) continue;
        join_ranks(send->second, bodies_.at(here).last, rank_class);
        const auto freed = bodies_.find({target, body, i - pipeline.buffer_depth});
        if (freed != bodies_.end()) join_ranks(send->second, freed->second.last, pipeline.chunks[target].rank_class);
      }
}

int Unrolled::add(int index) {
  const Operation& operation = plan_.operations[index];
  const int first_node = static_cast<int>(operation_of_.size());
  for (const std::vector<int>& party : parties_[index]) {
    const int node = static_cast<int>(operation_of_.size());
    operation_of_.push_back(index);
    for (const int rank : party) {
      int& last = last_on_lane_[static_cast<std::size_t>(rank) * plan_.lanes.size() + operation.lane];
      if (last >= 0) edges_.push_back({last, node});
      last = node;
    }
    for (int d = 0; d < operation.dependency_count; ++d) {
      const Dependency& after = plan_.dependencies[operation.first_dependency + d];
      wait_for(index, party, after.operation, after.offset, false);
    }
    for (const Held& buffer : held_[index]) wait_for(index, party, buffer.consumer, buffer.depth, buffer.taken);
  }
  Instance instance{first_node, {}};
  for (const int scope : scopes_[index]) instance.iterations.push_back(iterations_[scope]);
  instances_[index].push_back(std::move(instance));
  return first_node;
}

/// `offset` iterations back in the innermost repeat around both, the last instance there is.
void Unrolled::wait_for(int operation, const std::vector<int>& party, int named, int offset, bool started) {
  std::size_t common = 0;
  while (common + 1 < std::min(scopes_[operation].size(), scopes_[named].size()) &&
         scopes_[operation][common + 1] == scopes_[named][common + 1])
    ++common;
  const std::int64_t iteration = iterations_[scopes_[operation][common]] - offset;
  if (iteration < 0) return;
  const auto& all = instances_[named];
  const auto past = std::partition_point(all.begin(), all.end(), [&](const Instance& i) { return i.iterations[common] <= iteration; });
  if (past == all.begin() || std::prev(past)->iterations[common] != iteration) throw std::logic_error("waits for what never was");
  const int waiting = static_cast<int>(operation_of_.size()) - 1;
  for (const int rank : party)
    if (const int theirs = party_of_[named][rank]; theirs >= 0) edges_.push_back({std::prev(past)->first_node + theirs, waiting, started});
}

/// On each rank of a class.
void Unrolled::join_ranks(std::pair<int, int> waiter, std::pair<int, int> named, int rank_class) {
  for (int rank = 0; rank < plan_.ranks; ++rank)
    if (class_of_[rank] == rank_class)
      edges_.push_back({named.second + party_of_[named.first][rank], waiter.second + party_of_[waiter.first][rank]});
}

void Unrolled::solve() {
  const std::size_t nodes = operation_of_.size();
  std::vector<int> missing(nodes, 0), first(nodes + 1, 0);
  for (const Edge& edge : edges_) ++missing[edge.to], ++first[edge.from + 1];
  for (std::size_t i = 0; i < nodes; ++i) first[i + 1] += first[i];
  std::vector<Edge> outward(edges_.size());
  std::vector<int> filled(first.begin(), first.end() - 1);
  for (const Edge& edge : edges_) outward[filled[edge.from]++] = edge;
  start_.assign(nodes, 0);
  finish_.assign(nodes, 0);
  std::vector<int> ready;
  for (std::size_t i = 0; i < nodes; ++i)
    if (missing[i] == 0) ready.push_back(static_cast<int>(i));
  for (std::size_t solved = 0; solved < nodes; ++solved) {
    if (ready.empty()) throw std::logic_error("the unrolled plan waits for itself");
    const int node = ready.back();
    ready.pop_back();
    finish_[node] = start_[node] + durations_[operation_of_[node]];
    for (int e = first[node]; e < first[node + 1]; ++e) {
      double& start = start_[outward[e].to];
      start = std::max(start, outward[e].started ? start_[node] : finish_[node]);
      if (--missing[outward[e].to] == 0) ready.push_back(outward[e].to);
    }
  }
}

}  // namespace forerun::test
