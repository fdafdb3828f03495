#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "validation/measured_runs.hpp"

namespace forerun {

/// Rows of a file of measured runs, by group or by name: `group=G1,G2` or `run=R1,R2`. To be fitted also, both kept by name:
///   every=N   of each group of more than N rows the first and each Nth after it, in the order of the file, whatever was measured in them
///   marked    rows with yes in a column `calibrates`
struct Selection {
  enum class By { group, run };
  By by = By::group;
  std::vector<std::string> names;

  [[nodiscard]] bool contains(const MeasuredRun& run) const;
};

/// Which rows are fitted and which are scored.
struct Split {
  /// What is fitted together: all rows that are, or those of each group.
  enum class Each { all, group };
  Each each = Each::all;  ///< group with `every=N` and `marked`
  std::optional<Selection> fit;
  std::optional<Selection> score;      ///< without: all that is not fitted
  std::optional<Selection> leave_out;  ///< neither fitted nor scored, whatever the others say

  [[nodiscard]] bool fits(const MeasuredRun& run) const { return fit && fit->contains(run) && !leaves_out(run); }
  [[nodiscard]] bool scores(const MeasuredRun& run) const {
    return !leaves_out(run) && !(fits(run) && (each == Each::group || !score)) && (!score || score->contains(run));
  }
  [[nodiscard]] bool leaves_out(const MeasuredRun& run) const { return leave_out && leave_out->contains(run); }
};

/// Reads `--fit`, `--score` and `--leave-out` (empty: not given). BadInput, all at once: neither `group=` nor `run=` (nor, of `--fit`,
/// `every=` of 2 or more, or `marked`), a name that no row has (with a suggestion), a row that would be both fitted and
/// scored (by `every` and `marked` it is fitted, and not scored). `every`
/// counts no rows that are left out.
Split read_split(const std::string& fit, const std::string& score, const std::vector<MeasuredRun>& runs, const std::string& leave_out = "");

/// So many of the rows, evenly in their order: of M rows those at floor((i + 1/2) M / count), i from 0, a rule that knows nothing of their
/// values. Precondition: count <= M.
std::vector<MeasuredRun> evenly(const std::vector<MeasuredRun>& runs, std::size_t count);

}  // namespace forerun
