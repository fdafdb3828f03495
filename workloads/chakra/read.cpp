#include "workloads/chakra/read.hpp"

#include <cassert>

#include "core/error.hpp"
#include "workloads/chakra/assemble.hpp"
#include "workloads/chakra/own_plan.hpp"
#include "workloads/chakra/trace_set.hpp"

namespace forerun::chakra {
namespace {

StepPlan plan_of(const TraceSet& set) {
  StepPlan plan = assemble(set, find_classes(set, find_meetings(set)));
  assert(find_defect(plan).empty());
  return plan;
}

}  // namespace

StepPlan read_trace(const Text& name, std::span<const Text> settings) {
  const TraceSettings read = read_trace_settings(settings);
  const std::vector<std::string> files = rank_files(name);
  std::string bytes = read_trace_bytes(files.front());
  if (!is_own(bytes, files.front())) {
    std::string().swap(bytes);
    return plan_of(read_traces(files, read));
  }
  if (read.ranks > 0 || !read.groups.value.empty())
    throw BadInput(problem(
        name, "was written from a plan of Forerun, which knows its ranks: workload.ranks and workload.groups have no meaning here"));
  OwnPlan plan(static_cast<int>(files.size()));
  plan.add(bytes, files.front());
  for (std::size_t rank = 1; rank < files.size(); ++rank) plan.add(read_trace_bytes(files[rank]), files[rank]);
  return plan.finish(files.front());
}

StepPlan read_trace_text(std::string_view bytes) {
  const std::string file = "trace";
  if (is_own(bytes, file)) {
    OwnPlan plan(1);
    plan.add(bytes, file);
    return plan.finish(file);
  }
  TraceSet set;
  set.traces.push_back(parse_trace(bytes, file));
  set.groups = set.traces.front().groups;
  return plan_of(set);
}

}  // namespace forerun::chakra
