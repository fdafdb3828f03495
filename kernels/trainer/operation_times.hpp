#pragma once

#include <vector>

#include "kernels/trainer/train.hpp"

namespace forerun {

/// How long a message between several ranks took: until all that it went to had it, or what each rank saw of its own.
enum class Messages { between_all, of_each_rank };

/// Every operation of the plan over the logs of all ranks.
std::vector<OperationTime> operation_times(const Workload& workload, const StepPlan& plan, const std::vector<RankLog>& ranks,
                                           Messages messages);

}  // namespace forerun
