#include "kernels/trainer/core_pin.hpp"

#include <cerrno>
#include <cstddef>

namespace forerun {

namespace {

constexpr std::size_t kMostSets = 1024;  // a million processors

std::size_t bytes(const CpuSet& set) { return set.size() * sizeof(cpu_set_t); }

/// The system refuses a set that is too small for its processors.
CpuSet affinity() {
  for (std::size_t size = 1; size <= kMostSets; size *= 2) {
    CpuSet set(size);
    if (sched_getaffinity(0, bytes(set), set.data()) == 0) return set;
    if (errno != EINVAL) break;
  }
  return {};
}

}  // namespace

std::vector<int> usable_cores() {
  const CpuSet set = affinity();
  std::vector<int> cores;
  for (int core = 0; core < static_cast<int>(8 * bytes(set)); ++core)
    if (CPU_ISSET_S(core, bytes(set), set.data())) cores.push_back(core);
  return cores;
}

CorePin::CorePin(int core) : before_(affinity()) {
  CpuSet one(before_.size());
  if (core < 0 || static_cast<std::size_t>(core) >= 8 * bytes(one)) return;
  CPU_SET_S(core, bytes(one), one.data());
  pinned_ = sched_setaffinity(0, bytes(one), one.data()) == 0;
}

CorePin::~CorePin() {
  if (pinned_) sched_setaffinity(0, bytes(before_), before_.data());
}

}  // namespace forerun
