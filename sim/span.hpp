#pragma once

#include <cstdint>
#include <vector>

#include "core/platform.hpp"
#include "sim/steps.hpp"

namespace forerun::sim {

/// How many steps of a run are played: all of it, or until the network no longer changes and the steps repeat.
class Span {
 public:
  /// `run`: steps of the run; 0: no end, the asymptotic step is asked for.
  Span(std::int64_t run, const std::vector<SlowLink>& links);

  [[nodiscard]] std::int64_t run() const { return run_; }
  /// As many as wanted, or the run has.
  [[nodiscard]] std::int64_t first(std::int64_t steps) const;
  /// Whether nothing changes any more in the last steps.
  [[nodiscard]] bool settled(const Played& played, std::int64_t steps) const;
  /// Twice as many steps, to see what comes after the last change. SimulationFailed, with what would help, as soon as the most that are
  /// played cannot get there:
  ///   T(n) + (most - n) 2 f max(t_i) < last change
  /// T(n): makespan of the n steps so far; t_i: their times; f: by how much links become slower, 1 and t_i of the later half of them where
  /// no change but the last is to come. The 2 is room for flows that share links otherwise.
  [[nodiscard]] std::int64_t more(const Played& played) const;

 private:
  /// When the most steps that are played end at the latest.
  [[nodiscard]] double reach_s(const Played& played) const;

  std::int64_t run_;
  double last_change_s_;    ///< after it the network stays as it is; zero: as it ever was
  double change_before_s_;  ///< from it to the last one it stays as it is
  double most_slower_ = 1;
};

}  // namespace forerun::sim
