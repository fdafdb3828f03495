#pragma once

#include <barrier>
#include <map>
#include <vector>

#include "kernels/trainer/rank_group.hpp"

namespace forerun {

/// Ranks that are threads of the test: what they share.
struct ThreadMeeting {
  explicit ThreadMeeting(int ranks) : meeting(ranks), values(static_cast<std::size_t>(ranks)) {}
  std::barrier<> meeting;
  std::vector<std::span<float>> values;
};

/// An all-reduce in the background happens when it is waited for.
class ThreadGroup : public RankGroup {
 public:
  ThreadGroup(ThreadMeeting& shared, int rank) : shared_(shared), rank_(rank) {}

  [[nodiscard]] int rank() const override { return rank_; }
  [[nodiscard]] int ranks() const override { return static_cast<int>(shared_.values.size()); }
  void all_reduce(std::span<float> values) override {
    shared_.values[static_cast<std::size_t>(rank_)] = values;
    shared_.meeting.arrive_and_wait();
    std::vector<float> sums(values.size(), 0);
    for (const std::span<float> part : shared_.values)
      for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += part[i];
    shared_.meeting.arrive_and_wait();
    std::copy(sums.begin(), sums.end(), values.begin());
    shared_.meeting.arrive_and_wait();
  }
  void start_all_reduce(int slot, std::span<float> values) override { started_[slot] = values; }
  bool advance(int slot) override { return !started_.contains(slot); }
  void wait(int slot) override {
    const auto values = started_.extract(slot);
    if (!values.empty()) all_reduce(values.mapped());
  }
  void barrier() override { shared_.meeting.arrive_and_wait(); }

 private:
  ThreadMeeting& shared_;
  int rank_;
  std::map<int, std::span<float>> started_;
};

}  // namespace forerun
