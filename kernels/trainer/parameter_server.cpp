#include "kernels/trainer/parameter_server.hpp"

#include <algorithm>

#include "kernels/cpu/best_library.hpp"
#include "kernels/layer_arrays.hpp"
#include "workloads/formulas.hpp"

namespace forerun {

ParameterServer::ParameterServer(const Workload& workload, const StepPlan& plan, const ServedParts& parts, int server,
                                 const NetworkOptions& options, int inboxes) {
  const std::size_t total = lay(plan, parts, server);
  weights_ = AlignedArray<float>(total);
  gradients_ = AlignedArray<float>(total);
  velocities_ = AlignedArray<float>(has_velocity(workload.optimizer) ? total : 0);
  second_moments_ = AlignedArray<float>(has_second_moment(workload.optimizer) ? total : 0);
  std::size_t largest = 0;
  for (const auto& [push, bucket] : pushes_) largest = std::max(largest, bucket.count);
  for (int worker = 0; worker < inboxes; ++worker) inboxes_.emplace_back(largest);
  begin_weights(workload, options.seed);
  OperatorOptions how;
  how.rule = mean_rule(options.rule, workload, plan);
  for (const auto& [operation, push] : push_of_)
    if (const Operation& update = plan.operations[static_cast<std::size_t>(operation)]; update.name == "update") {
      const auto& kernel = std::get<Kernel>(update.work);
      updates_[operation] = cpu::make_operator(kernel, cpu::library_of(kernel, options.kernels), how);
    }
  buffers_.step = 0;  // begin_step() counts
}

void ParameterServer::place(const ServedPart& part, std::size_t& total) {
  if (std::ranges::find(places_, part, &std::pair<ServedPart, std::size_t>::first) != places_.end()) return;
  places_.emplace_back(part, total);
  total += part.count;
}

// What a push brings lies together, in the order of pushes; then what is never pushed.
std::size_t ParameterServer::lay(const StepPlan& plan, const ServedParts& parts, int server) {
  std::size_t total = 0;
  int push = -1;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto* transfer = std::get_if<Collective>(&plan.operations[i].work);
    const bool pushes = transfer != nullptr && transfer->operation == Collective::Operation::push;
    if (pushes) push = transfer->communicator == server ? static_cast<int>(i) : -1;
    if (transfer == nullptr && !parts[i].empty() && push >= 0) push_of_[static_cast<int>(i)] = push;
    if (!pushes || push < 0) continue;
    const std::size_t first = total;
    for (const ServedPart& part : parts[i]) place(part, total);
    pushes_[push] = {first, total - first};
  }
  for (std::size_t i = 0; i < parts.size(); ++i)
    if (const auto* pull = std::get_if<Collective>(&plan.operations[i].work); pull != nullptr && pull->communicator == server)
      for (const ServedPart& part : parts[i]) place(part, total);
  return total;
}

void ParameterServer::begin_weights(const Workload& workload, std::uint64_t seed) {
  for (const auto& [part, place] : places_) {
    std::vector<float> layer(static_cast<std::size_t>(parameters(workload.layers[static_cast<std::size_t>(part.layer)].shape)));
    fill_initial_weights(workload, part.layer, seed, layer);
    std::copy_n(layer.begin() + static_cast<std::ptrdiff_t>(part.first), part.count, weights_.data() + place);
  }
}

void ParameterServer::begin_step() {
  ++buffers_.step;
  for (auto& [push, bucket] : pushes_) bucket.summed = false;
}

std::span<float> ParameterServer::weights(const ServedPart& part) {
  const auto known = std::ranges::find(places_, part, &std::pair<ServedPart, std::size_t>::first);
  return weights_.span().subspan(known->second, part.count);
}

std::span<float> ParameterServer::inbox(int push, int worker) {
  return inboxes_[static_cast<std::size_t>(worker)].span().first(pushes_.at(push).count);
}

std::vector<StateArray> ParameterServer::state(const std::string& name) {
  std::vector<StateArray> arrays{{name + "weights", weights_.span()}};
  if (velocities_.size() > 0) arrays.push_back({name + "velocities", velocities_.span()});
  if (second_moments_.size() > 0) arrays.push_back({name + "second_moments", second_moments_.span()});
  return arrays;
}

void ParameterServer::sum_up(const Bucket& bucket, const std::vector<std::span<float>>& own) {
  float* sum = gradients_.data() + bucket.first;
  std::fill_n(sum, bucket.count, 0.0F);
  for (std::size_t first = 0; const std::span<float> part : own) {
    std::ranges::copy(part, sum + first);
    first += part.size();
  }
  for (const AlignedArray<float>& inbox : inboxes_) cpu::add_gradient(inbox.data(), static_cast<std::int64_t>(bucket.count), sum);
}

void ParameterServer::run(int operation, const std::vector<std::span<float>>& own) {
  Bucket& bucket = pushes_.at(push_of_.at(operation));
  if (!bucket.summed) sum_up(bucket, own);
  bucket.summed = true;
  if (const auto rule = updates_.find(operation); rule != updates_.end()) update(bucket, *rule->second, gradients_.data() + bucket.first);
}

void ParameterServer::apply(int push, std::span<float> gradient) {
  Bucket& bucket = pushes_.at(push);
  buffers_.step = ++bucket.applied;
  for (const auto& [operation, rule] : updates_)
    if (push_of_.at(operation) == push) update(bucket, *rule, gradient.data());
}

void ParameterServer::update(const Bucket& bucket, Operator& rule, float* gradient) {
  const auto at = [&](AlignedArray<float>& array) { return array.size() == 0 ? nullptr : array.data() + bucket.first; };
  buffers_.weights = at(weights_), buffers_.weight_gradient = gradient;
  buffers_.velocity = at(velocities_), buffers_.second_moment = at(second_moments_);
  rule.run(buffers_);
}

}  // namespace forerun
