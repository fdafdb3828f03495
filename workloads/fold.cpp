#include "workloads/fold.hpp"

namespace forerun {
namespace {

int size(const Workload& workload) { return static_cast<int>(workload.layers.size()); }

int end_of_block(const Workload& workload, int first) {
  int end = first;
  while (end < size(workload) && workload.layers[end].block == workload.layers[first].block) ++end;
  return end;
}

/// Whether `b` refers to what stands where `a` has it: as far before, or the same layer before all the blocks.
bool same_place(int of_a, int of_b, int a, int b, int first) { return of_b - b == of_a - a || (of_a == of_b && of_a < first); }

bool same_layer(const Workload& workload, int a, int b, int first) {
  const Layer& left = workload.layers[a];
  const Layer& right = workload.layers[b];
  if (left.shape != right.shape || left.frozen != right.frozen || left.inputs.size() != right.inputs.size()) return false;
  if (!same_place(left.tied_to, right.tied_to, a, b, first)) return false;
  for (std::size_t i = 0; i < left.inputs.size(); ++i)
    if (!same_place(left.inputs[i], right.inputs[i], a, b, first)) return false;
  return true;
}

/// The prefix of a block's names, with its dot; empty where the layer has none.
std::string_view prefix_of(std::string_view name) {
  const std::size_t dot = name.find('.');
  return dot == std::string_view::npos ? std::string_view() : name.substr(0, dot);
}

/// Without a hyphen and a number at the end.
std::string_view without_number(std::string_view prefix) {
  const std::size_t last = prefix.find_last_not_of("0123456789");
  return last == std::string_view::npos || last + 1 == prefix.size() || prefix[last] != '-' ? prefix : prefix.substr(0, last);
}

}  // namespace

std::vector<Fold> unfold(const Workload& workload) {
  std::vector<Fold> folds;
  for (int first = 0; first < size(workload);) {
    const int end = end_of_block(workload, first);
    folds.push_back({first, end - first, 1});
    first = end;
  }
  return folds;
}

std::vector<Fold> fold(const Workload& workload, const Alike& alike) {
  std::vector<Fold> folds;
  for (const Fold& next : unfold(workload)) {
    const auto repeats = [&](const Fold& run) {
      if (run.count != next.count || workload.layers[run.first].block < 0 || workload.layers[next.first].block < 0) return false;
      for (int k = 0; k < next.count; ++k) {
        const int a = run.first + k;
        const int b = next.first + k;
        if (!same_layer(workload, a, b, run.first) || (alike && !alike(a, b))) return false;
      }
      return true;
    };
    if (!folds.empty() && repeats(folds.back()))
      ++folds.back().times;
    else
      folds.push_back(next);
  }
  return folds;
}

std::string folded_name(const Workload& workload, int layer, int times) {
  const std::string& name = workload.layers[layer].name;
  const std::string_view prefix = prefix_of(name);
  if (times == 1 || prefix.empty()) return name;
  return std::string(without_number(prefix)) + name.substr(prefix.size());
}

std::string block_name(const Workload& workload, const Fold& fold) {
  const Layer& layer = workload.layers[fold.first];
  if (layer.block < 0) return "";
  const std::string_view prefix = prefix_of(layer.name);
  if (prefix.empty()) return "block";
  return std::string(fold.times > 1 ? without_number(prefix) : prefix);
}

}  // namespace forerun
