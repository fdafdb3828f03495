#include "sim/program.hpp"

#include <algorithm>
#include <map>
#include <string>

#include "core/error.hpp"
#include "core/pipeline_order.hpp"

namespace forerun::sim {

namespace {

using Slot = Program::Slot;
using Wait = Program::Wait;

class Compiler {
 public:
  explicit Compiler(const StepPlan& plan) : plan_(plan), tree_(index_tree(plan)) {
    program_.ranks = plan.ranks;
    program_.lanes = static_cast<int>(plan.lanes.size());
    program_.operations = static_cast<int>(plan.operations.size());
  }

  Program run() {
    assign_ranks();
    for_each_repeat(plan_.step, [this](const Repeat& repeat) {
      for (const Buffer& buffer : repeat.buffers)
        buffered_.push_back({buffer.producer, make_wait(buffer.producer, buffer.consumer, buffer.depth, buffer.taken)});
    });
    note_pipelines();
    for (int c = 0; c < static_cast<int>(plan_.classes.size()); ++c) {
      const int first = static_cast<int>(program_.slots.size());
      for (int lane = 0; lane < program_.lanes; ++lane) compile_lane(c, lane);
      connect_wakes(first);
    }
    return std::move(program_);
  }

 private:
  struct BufferedWait {
    int producer;
    Wait wait;
  };
  struct PipelineEntry {
    int entry = 0;
    ScheduleShape shape;
    std::map<int, int> body_of;  ///< by entry in the tree: forward, backward, weight of each chunk
  };
  struct LaneProgram {
    int first = 0;  ///< slot
    std::vector<int> operations;
    std::map<int, int> sequences;  ///< by entry of a pipeline
  };

  void note_pipelines() {
    int next = 0;
    for_each_pipeline(plan_.step, [&](const Pipeline& pipeline) {
      while (!tree_.repeats[next].pipeline) ++next;
      PipelineEntry noted{next, shape_of(pipeline), {}};
      for (int r = next++; r < static_cast<int>(tree_.repeats.size()); ++r)
        if (tree_.repeats[r].parent == noted.entry) noted.body_of.emplace(r, static_cast<int>(noted.body_of.size()));
      pipelines_.push_back(std::move(noted));
      for (const ImpliedWait& implied : implied_waits(pipeline))
        buffered_.push_back({implied.waiter, make_wait(implied.waiter, implied.named, implied.offset, false)});
    });
  }

  void assign_ranks() {
    program_.class_of.assign(plan_.ranks, -1);
    for (std::size_t c = 0; c < plan_.classes.size(); ++c)
      for (int i = 0; i < plan_.classes[c].count; ++i) program_.class_of[plan_.classes[c].rank(i)] = static_cast<int>(c);
    program_.instances.assign(plan_.classes.size(), 0);
    program_.group_of.assign(plan_.communicators.size() * plan_.ranks, -1);
    for (std::size_t c = 0; c < plan_.communicators.size(); ++c) assign_groups(static_cast<int>(c));
    program_.first_group.assign(plan_.operations.size(), -1);
    for (std::size_t i = 0; i < plan_.operations.size(); ++i) {
      const auto* transfer = std::get_if<Collective>(&plan_.operations[i].work);
      if (transfer == nullptr) continue;
      program_.first_group[i] = program_.transfers();
      program_.transfer_operation.resize(program_.transfers() + plan_.communicators[transfer->communicator].groups, static_cast<int>(i));
    }
  }

  void assign_groups(int index) {
    const Communicator& communicator = plan_.communicators[index];
    int* group_of = program_.group_of.data() + static_cast<std::size_t>(index) * plan_.ranks;
    for (int group = 0; group < communicator.groups; ++group)
      for (int member = 0; member < communicator.size; ++member) group_of[communicator.rank(group, member)] = group;
    for (int rank = 0; rank < plan_.ranks; ++rank) {
      const bool belongs = std::count(communicator.classes.begin(), communicator.classes.end(), program_.class_of[rank]) > 0;
      if (belongs != (group_of[rank] >= 0))
        throw SimulationFailed("the communicator `" + std::string(communicator.name) + "` and its classes disagree on rank " +
                               std::to_string(rank));
    }
  }

  bool inside(int operation, int repeat) const {
    for (int r = tree_.repeat_of[operation]; r >= 0; r = tree_.repeats[r].parent)
      if (r == repeat) return true;
    return false;
  }

  Wait make_wait(int waiter, int named, int offset, bool started) const {
    const DependencyRule rule = dependency_rule(tree_, waiter, named);
    Wait wait{named, offset, 1, static_cast<int>(rule.inner), started};
    for (int r = tree_.repeat_of[waiter]; r != rule.repeat; r = tree_.repeats[r].parent)
      wait.per_iteration *= static_cast<int>(tree_.repeats[r].count);
    return wait;
  }

  [[nodiscard]] std::int64_t instances_of(int operation) const {
    std::int64_t count = 1;
    for (int r = tree_.repeat_of[operation]; r > 0; r = tree_.repeats[r].parent) count *= tree_.repeats[r].count;
    return count;
  }

  void compile_lane(int rank_class, int lane) {
    LaneProgram here;
    here.first = static_cast<int>(program_.slots.size());
    for (int i = 0; i < program_.operations; ++i)
      if (plan_.operations[i].lane == lane && takes_part(plan_, plan_.operations[i], rank_class)) here.operations.push_back(i);
    order_bodies(here);
    program_.first_slot.push_back(here.operations.empty() ? -1 : entrance(here, 0, -1));
    for (std::size_t i = 0; i < here.operations.size(); ++i) {
      Slot slot;
      slot.operation = here.operations[i];
      slot.lane = lane;
      program_.instances[rank_class] += instances_of(slot.operation);
      add_jumps(slot, here, i);
      add_waits(slot, rank_class);
      program_.slots.push_back(slot);
    }
  }

  // A lane goes through a pipeline's bodies as the stage does whose operations, or whose sends, it carries.
  void order_bodies(LaneProgram& here) {
    for (const PipelineEntry& pipeline : pipelines_) {
      std::map<int, int> begins;  // slot by body
      int stage = -1;
      for (std::size_t i = 0; i < here.operations.size(); ++i) {
        const auto body = pipeline.body_of.find(body_entry(here.operations[i], pipeline.entry));
        if (body == pipeline.body_of.end()) continue;
        begins.emplace(body->second, here.first + static_cast<int>(i));
        stage = body->second / 3 % pipeline.shape.stages;
      }
      if (stage < 0) continue;
      here.sequences[pipeline.entry] = static_cast<int>(program_.sequences.size());
      Program::Sequence sequence{static_cast<int>(program_.order.size()), 0};
      for (ScheduleCursor cursor(pipeline.shape, stage); !cursor.done(); cursor.advance()) {
        const StageTask task = cursor.task();
        const auto begin = begins.find(3 * task.chunk + static_cast<int>(task.body));
        if (begin != begins.end()) program_.order.push_back(begin->second), ++sequence.count;
      }
      program_.sequences.push_back(sequence);
    }
  }

  // The entry of the body of a pipeline that an operation lies in; -1 where it lies outside.
  [[nodiscard]] int body_entry(int operation, int pipeline) const {
    for (int r = tree_.repeat_of[operation]; r >= 0; r = tree_.repeats[r].parent)
      if (tree_.repeats[r].parent == pipeline) return r;
    return -1;
  }

  // The slot at which a lane comes to an operation from outside of `within`: of a pipeline, the first body of its sequence.
  [[nodiscard]] int entrance(const LaneProgram& here, std::size_t at, int within) const {
    const int slot = here.first + static_cast<int>(at);
    for (int r = tree_.repeat_of[here.operations[at]]; r >= 0 && r != within; r = tree_.repeats[r].parent)
      if (tree_.repeats[r].pipeline) return program_.order[program_.sequences[here.sequences.at(r)].first];
    return slot;
  }

  void add_jumps(Slot& slot, const LaneProgram& here, std::size_t at) {
    const std::vector<int>& operations = here.operations;
    slot.first_jump = static_cast<int>(program_.jumps.size());
    int per_iteration = 1;
    int r = tree_.repeat_of[slot.operation];
    for (; r >= 0; r = tree_.repeats[r].parent) {
      // What follows in a pipeline is the sequence's business; what follows the pipeline comes after all of its operations.
      if (tree_.repeats[r].pipeline)
        while (at + 1 < operations.size() && inside(operations[at + 1], r)) ++at;
      if (at + 1 < operations.size() && inside(operations[at + 1], r)) break;
      const int parent = tree_.repeats[r].parent;
      const int count = r == 0 ? 0 : static_cast<int>(tree_.repeats[r].count);
      if (parent >= 0 && tree_.repeats[parent].pipeline) {
        program_.jumps.push_back({0, 1, 1, here.sequences.at(parent)});
        ++slot.jumps;
      } else if (!tree_.repeats[r].pipeline) {
        const auto entry = std::find_if(operations.begin(), operations.end(), [&](int o) { return inside(o, r); });
        program_.jumps.push_back({entrance(here, static_cast<std::size_t>(entry - operations.begin()), r), per_iteration, count});
        ++slot.jumps;
      }
      per_iteration *= std::max(count, 1);
    }
    slot.next = at + 1 < operations.size() ? entrance(here, at + 1, r) : -1;
  }

  // A rank has no instances of an operation that its class takes no part in, so there is nothing to wait for.
  void add_waits(Slot& slot, int rank_class) {
    const Operation& operation = plan_.operations[slot.operation];
    slot.first_wait = static_cast<int>(program_.waits.size());
    const auto add = [&](const Wait& wait) {
      if (takes_part(plan_, plan_.operations[wait.operation], rank_class)) program_.waits.push_back(wait), ++slot.waits;
    };
    for (int d = 0; d < operation.dependency_count; ++d) {
      const Dependency& dependency = plan_.dependencies[operation.first_dependency + d];
      add(make_wait(slot.operation, dependency.operation, dependency.offset, false));
    }
    for (const BufferedWait& buffered : buffered_)
      if (buffered.producer == slot.operation) add(buffered.wait);
  }

  void connect_wakes(int first) {
    const int end = static_cast<int>(program_.slots.size());
    for (int s = first; s < end; ++s) {
      Slot& slot = program_.slots[s];
      slot.first_finish_wake = add_wakes(slot, first, end, false);
      slot.finish_wakes = static_cast<int>(program_.wakes.size()) - slot.first_finish_wake;
      slot.first_start_wake = add_wakes(slot, first, end, true);
      slot.start_wakes = static_cast<int>(program_.wakes.size()) - slot.first_start_wake;
    }
  }

  int add_wakes(const Slot& named, int first, int end, bool started) {
    const auto begin = static_cast<std::ptrdiff_t>(program_.wakes.size());
    for (int s = first; s < end; ++s) {
      const Slot& waiter = program_.slots[s];
      if (waiter.lane == named.lane) continue;
      for (int w = waiter.first_wait; w < waiter.first_wait + waiter.waits; ++w) {
        const Wait& wait = program_.waits[w];
        if (wait.operation != named.operation || wait.started != started) continue;
        if (std::find(program_.wakes.begin() + begin, program_.wakes.end(), waiter.lane) == program_.wakes.end())
          program_.wakes.push_back(waiter.lane);
      }
    }
    return static_cast<int>(begin);
  }

  const StepPlan& plan_;
  TreeIndex tree_;
  Program program_;
  std::vector<BufferedWait> buffered_;  ///< and what pipelines imply
  std::vector<PipelineEntry> pipelines_;
};

}  // namespace

Program compile(const StepPlan& plan) { return Compiler(plan).run(); }

}  // namespace forerun::sim
