#include "strategies/plan_writer.hpp"

namespace forerun {
namespace {

std::string_view transfer_name(Collective::Operation operation) {
  switch (operation) {
    case Collective::Operation::all_reduce: return "all_reduce";
    case Collective::Operation::all_gather: return "all_gather";
    case Collective::Operation::reduce_scatter: return "reduce_scatter";
    case Collective::Operation::all_to_all: return "all_to_all";
    case Collective::Operation::broadcast: return "broadcast";
    case Collective::Operation::send: return "send";
    case Collective::Operation::shift: return "shift";
    case Collective::Operation::pull: return "pull";
    case Collective::Operation::push: return "push";
    case Collective::Operation::barrier: return "barrier";
  }
  return "";
}

}  // namespace

void PlanWriter::wait_for(int operation, int offset) {
  if (operation < 0) return;
  for (std::size_t i = first_waiting_; i < plan_.dependencies.size(); ++i)
    if (plan_.dependencies[i] == Dependency{operation, offset}) return;
  plan_.dependencies.push_back({operation, offset});
}

void PlanWriter::wait_also(int waiter, int operation, int offset) {
  const int place = plan_.operations[waiter].first_dependency + plan_.operations[waiter].dependency_count;
  plan_.dependencies.insert(plan_.dependencies.begin() + place, {operation, offset});
  ++plan_.operations[waiter].dependency_count;
  for (std::size_t later = waiter + 1; later < plan_.operations.size(); ++later) ++plan_.operations[later].first_dependency;
  ++first_waiting_;
}

Operation& PlanWriter::append(const Operation& like, std::string_view name, int layer) {
  body_->emplace_back(static_cast<int>(plan_.operations.size()));
  plan_.operations.push_back(like);
  Operation& operation = plan_.operations.back();
  operation.name = name;
  operation.layer = layer;
  operation.first_dependency = static_cast<int>(first_waiting_);
  operation.dependency_count = static_cast<int>(plan_.dependencies.size() - first_waiting_);
  first_waiting_ = plan_.dependencies.size();
  return operation;
}

Operation& PlanWriter::append_transfer(const Operation& like, int bucket) {
  return append(like, transfer_name(std::get<Collective>(like.work).operation), bucket);
}

}  // namespace forerun
