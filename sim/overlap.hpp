#pragma once

#include <cstddef>
#include <functional>
#include <vector>

namespace forerun::sim {

/// Computations that go on slower while a transfer of their rank runs.
///
/// One of w seconds alone that starts at t0 ends at the t for which  w = integral from t0 to t of du / f(u),  where f(u) is the factor
/// while at least one of the rank's transfers runs, and 1 otherwise. Between the starts and ends of transfers f is constant, so that the
/// date is found anew only there: exact, whatever the other ranks do.
class OverlappedCompute {
 public:
  /// Puts the end of a computation at a date: that of a rank in a slot of its program.
  using Schedule = std::function<void(double date_s, int rank, int slot)>;

  /// `ranks` that are simulated. A factor of 1 or less slows nothing, and nothing is kept.
  OverlappedCompute(double factor, std::size_t ranks, Schedule schedule);

  /// Whether dates of computations have to go through here.
  [[nodiscard]] bool matters() const { return factor_ > 1; }

  /// A computation starts, of so many seconds alone. `place` is the rank's among the simulated ones.
  void start(std::size_t place, int rank, int slot, double seconds, double now_s);
  /// Whether a computation ends at this date, which is then forgotten. No: it was put off, or is over already.
  [[nodiscard]] bool ends(std::size_t place, int slot, double date_s);

  /// A transfer of the rank starts to run, or has ended.
  void transfer_starts(std::size_t place, int rank, double now_s);
  void transfer_ends(std::size_t place, int rank, double now_s);

 private:
  /// A computation that is under way.
  struct Running {
    int slot = 0;
    double left_s = 0;  ///< alone, at `since_s`
    double since_s = 0;
    double end_s = 0;
  };
  struct Rank {
    int transfers = 0;
    std::vector<Running> running;  ///< one a lane
  };

  [[nodiscard]] double factor(const Rank& rank) const { return rank.transfers > 0 ? factor_ : 1.0; }
  void change(Rank& changed, int transfers, int rank, double now_s);

  double factor_;
  Schedule schedule_;
  std::vector<Rank> ranks_;
};

}  // namespace forerun::sim
