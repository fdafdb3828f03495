#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/plan.hpp"
#include "workloads/chakra/trace.hpp"

namespace forerun::chakra {

/// The lanes that a trace's nodes run on, made as they are asked for.
class Lanes {
 public:
  Lanes(StepPlan& plan, std::deque<std::string>& names, int classes) : plan_(plan), names_(names), communicators_of_(classes) {
    lane("compute", LaneKind::compute);
  }

  /// Of a node that is no communication. BadInput (of no file): more than 64 streams.
  int of(const TraceNode& node);

  /// Of a transfer over this communicator; communicators that share a class have different lanes.
  int of(const Communicator& communicator, int number);

 private:
  int lane(const std::string& name, LaneKind kind);

  StepPlan& plan_;
  std::deque<std::string>& names_;
  std::map<std::string, int> by_name_;
  std::vector<int> lane_of_;                         ///< by communicator; -1 for none yet
  std::vector<std::vector<bool>> communicators_of_;  ///< by class and number of a lane of communication: taken
};

}  // namespace forerun::chakra
