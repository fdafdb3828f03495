#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>

namespace forerun::cpu {

/// How many threads an operator may use that the calling thread makes or runs: one, unless a Threads says otherwise.
int threads();

/// Lets the operators that this thread makes and runs use `count` threads while it lives. An operator is run with as many as it was made
/// with.
class Threads {
 public:
  explicit Threads(int count);
  ~Threads();
  Threads(const Threads&) = delete;
  Threads& operator=(const Threads&) = delete;

 private:
  int before_;
};

/// Holds OpenMP, which oneDNN's threads are, to threads() while it lives.
class OpenMpTeam {
 public:
  OpenMpTeam();
  ~OpenMpTeam();
  OpenMpTeam(const OpenMpTeam&) = delete;
  OpenMpTeam& operator=(const OpenMpTeam&) = delete;

 private:
  int before_;
};

/// Calls visit(0) to visit(count - 1), each on a thread of its own.
void for_each_at_once(int count, const std::function<void(int)>& visit);

/// Calls visit(first, count) on each thread for its share of `items`, of which each costs as much as `elements` floats read or written.
/// With fewer floats than repay waking the others, on the calling thread for all.
template <class Visit>
void share_out(std::int64_t items, std::int64_t elements, const Visit& visit) {
  constexpr std::int64_t kWorthSharing = 32 * 1024;  // some 5 us, where waking a thread takes 1 to 2
  const std::int64_t shares = items * elements < kWorthSharing ? 1 : std::min<std::int64_t>(threads(), items);
  if (shares <= 1) return visit(std::int64_t{0}, items);
  for_each_at_once(static_cast<int>(shares), [&](int share) {
    const std::int64_t first = items * share / shares;
    visit(first, items * (share + 1) / shares - first);
  });
}

}  // namespace forerun::cpu
