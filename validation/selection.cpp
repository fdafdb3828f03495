#include "validation/selection.hpp"

#include <algorithm>
#include <cassert>
#include <set>

#include "io/suggest.hpp"

namespace forerun {
namespace {

const std::string& name_of(const MeasuredRun& run, Selection::By by) { return by == Selection::By::group ? run.group : run.run; }

Selection read_selection(const Text& text, const std::vector<MeasuredRun>& runs) {
  Selection selection;
  std::string rest;
  if (text.value.starts_with("group=")) {
    rest = text.value.substr(6);
  } else if (text.value.starts_with("run=")) {
    selection.by = Selection::By::run;
    rest = text.value.substr(4);
  } else {
    throw BadInput(problem(text, "selects no rows", "group=NAME,... or run=NAME,..."));
  }
  std::set<std::string_view> unique;
  for (const MeasuredRun& run : runs) unique.insert(name_of(run, selection.by));
  const std::vector<std::string_view> known(unique.begin(), unique.end());
  Problems problems;
  for (std::size_t begin = 0; begin <= rest.size();) {
    const std::size_t end = std::min(rest.find(',', begin), rest.size());
    const std::string name = rest.substr(begin, end - begin);
    begin = end + 1;
    if (unique.contains(name))
      selection.names.push_back(name);
    else
      problems.add(problem({name, text.file, 0, 0, ""}, "no row has this name", listed(known), suggest(name, known)));
  }
  problems.throw_if_any();
  return selection;
}

}  // namespace

bool Selection::contains(const MeasuredRun& run) const { return std::ranges::find(names, name_of(run, by)) != names.end(); }

Split read_split(const std::string& fit, const std::string& score, const std::vector<MeasuredRun>& runs, const std::string& leave_out) {
  Split split;
  Problems problems;
  if (!fit.empty()) problems.collect([&] { split.fit = read_selection({fit, "--fit", 0, 0, ""}, runs); });
  if (!score.empty()) problems.collect([&] { split.score = read_selection({score, "--score", 0, 0, ""}, runs); });
  if (!leave_out.empty()) problems.collect([&] { split.leave_out = read_selection({leave_out, "--leave-out", 0, 0, ""}, runs); });
  problems.throw_if_any();
  for (const MeasuredRun& run : runs)
    if (split.fits(run) && split.scores(run))
      problems.add(problem({run.run, "--score", 0, 0, ""}, "a row that is fitted cannot be scored"));
  problems.throw_if_any();
  return split;
}

std::vector<MeasuredRun> evenly(const std::vector<MeasuredRun>& runs, std::size_t count) {
  assert(count <= runs.size());
  std::vector<MeasuredRun> out;
  for (std::size_t i = 0; i < count; ++i) out.push_back(runs[(2 * i + 1) * runs.size() / (2 * count)]);
  return out;
}

}  // namespace forerun
