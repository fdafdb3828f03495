#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "validation/measured_runs.hpp"

namespace forerun {

/// Rows of a file of measured runs, by group or by name: `group=G1,G2` or `run=R1,R2`.
struct Selection {
  enum class By { group, run };
  By by = By::group;
  std::vector<std::string> names;

  [[nodiscard]] bool contains(const MeasuredRun& run) const;
};

/// Which rows are fitted and which are scored.
struct Split {
  std::optional<Selection> fit;
  std::optional<Selection> score;  ///< without: all that is not fitted

  [[nodiscard]] bool fits(const MeasuredRun& run) const { return fit && fit->contains(run); }
  [[nodiscard]] bool scores(const MeasuredRun& run) const { return score ? score->contains(run) : !fits(run); }
};

/// Reads `--fit` and `--score` (empty: not given). BadInput, all at once: neither `group=` nor `run=`, a name that no row has (with a
/// suggestion), a row that would be both fitted and scored.
Split read_split(const std::string& fit, const std::string& score, const std::vector<MeasuredRun>& runs);

/// So many of the rows, evenly in their order: of M rows those at floor((i + 1/2) M / count), i from 0, a rule that knows nothing of their
/// values. Precondition: count <= M.
std::vector<MeasuredRun> evenly(const std::vector<MeasuredRun>& runs, std::size_t count);

}  // namespace forerun
