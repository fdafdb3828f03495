#pragma once

#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "core/plan.hpp"
#include "costs/price.hpp"
#include "io/text.hpp"

namespace forerun {

/// One operation of a run's plan as `train` has timed it, over all ranks that do it.
struct MeasuredOperation {
  int operation = 0;  ///< index in the plan
  Text name;          ///< as the plan has it, and where it stands in the file
  std::string layer;  ///< or bucket; empty for what belongs to none
  Seconds median;     ///< of one time that it is done
  Seconds p10;
  Seconds p90;
};

/// By the run's name.
using OperationTimes = std::map<std::string, std::vector<MeasuredOperation>, std::less<>>;

/// Reads the file "operations" beside a file of measured runs; empty where there is none. Operations that were never done are left out.
/// BadInput as for_each_csv_row(), and for a time that is negative or none.
OperationTimes read_operation_times(const std::filesystem::path& runs);

/// A measured operation held against its price.
struct ScoredOperation {
  MeasuredOperation measured;
  std::string kind;   ///< of a kernel its layer's kind, of a transfer what is done; empty of other work
  double times = 1;   ///< that it is done in a step
  Seconds predicted;  ///< of one time, alone

  /// What a step is predicted to spend on it above what it was measured to.
  [[nodiscard]] Seconds missed() const { return times * (predicted - measured.median); }
};

/// Each measured operation beside the cost of its plan, in their order. BadInput, at its place in the file, for one that is not the plan's:
/// the row was changed since, or another version of the program lowers it otherwise.
std::vector<ScoredOperation> score_operations(std::span<const MeasuredOperation> measured, const StepPlan& plan,
                                              std::span<const OperationCost> costs);

/// All operations alike.
struct OperationSum {
  std::string name;
  std::string kind;
  int operations = 0;
  Seconds measured;  ///< a step, of all of them
  Seconds predicted;

  [[nodiscard]] Seconds missed() const { return predicted - measured; }
};

/// By name and kind, over all of them; what is missed by most comes first.
std::vector<OperationSum> sum_operations(std::span<const ScoredOperation> operations);

}  // namespace forerun
