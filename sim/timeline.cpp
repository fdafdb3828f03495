#include "sim/timeline.hpp"

#include <algorithm>
#include <cmath>
#include <tuple>
#include <variant>

#include "core/error.hpp"
#include "costs/placement.hpp"
#include "io/format.hpp"
#include "io/json.hpp"
#include "sim/link_use.hpp"
#include "sim/predictor.hpp"
#include "sim/program.hpp"
#include "strategies/lower.hpp"
#include "strategies/plan_text.hpp"

namespace forerun::sim {

namespace {

constexpr std::size_t kMostSlices = 100'000;  // of a step: some 100 bytes each
constexpr std::size_t kMostArrows = 30'000;   // of a step: some 120 bytes each
constexpr int kMostParts = 1000;              // of a step, over which a link's use is a mean
constexpr int kMostCounts = 40'000;           // of all nodes together, in a step
constexpr double kFirstGap_s = 1e-9;
constexpr double kEndless_s = 1e300;
constexpr double kNearlyFewest = 1.02;  // longer gaps would join what is far apart, for little

/// By operation: of a kernel the direction, `backward` of `backward_data`; of a transfer that of the kernel before it.
std::vector<std::string_view> sorts_of(const StepPlan& plan) {
  std::vector<std::string_view> sorts;
  std::string_view sort;
  for (const Operation& operation : plan.operations) {
    if (operation.kind() != OperationKind::transfer) sort = operation.name.substr(0, operation.name.find('_'));
    sorts.push_back(sort);
  }
  return sorts;
}

std::vector<Slice> joined(const StepPlan& plan, const std::vector<std::string_view>& sorts, const std::vector<Slice>& slices,
                          double gap_s) {
  std::vector<Slice> out;
  for (const Slice& slice : slices) {
    Slice* last = out.empty() ? nullptr : &out.back();
    if (last == nullptr || last->rank != slice.rank || last->lane != slice.lane || slice.start_s - last->finish_s > gap_s ||
        sorts[last->operation] != sorts[slice.operation]) {
      out.push_back(slice);
      continue;
    }
    last->alike = last->alike && slice.alike && plan.operations[last->operation].name == plan.operations[slice.operation].name;
    last->finish_s = slice.finish_s, last->count += slice.count;
  }
  return out;
}

/// As slices_of(); `sorts` are those of the plan.
std::vector<Slice> slices_by_sort(const StepPlan& plan, const std::vector<std::string_view>& sorts, const Played& played,
                                  std::size_t most) {
  std::vector<Slice> slices;
  for (const PlayedInstance& logged : played.log)
    if (logged.finish > logged.start)
      slices.push_back({.rank = logged.rank,
                        .lane = plan.operations[logged.operation].lane,
                        .operation = logged.operation,
                        .start_s = logged.start.value(),
                        .finish_s = logged.finish.value()});
  std::ranges::sort(
      slices, [](const Slice& a, const Slice& b) { return std::tie(a.rank, a.lane, a.start_s) < std::tie(b.rank, b.lane, b.start_s); });
  if (slices.size() <= most) return slices;
  const auto fewest = static_cast<double>(joined(plan, sorts, slices, kEndless_s).size());
  most = std::max(most, static_cast<std::size_t>(kNearlyFewest * fewest));
  for (double gap_s = kFirstGap_s; slices.size() > most; gap_s *= 2) slices = joined(plan, sorts, slices, gap_s);
  return slices;
}

double us(double seconds) { return 1e6 * seconds; }

/// To whole nanoseconds, which is what is written: of instants, since rounded lengths would run into the next slice.
double rounded_us(double seconds) { return 1e-3 * std::round(1e9 * seconds); }

/// Perfetto multiplies by 1000, truncates, and drops slices that overlap: a tenth of a nanosecond more lets no start lose a whole one.
constexpr double kAgainstTruncation_us = 1e-4;

class Writer {
 public:
  Writer(const Scenario& scenario, const StepPlan& plan, const Played& played)
      : scenario_(scenario),
        plan_(plan),
        program_(compile(plan)),
        sorts_(sorts_of(plan)),
        played_(played),
        steps_(played.step_finishes.size()) {}

  std::string write(const std::vector<OperationCost>& costs) {
    out_ = "{\"displayTimeUnit\":\"ms\",\"traceEvents\":[\n";
    const std::vector<Slice> slices = slices_by_sort(plan_, sorts_, played_, kMostSlices * steps_);
    name_ranks(slices);
    for (const Slice& slice : slices) write_slice(slice);
    write_arrows();
    write_counters(costs);
    out_.erase(out_.size() - 2, 1);  // the last comma
    return out_ + "]}\n";
  }

 private:
  static std::string quoted(const std::string& text) { return Json(text).dump(); }

  void name(const char* what, int process, int thread, const std::string& text) {
    out_ += forerun::format("{{\"ph\":\"M\",\"name\":\"{}\",\"pid\":{},\"tid\":{},\"args\":{{\"name\":{}}}}},\n", what, process, thread,
                            quoted(text));
  }

  void name_ranks(const std::vector<Slice>& slices) {
    for (std::size_t i = 0; i < slices.size(); ++i) {
      const int rank = slices[i].rank;
      if (i == 0 || slices[i - 1].rank != rank)
        name(
            "process_name", rank, 0,
            forerun::format("rank {}, {} (node {})", rank, plan_.classes[program_.class_of[rank]].name, node_of(scenario_.platform, rank)));
      if (i == 0 || slices[i - 1].rank != rank || slices[i - 1].lane != slices[i].lane)
        name("thread_name", rank, slices[i].lane, std::string(plan_.lanes[slices[i].lane].name));
    }
  }

  void write_slice(const Slice& slice) {
    const Operation& operation = plan_.operations[slice.operation];
    const std::string_view sort = operation.kind() == OperationKind::transfer ? plan_.lanes[slice.lane].name : sorts_[slice.operation];
    const std::string text = slice.count == 1 ? title(operation, scenario_.workload)
                                              : forerun::format("{} x{}", slice.alike ? operation.name : sort, slice.count);
    const double start_us = rounded_us(slice.start_s), finish_us = rounded_us(slice.finish_s);
    out_ += forerun::format("{{\"ph\":\"X\",\"pid\":{},\"tid\":{},\"ts\":{:.4f},\"dur\":{:.3f},\"name\":{}}},\n", slice.rank, slice.lane,
                            start_us + kAgainstTruncation_us, finish_us - start_us, quoted(text));
  }

  void write_arrow(const PlayedInstance& logged, int to) {
    if (arrows_ >= kMostArrows * steps_) return;
    const int lane = plan_.operations[logged.operation].lane;
    const std::string_view called = plan_.operations[logged.operation].name;
    const double begin_us = us(logged.start.value()), took_us = us((logged.finish - logged.start).value());
    for (const bool sender : {true, false})
      out_ += forerun::format(
          "{{\"ph\":\"{}\",\"bp\":\"e\",\"pid\":{},\"tid\":{},\"ts\":{:.3f},\"id\":{},\"cat\":\"flow\",\"name\":\"{}\"}},\n",
          sender ? 's' : 'f', sender ? logged.rank : to, lane, begin_us + (sender ? 0.1 : 0.9) * took_us, arrows_, called);
    ++arrows_;
  }

  void write_arrows() {
    using Kind = Collective::Operation;
    for (const PlayedInstance& logged : played_.log) {
      const auto* collective = std::get_if<Collective>(&plan_.operations[logged.operation].work);
      if (collective == nullptr || logged.finish <= logged.start) continue;
      const Communicator& members = plan_.communicators[collective->communicator];
      const int group = program_.group_of[collective->communicator * program_.ranks + logged.rank];
      const Kind kind = collective->operation;
      const bool first = members.rank(group, 0) == logged.rank;
      if ((kind == Kind::send || kind == Kind::pull) && first)
        for (int member = 1; member < members.size; ++member) write_arrow(logged, members.rank(group, member));
      if (kind == Kind::push && !first) write_arrow(logged, members.rank(group, 0));
      if (kind != Kind::shift) continue;
      for (int member = 0; member + 1 < members.size; ++member)
        if (members.rank(group, member) == logged.rank) write_arrow(logged, members.rank(group, member + 1));
    }
  }

  void write_counters(const std::vector<OperationCost>& costs) {
    const int nodes = node_of(scenario_.platform, plan_.ranks - 1) + 1;
    const int parts = std::clamp(kMostCounts / nodes, 1, kMostParts) * static_cast<int>(steps_);
    const std::vector<LinkUse> uses = link_use(plan_, program_, costs, scenario_.platform, played_, parts);
    const double part_us = us(played_.makespan.value()) / parts;
    for (int node = 0; node < nodes && nodes > 1; ++node) {
      const int process = plan_.ranks + node;
      name("process_name", process, 0, forerun::format("link of node {}", node));
      write_counter(process, "sends", uses[node].sends_bytes_per_s, part_us);
      write_counter(process, "receives", uses[node].receives_bytes_per_s, part_us);
    }
  }

  void write_counter(int process, const char* what, const std::vector<double>& bytes_per_s, double part_us) {
    std::string before;
    for (std::size_t part = 0; part < bytes_per_s.size(); ++part) {
      const std::string text = forerun::format("{:.3g}", 1e-9 * bytes_per_s[part]);
      if (text == before) continue;
      before = text;
      out_ += forerun::format("{{\"ph\":\"C\",\"pid\":{},\"ts\":{:.3f},\"name\":\"{}\",\"args\":{{\"GB/s\":{}}}}},\n", process,
                              static_cast<double>(part) * part_us, what, text);
    }
  }

  const Scenario& scenario_;
  const StepPlan& plan_;
  const Program program_;
  const std::vector<std::string_view> sorts_;
  const Played& played_;
  std::size_t steps_;
  std::size_t arrows_ = 0;
  std::string out_;
};

}  // namespace

std::vector<Slice> slices_of(const StepPlan& plan, const Played& played, std::size_t most) {
  return slices_by_sort(plan, sorts_of(plan), played, most);
}

std::string timeline_json(const Scenario& scenario, const StepPlan& plan, const std::vector<OperationCost>& costs, const Played& played) {
  return Writer(scenario, plan, played).write(costs);
}

std::string timeline(const Scenario& scenario, std::int64_t steps) {
  if (goes_apart(scenario))
    throw MissingCapability("a timeline of workers that follow no common plan (asynchronous, or spread at servers)");
  const auto lowered = lower(scenario);
  const auto& plan = std::get<StepPlan>(lowered);
  const std::vector<OperationCost> costs = price(plan, scenario);
  PlayOptions options;
  options.steps = steps;
  options.seed = scenario.run.seed;
  options.overlap_slowdown = scenario.calibration->overlap.factor;
  options.logging = Logging::every_rank;
  return timeline_json(scenario, plan, costs, play(plan, costs, scenario.platform, options));
}

}  // namespace forerun::sim
