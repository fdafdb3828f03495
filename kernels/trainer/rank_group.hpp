#pragma once

#include <memory>
#include <span>

namespace forerun {

/// The ranks that train together, as one of them sees them. The trainer knows no message passing; forerun-ranks brings MPI, and NCCL where
/// arrays lie on GPUs. There spans are of device memory, and what a call says is complete is so for all that the rank launches after it.
/// One call at a time, from one thread; of what all ranks do together every rank makes the same calls in the same order.
class RankGroup {
 public:
  RankGroup() = default;
  RankGroup(const RankGroup&) = delete;
  RankGroup& operator=(const RankGroup&) = delete;
  virtual ~RankGroup() = default;

  [[nodiscard]] virtual int rank() const = 0;
  [[nodiscard]] virtual int ranks() const = 0;

  /// Some of the ranks as a group of their own, numbered as they are listed. The members make this call, and the others do not.
  [[nodiscard]] virtual std::unique_ptr<RankGroup> among(std::span<const int> members) = 0;

  /// Replaces the values by their sums over the ranks; returns when this rank's are complete.
  virtual void all_reduce(std::span<float> values) = 0;

  /// The values of all ranks one after another, as many of each.
  virtual void all_gather(std::span<const float> own, std::span<float> all) = 0;

  /// Of the sums over the ranks, of as many values for each, this rank's.
  virtual void reduce_scatter(std::span<const float> all, std::span<float> own) = 0;

  /// The sums in the background. `slot` names it until it is complete; its values must be left alone until then.
  virtual void start_all_reduce(int slot, std::span<float> values) = 0;

  /// A message to another rank, or from it, in the background. Messages with the same tag arrive in the order in which they were sent.
  /// Several under one slot are complete together.
  virtual void start_send(int slot, int to, int tag, std::span<const float> values) = 0;
  virtual void start_receive(int slot, int from, int tag, std::span<float> values) = 0;

  /// Lets what was started advance, and returns soon. True if the slot is complete (or nothing was started).
  virtual bool advance(int slot) = 0;
  /// Returns when the slot is complete.
  virtual void wait(int slot) = 0;
  /// Returns when one of the slots, of which there is one at least, is complete, and which; the first of them where several are.
  virtual int wait_any(std::span<const int> slots) = 0;

  virtual void barrier() = 0;
};

}  // namespace forerun
