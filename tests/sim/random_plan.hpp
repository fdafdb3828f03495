#pragma once

#include <random>
#include <vector>

#include "core/plan.hpp"
#include "costs/price.hpp"

namespace forerun::test {

/// A plan without defects, drawn from a seed: one or two classes, several lanes, nested repeats, waits of all kinds.
struct RandomPlan {
  StepPlan plan;
  std::vector<OperationCost> costs;

  explicit RandomPlan(unsigned seed) : random_(seed) {
    plan.ranks = 2 * draw(1, 3);
    split_ = draw(0, 2) == 0;
    if (split_)
      plan.classes = {{"even", 0, plan.ranks / 2, 2}, {"odd", 1, plan.ranks / 2, 2}};
    else
      plan.classes = {{"rank", 0, plan.ranks, 1}};
    plan.lanes = {{"compute", LaneKind::compute}, {"host", LaneKind::host}, {"input", LaneKind::input}};
    add_communicators();
    fill(plan.step, 0);
    wait_at_random();
  }

 private:
  int draw(int low, int high) { return std::uniform_int_distribution<int>(low, high)(random_); }

  void add_communicators() {
    Communicator all;
    all.name = "all";
    all.size = plan.ranks;
    all.classes = split_ ? std::vector<int>{0, 1} : std::vector<int>{0};
    Communicator pairs = all;
    pairs.name = "pairs";
    pairs.size = 2;
    pairs.groups = plan.ranks / 2;
    pairs.outer_stride = 2;
    plan.communicators = {all, pairs};
    if (split_) {
      Communicator evens = all;
      evens.name = "evens";
      evens.size = plan.ranks / 2;
      evens.member_stride = 2;
      evens.classes = {0};
      plan.communicators.push_back(evens);
    }
    for (const Communicator& communicator : plan.communicators) plan.lanes.push_back({communicator.name, LaneKind::communication});
  }

  void fill(Repeat& repeat, int depth) {
    const int nodes = draw(depth == 0 ? 2 : 1, 4);
    std::vector<int> here;
    for (int i = 0; i < nodes; ++i) {
      if (depth < 2 && draw(0, 3) == 0) {
        Repeat inner;
        inner.count = draw(1, 3);
        fill(inner, depth + 1);
        repeat.body.emplace_back(std::move(inner));
      } else {
        here.push_back(add());
        repeat.body.emplace_back(here.back());
      }
    }
    for (int i = draw(0, 2); i > 0 && here.size() > 1; --i)
      repeat.buffers.push_back({here[draw(0, static_cast<int>(here.size()) - 1)], here[draw(0, static_cast<int>(here.size()) - 1)],
                                draw(1, 3), draw(0, 1) == 0});
  }

  int add() {
    Operation operation;
    operation.name = "operation";
    operation.rank_class = draw(0, static_cast<int>(plan.classes.size()) - 1);
    const int what = draw(0, 3);
    if (what == 0) {
      Collective collective;
      collective.communicator = draw(0, static_cast<int>(plan.communicators.size()) - 1);
      operation.work = collective;
      operation.lane = 3 + collective.communicator;
    } else if (what == 1) {
      operation.work = Delay{};
      operation.lane = draw(0, 2);
    } else {
      operation.work = Kernel{};
    }
    plan.operations.push_back(operation);
    costs.push_back({Seconds(draw(0, 12) / 8.0), Seconds(what == 0 ? draw(0, 4) / 4.0 : 0.0), Bytes(0)});
    return static_cast<int>(plan.operations.size()) - 1;
  }

  void wait_at_random() {
    const int count = static_cast<int>(plan.operations.size());
    for (int i = 0; i < count; ++i) {
      plan.operations[i].first_dependency = static_cast<int>(plan.dependencies.size());
      for (int tries = draw(0, 3); tries > 0; --tries) {
        plan.dependencies.push_back({draw(0, count - 1), draw(0, 3)});
        ++plan.operations[i].dependency_count;
        if (find_defect(plan).empty()) continue;
        plan.dependencies.pop_back();
        --plan.operations[i].dependency_count;
      }
    }
  }

  std::mt19937 random_;
  bool split_ = false;
};

}  // namespace forerun::test
