#pragma once

#include <memory>
#include <string>
#include <vector>

#include "strategies/device_memory.hpp"
#include "strategies/server_layout.hpp"
#include "strategies/step_writer.hpp"
#include "strategies/variables.hpp"

namespace forerun {

/// Writes the operations of a step with parameter servers; what they mean says lower_servers().
class ServerStep {
 public:
  ServerStep(const Scenario& scenario, const ServerLayout& servers, const Layout& layout, const LocalModel& model,
             const std::vector<ServedVariable>& variables, StepPlan& plan);

  void write();

 private:
  /// Gradients that go to a server together, and where a backward pass has the last of them.
  struct Push {
    int server = 0;
    int layer = 0;
    double elements = 0;
  };

  int lane(std::string_view name, LaneKind kind);
  std::string_view named(std::string_view what, int server);
  void add_classes();
  void add_communicators();
  void pull();
  void hand_on();
  void compute(int worker_class);
  [[nodiscard]] std::vector<Push> pushes() const;
  void send(const Push& push, int index);
  void apply(const Push& push);
  void release();
  void append_server(const Push& push, std::string_view name, const Kernel& kernel);
  [[nodiscard]] Operation transfer(Collective::Operation operation, int communicator, int lane, Bytes bytes) const;
  [[nodiscard]] Bytes weight_bytes(double elements) const { return Bytes(bytes_per_element(model_.workload().precision) * elements); }
  [[nodiscard]] Bytes gradient_bytes(double elements) const { return Bytes(bytes_per_gradient(model_.workload()) * elements); }

  const Scenario& scenario_;
  const ServerLayout& servers_;
  const Layout& layout_;
  const LocalModel& model_;
  const std::vector<ServedVariable>& variables_;
  StepPlan& plan_;
  PlanWriter writer_;
  StepWriter passes_;
  std::shared_ptr<std::deque<std::string>> names_;
  int compute_lane_ = 0;
  int server_lane_ = 0;
  int node_lane_ = -1;
  int token_lane_ = 0;
  int node_communicator_ = -1;
  int meeting_ = -1;                 ///< the communicator of all servers
  std::vector<int> server_classes_;  ///< by server
  std::vector<int> stars_;           ///< by server, the communicator of it and all workers that it serves
  std::vector<int> pull_lanes_;
  std::vector<int> push_lanes_;
  std::vector<int> pulled_;              ///< operations that a forward pass waits for
  std::vector<std::vector<int>> ready_;  ///< by worker class and layer, where its gradient is there
  std::vector<int> passed_;              ///< by worker class, the last operation of its passes
  std::vector<int> first_;               ///< pulls
  std::vector<int> updated_;             ///< by server, the last it applied; -1: none
  std::vector<int> pushed_;              ///< by server, the last sent to it; -1: none
};

}  // namespace forerun
