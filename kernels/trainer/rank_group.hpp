#pragma once

#include <span>

namespace forerun {

/// The ranks that train together, as one of them sees them. The trainer knows no message passing; forerun-ranks brings MPI.
/// One call at a time, from one thread; every rank makes the same calls in the same order.
class RankGroup {
 public:
  RankGroup() = default;
  RankGroup(const RankGroup&) = delete;
  RankGroup& operator=(const RankGroup&) = delete;
  virtual ~RankGroup() = default;

  [[nodiscard]] virtual int rank() const = 0;
  [[nodiscard]] virtual int ranks() const = 0;

  /// Replaces the values by their sums over the ranks; returns when this rank's are complete.
  virtual void all_reduce(std::span<float> values) = 0;

  /// The same in the background. `slot` names it until it is complete; its values must be left alone until then.
  virtual void start_all_reduce(int slot, std::span<float> values) = 0;
  /// Lets what was started advance, and returns soon. True if the slot is complete (or nothing was started).
  virtual bool advance(int slot) = 0;
  /// Returns when the slot is complete.
  virtual void wait(int slot) = 0;

  virtual void barrier() = 0;
};

}  // namespace forerun
