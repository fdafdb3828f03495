#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "costs/accounting.hpp"
#include "oracle/evaluate.hpp"
#include "oracle/iteration_log.hpp"
#include "oracle/pipeline_run.hpp"

namespace forerun::oracle {

/// The vector of ready times that a plan maps, and the walk over the plan's tree.
class Evaluator {
 public:
  Evaluator(const StepPlan& plan, std::span<const OperationCost> costs);

  Evaluation run();

 private:
  /// One thing an operation waits for on its own rank: a dependency, or the consumer of a buffer.
  struct Wait {
    int operation = 0;
    int offset = 0;
    DependencyRule rule;
    bool started = false;  ///< satisfied by the start, not the finish
  };
  /// An operation as the walk needs it.
  struct Instruction {
    double duration_s = 0;
    const std::vector<int>* classes = nullptr;  ///< of a transfer: who takes part; null for anything else
    int rank_class = 0;
    int lane = 0;
    int first_wait = 0;
    int end_wait = 0;
  };
  /// How far the compute lane is after an iteration of the step.
  struct Progress {
    double computed_s = 0;
    Parts parts;
  };
  /// The last instances of an operation, latest first.
  struct History {
    int first = 0;  ///< into starts_, finishes_ and instance_records_
    int depth = 1;
    std::int64_t count = 0;
  };
  /// Everything that an iteration maps; a jump over m periods adds m times its growth over one.
  struct State {
    std::vector<double> lanes_free;
    std::vector<double> starts;
    std::vector<double> finishes;
    Parts parts;
    std::vector<std::int64_t> iterations;
    std::vector<std::int64_t> counts;
    std::vector<std::vector<double>> moments;
  };
  struct Arrival {
    double time_s = 0;
    int cause = -1;
  };
  /// What the first operation of a body, or a send, waits for within its pipeline, on each of its rank classes.
  struct Entrance {
    int classes[2] = {-1, -1};
    Arrival arrivals[2];
  };

  void resolve_waits();
  void lay_out_pipelines(std::span<const OperationCost> costs);
  void compile(std::span<const OperationCost> costs);
  void size_histories();
  void walk(const Repeat& repeat, int& next_repeat);
  void walk_body(const std::vector<Node>& body, int next_repeat);
  void walk_pipeline(int& next_repeat);
  void walk_events(PipelineRun& run);
  void walk_send(PipelineRun& run, const StageTask& task);
  [[nodiscard]] bool admits_chains(const PipelineRun& run) const;
  void walk_chains(PipelineRun& run);
  void enter_chains(PipelineRun& run);
  void leave_chains(PipelineRun& run);
  void record_chains(PipelineRun& run);
  void charge_chains(const PipelineRun& run);
  [[nodiscard]] Parts charge_gap(const PipelineRun& run, const SerialPipeline::Wait& gap) const;
  void log_chains(PipelineRun& run, const std::vector<double>& entered);
  [[nodiscard]] Arrival moment_of(const Wait& wait) const;
  [[nodiscard]] int depth_between_bodies(const Wait& wait) const;
  void run_operation(int index);
  Arrival arrive(int index, int rank_class);
  void record_instance(int index, const Arrival& arrival, double start_s);
  void remember(int index, double start_s, double finish_s, int record);
  [[nodiscard]] State state() const;
  void jump(const State& before, std::int64_t periods, std::size_t first_record);
  [[nodiscard]] Progress progress() const { return {lanes_free_[recording_ * lane_count_ + plan_.compute_lane], parts_}; }
  [[nodiscard]] static Evaluation mean_step(const Progress& before, const Progress& after, std::int64_t steps);
  Evaluation finite();
  [[nodiscard]] double& lane_free(int rank_class, int lane) { return lanes_free_[rank_class * lane_count_ + lane]; }

  [[nodiscard]] int past(int entry) const;

  const StepPlan& plan_;
  TreeIndex tree_;
  std::vector<Instruction> instructions_;
  int lane_count_;
  std::vector<Wait> waits_;
  std::vector<History> histories_;
  std::vector<double> starts_;
  std::vector<double> finishes_;
  std::vector<int> instance_records_;
  std::vector<double> lanes_free_;
  std::vector<int> lane_records_;  ///< of the compute class: the record that last held each lane
  std::vector<InstanceRecord> records_;
  std::vector<double> arrivals_;  ///< of the classes at the transfer in hand
  std::vector<std::int64_t> iterations_;
  std::vector<PipelineRun> pipelines_;
  const Entrance* entrance_ = nullptr;  ///< of the operation that runs next
  IterationLog log_;
  Parts parts_;
  int recording_ = 0;  ///< the class whose records are kept
};

}  // namespace forerun::oracle
