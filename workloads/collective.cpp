#include "workloads/collective.hpp"

#include <algorithm>
#include <array>
#include <cassert>

#include "io/quantity.hpp"
#include "io/suggest.hpp"

namespace forerun {
namespace {

using Kind = Collective::Operation;

constexpr std::array<Kind, 5> kKinds{Kind::all_gather, Kind::all_reduce, Kind::all_to_all, Kind::broadcast, Kind::reduce_scatter};
constexpr std::array<std::string_view, 1> kSettings{"workload.bytes"};
constexpr Bytes kMost{0x1p53};

Bytes read_bytes(const Text& name, std::span<const Text> settings) {
  Problems problems;
  Bytes bytes;
  for (const Text& setting : settings) {
    Text shown = setting;
    shown.key = "workload." + setting.key;
    if (setting.key != "bytes")
      problems.add(problem(Text{shown.key, shown.file, shown.line, shown.column, ""}, "unknown setting of a collective alone",
                           listed(kSettings), suggest(shown.key, kSettings)));
    else
      problems.collect([&] {
        bytes = parse_bytes(shown);
        if (bytes < Bytes(1) || bytes > kMost) throw BadInput(problem(shown, "is out of range", "1 B to 8 PiB"));
      });
  }
  if (problems.empty() && bytes == Bytes(0)) {
    Text where = name;
    where.value.clear();
    where.key = "workload.bytes";
    problems.add(problem(where, "is missing: a collective needs a buffer", "--set workload.bytes=64MiB"));
  }
  problems.throw_if_any();
  return bytes;
}

}  // namespace

std::span<const std::string_view> known_collectives() {
  static const auto names = [] {
    std::array<std::string_view, kKinds.size()> out;
    std::ranges::transform(kKinds, out.begin(), [](Kind kind) { return to_string(kind); });
    return out;
  }();
  return names;
}

bool names_a_collective(std::string_view name) { return std::ranges::find(known_collectives(), name) != known_collectives().end(); }

StepPlan collective_plan(const Text& name, std::span<const Text> settings, int ranks, CollectiveAlgorithm algorithm) {
  assert(names_a_collective(name.value) && ranks > 1);
  const auto kind = kKinds[static_cast<std::size_t>(std::ranges::find(known_collectives(), name.value) - known_collectives().begin())];
  StepPlan plan;
  plan.ranks = ranks;
  plan.classes = {{.name = "ranks", .count = ranks}};
  plan.lanes = {{.name = "compute"}, {.name = "data", .kind = LaneKind::communication}};
  plan.communicators = {{.name = "data", .size = ranks, .classes = {0}}};
  const Collective collective{.operation = kind, .algorithm = algorithm, .bytes = read_bytes(name, settings)};
  plan.operations.push_back({.name = to_string(kind), .lane = 1, .work = collective});
  // The compute lane waits for it, so that the collective's time is the step's and counts as exposed.
  plan.operations.push_back({.name = "wait", .work = Delay{}, .dependency_count = 1});
  plan.dependencies = {{.operation = 0}};
  plan.step.body = {Node(0), Node(1)};
  return plan;
}

}  // namespace forerun
