#pragma once

#include <algorithm>

#include "kernels/trainer/rank_group.hpp"

namespace forerun {

/// A rank that trains alone: what it has is the sum already, and there is nobody to wait for.
class OneRank : public RankGroup {
 public:
  [[nodiscard]] int rank() const override { return 0; }
  [[nodiscard]] int ranks() const override { return 1; }
  [[nodiscard]] std::unique_ptr<RankGroup> among(std::span<const int>) override { return std::make_unique<OneRank>(); }
  void all_reduce(std::span<float>) override {}
  void all_gather(std::span<const float> own, std::span<float> all) override { std::ranges::copy(own, all.begin()); }
  void reduce_scatter(std::span<const float> all, std::span<float> own) override { std::ranges::copy(all, own.begin()); }
  void start_all_reduce(int, std::span<float>) override {}
  void start_send(int, int, int, std::span<const float>) override {}
  void start_receive(int, int, int, std::span<float>) override {}
  bool advance(int) override { return true; }
  void wait(int) override {}
  int wait_any(std::span<const int> slots) override { return slots.front(); }
  void barrier() override {}
};

}  // namespace forerun
