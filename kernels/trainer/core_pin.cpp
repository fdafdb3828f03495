#include "kernels/trainer/core_pin.hpp"

namespace forerun {

std::vector<int> usable_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  std::vector<int> cores;
  if (sched_getaffinity(0, sizeof(set), &set) == 0)
    for (int core = 0; core < CPU_SETSIZE; ++core)
      if (CPU_ISSET(core, &set)) cores.push_back(core);
  return cores;
}

CorePin::CorePin(int core) {
  if (sched_getaffinity(0, sizeof(before_), &before_) != 0) return;
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(core, &one);
  pinned_ = sched_setaffinity(0, sizeof(one), &one) == 0;
}

CorePin::~CorePin() {
  if (pinned_) sched_setaffinity(0, sizeof(before_), &before_);
}

}  // namespace forerun
