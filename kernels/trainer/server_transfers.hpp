#pragma once

#include <memory>
#include <vector>

#include "kernels/trainer/parameter_server.hpp"
#include "kernels/trainer/rank_group.hpp"

namespace forerun {

/// What workers and parameter servers send each other, from the side of a rank that is one of them or both.
class ServerTransfers {
 public:
  /// `network`: of the rank's layers, or of none.
  ServerTransfers(const Workload& workload, const StepPlan& plan, const std::vector<ServedVariable>& variables, int rank_class,
                  Network& network, const NetworkOptions& options);

  void begin_step();
  /// Of the variables that this rank serves.
  [[nodiscard]] std::vector<StateArray> state();
  void go_on_after(std::int64_t steps);
  /// Starts a pull or a push, over the star of its server; the operation's number is its slot.
  void start(int operation, RankGroup& star);
  /// Whether an operation is the server's to compute.
  [[nodiscard]] bool serves(int operation) const;
  void run(int operation);

 private:
  [[nodiscard]] bool works() const { return network_.has_loss(); }
  [[nodiscard]] ParameterServer* server_of(int operation) const;
  void pull(int operation, RankGroup& star);
  void push(int operation, RankGroup& star);
  void pass_token(int operation, RankGroup& star);

  const StepPlan& plan_;
  Network& network_;
  ServedParts parts_;
  std::vector<std::unique_ptr<ParameterServer>> servers_;  // by communicator; null where it is another rank's, or no server's
  float token_ = 0;
};

}  // namespace forerun
