#include "kernels/trainer/served.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <stdexcept>

namespace forerun {

namespace {

struct Served {
  ServedPart part;
  int server = 0;
  bool trained = true;
};

std::vector<Served> parts_of(const std::vector<ServedVariable>& variables) {
  std::vector<Served> all;
  std::map<int, std::size_t> laid;  // by layer, elements of the variables before
  for (const ServedVariable& variable : variables) {
    const auto count = static_cast<std::size_t>(std::llround(variable.elements));
    std::size_t& first = laid[variable.layer];
    all.push_back({{variable.layer, first, count}, variable.server, variable.trained});
    first += count;
  }
  return all;
}

/// The next of the server's variables, until they fill the bytes.
std::vector<ServedPart> take(std::vector<Served>& waiting, int server, Bytes bytes) {
  const auto wanted = static_cast<std::size_t>(bytes.value()) / sizeof(float);
  std::vector<ServedPart> taken;
  std::size_t held = 0;
  for (auto each = waiting.begin(); each != waiting.end() && held < wanted;) {
    if (each->server != server) {
      ++each;
      continue;
    }
    held += each->part.count;
    taken.push_back(each->part);
    each = waiting.erase(each);
  }
  if (held != wanted) throw std::logic_error("a push of the plan ends within a variable");
  return taken;
}

}  // namespace

bool is_token(const Operation& operation) { return operation.name == "token"; }

std::span<float> in_network(const ParameterLayout& layout, std::span<float> all, const ServedPart& part) {
  return all.subspan(layout.layers[static_cast<std::size_t>(part.layer)].first + part.first, part.count);
}

std::vector<int> server_ranks(const StepPlan& plan) {
  std::vector<int> ranks;
  for (const Operation& operation : plan.operations) {
    const auto* pull = std::get_if<Collective>(&operation.work);
    if (pull != nullptr && pull->operation == Collective::Operation::pull && !is_token(operation))
      ranks.push_back(plan.communicators[static_cast<std::size_t>(pull->communicator)].rank(0, 0));
  }
  return ranks;
}

ServedParts served_parts(const StepPlan& plan, const std::vector<ServedVariable>& variables) {
  ServedParts parts(plan.operations.size());
  const std::vector<Served> all = parts_of(variables);
  std::vector<Served> waiting;
  std::ranges::copy_if(all, std::back_inserter(waiting), &Served::trained);
  std::ranges::stable_sort(waiting, std::greater<>(), [](const Served& served) { return served.part.layer; });
  const std::vector<ServedPart>* pushed = nullptr;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const Operation& operation = plan.operations[i];
    const auto* transfer = std::get_if<Collective>(&operation.work);
    if (transfer != nullptr && transfer->operation == Collective::Operation::pull && !is_token(operation)) {
      for (const Served& served : all)
        if (served.server == transfer->communicator) parts[i].push_back(served.part);  // stars are the first communicators, in order
    } else if (transfer != nullptr && transfer->operation == Collective::Operation::push) {
      parts[i] = take(waiting, transfer->communicator, transfer->bytes);
      pushed = &parts[i];
    } else if (transfer == nullptr && pushed != nullptr) {
      parts[i] = *pushed;  // what follows a push is its server's
    }
  }
  return parts;
}

}  // namespace forerun
