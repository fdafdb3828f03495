#include "workloads/chakra/assemble.hpp"

#include <algorithm>
#include <functional>
#include <queue>
#include <tuple>

#include "core/error.hpp"
#include "workloads/chakra/decode.hpp"
#include "workloads/chakra/lanes.hpp"

namespace forerun::chakra {
namespace {

constexpr std::size_t kMostWaits = std::size_t{1} << 24;

/// The plan grows operation by operation: of all nodes that may come next, on whatever rank, the one with the lowest id.
class Assembler {
 public:
  Assembler(const TraceSet& set, RankClasses ranks)
      : set_(set), ranks_(std::move(ranks)), lanes_(plan_, *names_, static_cast<int>(ranks_.classes.size())) {
    plan_.ranks = set.ranks;
    plan_.step.count = 1;
    name_classes();
    add_communicators();
    number_vertices();
    add_edges();
  }

  StepPlan run() {
    std::priority_queue<Ready, std::vector<Ready>, std::greater<>> ready;
    const auto push = [&](int v) { ready.emplace(node(vertices_[v].front()).id, vertices_[v].front().rank_class, v); };
    for (int v = 0; v < static_cast<int>(vertices_.size()); ++v)
      if (open_[v] == 0) push(v);
    std::size_t done = 0;
    for (; !ready.empty(); ++done) {
      const int v = std::get<2>(ready.top());
      ready.pop();
      emit(v);
      for (const int waiter : waiters_[v])
        if (--open_[waiter] == 0) push(waiter);
    }
    if (done < vertices_.size()) refuse_circle();
    if (plan_.operations.empty()) throw BadInput(Problem{.file = set_.traces.front().file, .what = "holds no node that takes time"});
    choose_compute_lane();
    plan_.names.texts = names_;
    return std::move(plan_);
  }

 private:
  using Member = Slot::Side;
  using Ready = std::tuple<std::uint64_t, int, int>;

  [[nodiscard]] const RankTrace& trace(int rank_class) const { return set_.traces[ranks_.traces[rank_class]]; }
  [[nodiscard]] const TraceNode& node(Member member) const { return trace(member.rank_class).nodes[member.node]; }

  void name_classes() {
    for (RankClass& ranks : ranks_.classes) {
      if (ranks_.classes.size() > 1)
        ranks.name =
            names_->emplace_back(ranks.count == 1 ? "rank " + std::to_string(ranks.first) : "ranks from " + std::to_string(ranks.first));
      plan_.classes.push_back(ranks);
    }
  }

  void add_communicators() {
    std::map<std::vector<int>, int> known;
    for (const Slot& slot : ranks_.slots) {
      const Communicator& c = slot.communicator;
      std::vector<int> key{c.size, c.groups, c.inner, c.first, c.inner_stride, c.outer_stride, c.member_stride};
      key.insert(key.end(), c.classes.begin(), c.classes.end());
      const auto [found, added] = known.emplace(std::move(key), static_cast<int>(plan_.communicators.size()));
      communicator_of_.push_back(found->second);
      if (!added) continue;
      plan_.communicators.push_back(c);
      plan_.communicators.back().name = c.size == set_.ranks ? std::string_view("all") : names_->emplace_back(group_name(c));
    }
  }

  static std::string group_name(const Communicator& c) {
    return std::to_string(c.first) + (c.size == 2 ? " and " : " to ") + std::to_string(c.rank(0, c.size - 1)) +
           (c.groups > 1 ? " and so on" : "");
  }

  // A slot is one vertex; a receiver's node is another, which takes no time.
  void number_vertices() {
    std::vector<int> of_slot(ranks_.slots.size(), -1);
    for (int c = 0; c < static_cast<int>(ranks_.classes.size()); ++c) {
      vertex_of_.emplace_back();
      for (int n = 0; n < static_cast<int>(trace(c).nodes.size()); ++n) {
        const int slot = trace(c).nodes[n].kind == NodeKind::receive ? -1 : ranks_.slot_of[c][n];
        int v = slot < 0 ? -1 : of_slot[slot];
        if (v < 0) {
          v = static_cast<int>(vertices_.size());
          vertices_.emplace_back();
          if (slot >= 0) of_slot[slot] = v;
        }
        vertices_[v].push_back({c, n});
        vertex_of_[c].push_back(v);
      }
    }
    slot_vertex_ = std::move(of_slot);
    finished_.resize(vertices_.size());
  }

  void add_edges() {
    waiters_.resize(vertices_.size());
    open_.assign(vertices_.size(), 0);
    const auto add = [&](int from, int to) { waiters_[from].push_back(to), ++open_[to]; };
    for (int v = 0; v < static_cast<int>(vertices_.size()); ++v)
      for (const Member member : vertices_[v]) {
        for (const int d : dependencies(member)) add(vertex_of_[member.rank_class][d], v);
        if (node(member).kind == NodeKind::receive) add(slot_vertex_[ranks_.slot_of[member.rank_class][member.node]], v);
      }
  }

  [[nodiscard]] std::span<const int> dependencies(Member member) const {
    const TraceNode& here = node(member);
    return std::span(trace(member.rank_class).dependencies).subspan(here.first_dependency, here.dependency_count);
  }

  /// The operations whose ends meet what a member waits for: of one lane only the last, and none of the member's own.
  std::vector<int> waits_of(Member member, int own_lane) {
    std::vector<int> waits;
    const auto add = [&](int v) {
      waits.insert(waits.end(), finished_[v].begin(), finished_[v].end());
      visited_ += finished_[v].size();
      if (visited_ > kMostWaits) refuse_node(trace(member.rank_class).file, node(member).id, "has more dependencies than a plan holds");
    };
    for (const int d : dependencies(member)) add(vertex_of_[member.rank_class][d]);
    if (node(member).kind == NodeKind::receive) add(slot_vertex_[ranks_.slot_of[member.rank_class][member.node]]);
    std::ranges::sort(waits, std::greater<>());
    std::vector<bool> seen(plan_.lanes.size(), false);
    if (own_lane >= 0) seen[own_lane] = true;
    std::erase_if(waits, [&](int operation) {
      const bool implied = seen[plan_.operations[operation].lane];
      seen[plan_.operations[operation].lane] = true;
      return implied;
    });
    return waits;
  }

  void emit(int v) {
    const Member first = vertices_[v].front();
    const TraceNode& here = node(first);
    if (here.kind == NodeKind::mark || here.kind == NodeKind::receive) {
      finished_[v] = waits_of(first, -1);
      return;
    }
    Operation operation;
    operation.rank_class = first.rank_class;
    operation.name = names_->emplace_back(here.name);
    if (here.kind == NodeKind::send || here.kind == NodeKind::collective) {
      const int slot = ranks_.slot_of[first.rank_class][first.node];
      const int communicator = communicator_of_[slot];
      operation.work = Collective{ranks_.slots[slot].operation, CollectiveAlgorithm::ring, communicator, ranks_.slots[slot].bytes};
      operation.lane = lanes_.of(plan_.communicators[communicator], communicator);
    } else {
      operation.lane = lanes_.of(here);
      if (here.kind == NodeKind::memory)
        operation.work = Delay{here.duration};
      else
        operation.work = Computation{here.duration, here.flops, here.bytes};
    }
    std::vector<int> after;
    for (const Member member : vertices_[v])
      for (const int wait : waits_of(member, operation.lane)) after.push_back(wait);
    std::ranges::sort(after);
    after.erase(std::unique(after.begin(), after.end()), after.end());
    operation.first_dependency = static_cast<int>(plan_.dependencies.size());
    operation.dependency_count = static_cast<int>(after.size());
    for (const int wait : after) plan_.dependencies.push_back({wait, 0});
    const int index = static_cast<int>(plan_.operations.size());
    plan_.operations.push_back(operation);
    plan_.step.body.emplace_back(index);
    finished_[v] = {index};
  }

  [[noreturn]] void refuse_circle() const {
    for (int v = 0;; ++v)
      if (open_[v] > 0)
        refuse_node(trace(vertices_[v].front().rank_class).file, node(vertices_[v].front()).id, "waits for other ranks in a circle");
  }

  // The class and the lane with most compute; without any, those with most operations.
  void choose_compute_lane() {
    struct Sum {
      double duration_s = 0, flop = 0;
      int operations = 0;
      auto operator<=>(const Sum&) const = default;
    };
    std::map<std::pair<int, int>, Sum> sums;
    for (const Operation& operation : plan_.operations) {
      Sum& sum = sums[{operation.rank_class, operation.lane}];
      ++sum.operations;
      const auto* computation = std::get_if<Computation>(&operation.work);
      if (computation == nullptr || plan_.lanes[operation.lane].kind != LaneKind::compute) continue;
      sum.duration_s += computation->duration.value();
      sum.flop += computation->flops.value();
    }
    const Sum* most = nullptr;
    for (const auto& [where, sum] : sums) {
      if (most != nullptr && !(sum > *most)) continue;
      most = &sum;
      plan_.compute_class = where.first, plan_.compute_lane = where.second;
    }
  }

  const TraceSet& set_;
  RankClasses ranks_;
  StepPlan plan_;
  std::shared_ptr<std::deque<std::string>> names_ = std::make_shared<std::deque<std::string>>();
  Lanes lanes_;
  std::vector<int> communicator_of_;           ///< by slot
  std::vector<std::vector<Member>> vertices_;  ///< of a slot all its sides but the receiver's
  std::vector<std::vector<int>> vertex_of_;    ///< by class and node
  std::vector<int> slot_vertex_;
  std::vector<std::vector<int>> waiters_;
  std::vector<int> open_;
  std::vector<std::vector<int>> finished_;  ///< by vertex: the operations that have ended once it has
  std::size_t visited_ = 0;
};

}  // namespace

StepPlan assemble(const TraceSet& set, RankClasses ranks) {
  try {
    return Assembler(set, std::move(ranks)).run();
  } catch (const BadInput& bad) {
    if (!bad.problems().front().file.empty()) throw;
    Problem located = bad.problems().front();
    located.file = set.traces.front().file;
    throw BadInput(std::move(located));
  }
}

}  // namespace forerun::chakra
