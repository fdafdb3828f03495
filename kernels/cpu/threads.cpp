#include "kernels/cpu/threads.hpp"

#include <omp.h>

namespace forerun::cpu {

namespace {

thread_local int of_this_thread = 1;

}  // namespace

int threads() { return of_this_thread; }

Threads::Threads(int count) : before_(of_this_thread) { of_this_thread = count; }
Threads::~Threads() { of_this_thread = before_; }

void for_each_at_once(int count, const std::function<void(int)>& visit) {
#pragma omp parallel for schedule(static, 1) num_threads(count)
  for (int i = 0; i < count; ++i) visit(i);
}

OpenMpTeam::OpenMpTeam() : before_(omp_get_max_threads()) { omp_set_num_threads(threads()); }
OpenMpTeam::~OpenMpTeam() { omp_set_num_threads(before_); }

}  // namespace forerun::cpu
