#pragma once

#include <algorithm>
#include <array>
#include <barrier>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "kernels/trainer/rank_group.hpp"

namespace forerun {

/// Ranks that are threads of the test: what they share.
struct ThreadMeeting {
  explicit ThreadMeeting(int ranks) : meeting(ranks), values(static_cast<std::size_t>(ranks)) {}

  /// A message that lies with its sender until it is taken.
  struct Message {
    std::span<const float> values;
    bool taken = false;
  };
  using Key = std::array<int, 4>;  ///< from, to, tag, how many were before

  std::barrier<> meeting;
  std::vector<std::span<float>> values;
  std::mutex mutex;
  std::condition_variable changed;
  std::map<Key, Message> messages;
  std::map<std::vector<int>, std::shared_ptr<ThreadMeeting>> parts;
};

/// An all-reduce in the background happens when it is waited for. A message is copied when its receiver looks, out of the arrays that the
/// sender must have left alone.
class ThreadGroup : public RankGroup {
 public:
  ThreadGroup(std::shared_ptr<ThreadMeeting> shared, int rank) : shared_(std::move(shared)), rank_(rank) {}

  [[nodiscard]] int rank() const override { return rank_; }
  [[nodiscard]] int ranks() const override { return static_cast<int>(shared_->values.size()); }
  [[nodiscard]] std::unique_ptr<RankGroup> among(std::span<const int> members) override {
    const std::vector<int> ranks(members.begin(), members.end());
    const std::scoped_lock lock(shared_->mutex);
    // Groups of the same ranks come one after another, and each has messages of its own.
    std::vector<int> name = ranks;
    name.push_back(made_[ranks]++);
    std::shared_ptr<ThreadMeeting>& part = shared_->parts[name];
    if (part == nullptr) part = std::make_shared<ThreadMeeting>(static_cast<int>(ranks.size()));
    return std::make_unique<ThreadGroup>(part, static_cast<int>(std::ranges::find(ranks, rank_) - ranks.begin()));
  }
  void all_reduce(std::span<float> values) override {
    shared_->values[static_cast<std::size_t>(rank_)] = values;
    shared_->meeting.arrive_and_wait();
    std::vector<float> sums(values.size(), 0);
    for (const std::span<float> part : shared_->values)
      for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += part[i];
    shared_->meeting.arrive_and_wait();
    std::copy(sums.begin(), sums.end(), values.begin());
    shared_->meeting.arrive_and_wait();
  }
  void all_gather(std::span<const float> own, std::span<float> all) override {
    std::ranges::fill(all, 0.0F);
    std::ranges::copy(own, all.begin() + static_cast<std::ptrdiff_t>(own.size()) * rank_);
    all_reduce(all);
  }
  void reduce_scatter(std::span<const float> all, std::span<float> own) override {
    std::vector<float> sums(all.begin(), all.end());
    all_reduce(sums);
    std::copy_n(sums.begin() + static_cast<std::ptrdiff_t>(own.size()) * rank_, own.size(), own.begin());
  }
  void start_all_reduce(int slot, std::span<float> values) override { started_[slot] = values; }
  void start_send(int slot, int to, int tag, std::span<const float> values) override {
    const ThreadMeeting::Key key{rank_, to, tag, sent_[{to, tag}]++};
    sends_.insert({slot, key});
    const std::scoped_lock lock(shared_->mutex);
    shared_->messages[key].values = values;
    shared_->changed.notify_all();
  }
  void start_receive(int slot, int from, int tag, std::span<float> values) override {
    receives_.insert({slot, {{from, rank_, tag, received_[{from, tag}]++}, values}});
  }
  bool advance(int slot) override {
    const std::scoped_lock lock(shared_->mutex);
    return !started_.contains(slot) && look(slot);
  }
  void wait(int slot) override {
    const auto values = started_.extract(slot);
    if (!values.empty()) all_reduce(values.mapped());
    std::unique_lock lock(shared_->mutex);
    shared_->changed.wait(lock, [&] { return look(slot); });
  }
  int wait_any(std::span<const int> slots) override {
    std::unique_lock lock(shared_->mutex);
    auto complete = slots.end();
    shared_->changed.wait(lock,
                          [&] { return (complete = std::ranges::find_if(slots, [&](int slot) { return look(slot); })) != slots.end(); });
    return *complete;
  }
  void barrier() override { shared_->meeting.arrive_and_wait(); }

 private:
  struct Awaited {
    ThreadMeeting::Key key;
    std::span<float> values;
  };

  /// Takes what is there; whether nothing is left to wait for.
  bool look(int slot) {
    for (auto [each, end] = receives_.equal_range(slot); each != end;) {
      const auto message = shared_->messages.find(each->second.key);
      if (message == shared_->messages.end()) {
        ++each;
        continue;
      }
      std::ranges::copy(message->second.values, each->second.values.begin());
      message->second.taken = true;
      shared_->changed.notify_all();
      each = receives_.erase(each);
    }
    std::erase_if(sends_, [&](const auto& send) { return send.first == slot && shared_->messages[send.second].taken; });
    return !receives_.contains(slot) && !sends_.contains(slot);
  }

  std::shared_ptr<ThreadMeeting> shared_;
  int rank_;
  std::map<int, std::span<float>> started_;
  std::map<std::vector<int>, int> made_;
  std::map<std::array<int, 2>, int> sent_;  ///< by peer and tag
  std::map<std::array<int, 2>, int> received_;
  std::multimap<int, ThreadMeeting::Key> sends_;
  std::multimap<int, Awaited> receives_;
};

}  // namespace forerun
