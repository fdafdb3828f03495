#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "core/calibration.hpp"
#include "kernels/microbenchmarks/kernel_buffers.hpp"

namespace forerun {

/// Watches one core for slow spells of a shared machine: one kernel that takes the same wherever its arrays lie and whatever the other
/// cores do (a dense layer of 1,024 x 1,024 on 48 samples: bound by arithmetic), timed now and then.
class SpellWatch {
 public:
  explicit SpellWatch(Arena& arena);
  ~SpellWatch();

  /// Times the kernel if the last time is a tenth of a second ago, beside other things that are measured on the core.
  std::optional<Seconds> look();
  /// Keeps the core busy for the duration, as training does, and looks ten times a second.
  std::vector<Seconds> watch(Seconds duration);

 private:
  struct Probe;
  std::unique_ptr<Probe> probe_;
  Seconds last_;
};

/// The kernel's time outside spells: the mean of the times up to 1.12 of their fifth percentile. Zero from fewer than ten times, which
/// tell nothing.
Seconds usual_time(std::vector<Seconds> times);

/// Spells in such times: more than 1.12 times the usual time. Nothing where that is zero. `usual` is that of the calibration, so that a
/// watch that lies wholly within a spell sees it.
SlowSpells slow_spells(const std::vector<Seconds>& times, Seconds usual);

/// What was seen at two times on one machine, weighted by looks: the share of all looks that were slow, and the mean factor of these.
/// A host's other users come and go within minutes, so that `before` counts for 200 looks at most: watch again and again, and what
/// was seen long ago fades.
SlowSpells pooled(const SlowSpells& before, const SlowSpells& now);

/// Watches all cores that this process may use at the same time, and returns the times of all of them. Throws as run_together().
std::vector<Seconds> watch_all_cores(Seconds duration);

}  // namespace forerun
