#include "validation/selection.hpp"

#include <algorithm>
#include <cassert>
#include <map>
#include <set>

#include "io/quantity.hpp"
#include "io/suggest.hpp"

namespace forerun {
namespace {

const std::string& name_of(const MeasuredRun& run, Selection::By by) { return by == Selection::By::group ? run.group : run.run; }

Selection read_selection(const Text& text, const std::vector<MeasuredRun>& runs,
                         std::string_view allowed = "group=NAME,... or run=NAME,...") {
  Selection selection;
  std::string rest;
  if (text.value.starts_with("group=")) {
    rest = text.value.substr(6);
  } else if (text.value.starts_with("run=")) {
    selection.by = Selection::By::run;
    rest = text.value.substr(4);
  } else {
    throw BadInput(problem(text, "selects no rows", std::string(allowed)));
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

/// Of each group the first row, and each `step`th after it, where that makes two or more.
Selection every(std::int64_t step, const std::vector<MeasuredRun>& runs, const Split& split) {
  std::map<std::string, std::vector<std::string>> groups;
  for (const MeasuredRun& run : runs)
    if (!split.leaves_out(run)) groups[run.group].push_back(run.run);
  Selection selection{Selection::By::run, {}};
  const auto stride = static_cast<std::size_t>(step);
  for (const auto& [group, names] : groups)
    for (std::size_t i = 0; i < names.size() && names.size() > stride; i += stride) selection.names.push_back(names[i]);
  if (selection.names.empty())
    throw BadInput(Problem{.file = "--fit", .what = "finds no group of more rows than that, and a fit takes two or more"});
  return selection;
}

/// The rows whose column `calibrates` says yes.
Selection marked(const std::vector<MeasuredRun>& runs, const Split& split) {
  const std::pair<std::string, std::string> mark{"calibrates", "yes"};
  Selection selection{Selection::By::run, {}};
  for (const MeasuredRun& run : runs)
    if (!split.leaves_out(run) && std::ranges::find(run.extra, mark) != run.extra.end()) selection.names.push_back(run.run);
  if (selection.names.empty())
    throw BadInput(Problem{.file = "--fit", .what = "finds no row that is marked", .allowed = "a column calibrates with yes"});
  return selection;
}

void read_fit(const Text& text, const std::vector<MeasuredRun>& runs, Split& split) {
  constexpr std::string_view kEvery = "every=";
  constexpr std::int64_t kMostRows = 1 << 30;
  if (text.value == "marked") {
    split.fit = marked(runs, split);
    split.each = Split::Each::group;
    return;
  }
  if (!text.value.starts_with(kEvery)) {
    split.fit = read_selection(text, runs, "group=NAME,..., run=NAME,..., every=N or marked");
    return;
  }
  Text step = text;
  step.value.erase(0, kEvery.size());
  step.key = "every";
  split.fit = every(parse_integer(step, 2, kMostRows), runs, split);
  split.each = Split::Each::group;
}

}  // namespace

bool Selection::contains(const MeasuredRun& run) const { return std::ranges::find(names, name_of(run, by)) != names.end(); }

Split read_split(const std::string& fit, const std::string& score, const std::vector<MeasuredRun>& runs, const std::string& leave_out) {
  Split split;
  Problems problems;
  if (!leave_out.empty()) problems.collect([&] { split.leave_out = read_selection({leave_out, "--leave-out", 0, 0, ""}, runs); });
  if (!fit.empty()) problems.collect([&] { read_fit({fit, "--fit", 0, 0, ""}, runs, split); });
  if (!score.empty()) problems.collect([&] { split.score = read_selection({score, "--score", 0, 0, ""}, runs); });
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
