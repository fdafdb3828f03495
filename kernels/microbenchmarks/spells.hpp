#pragma once

#include <memory>
#include <vector>

#include "core/calibration.hpp"
#include "kernels/microbenchmarks/kernel_buffers.hpp"

namespace forerun {

/// Watches for slow spells of a shared machine while other things are measured on the same core: one kernel that always takes the
/// same (a dense layer of 1,024 x 1,024 on 48 samples, inside the core's own cache), timed now and then.
class SpellWatch {
 public:
  explicit SpellWatch(Arena& arena);
  ~SpellWatch();

  /// Times the kernel if the last time is a tenth of a second ago.
  void look();
  [[nodiscard]] SlowSpells result() const { return slow_spells(times_); }

  /// Times more than 1.12 times their fifth percentile lie in a spell. Fewer than ten times tell nothing.
  static SlowSpells slow_spells(const std::vector<Seconds>& times);

 private:
  struct Probe;
  std::unique_ptr<Probe> probe_;
  std::vector<Seconds> times_;
  Seconds last_;
};

}  // namespace forerun
