#pragma once

#include <cstddef>
#include <vector>

#include "core/platform.hpp"

namespace forerun::sim {

/// How slow the links of nodes are, as a run's time goes on.
class SlowLinks {
 public:
  explicit SlowLinks(const std::vector<SlowLink>& links);

  /// The nodes that are slow at some time, in order.
  [[nodiscard]] const std::vector<int>& nodes() const { return nodes_; }
  /// What the bandwidth of the node at that place is divided by now.
  [[nodiscard]] double factor(std::size_t place) const { return factors_[place]; }

  /// Back to the start of a run, before any change.
  void restart();
  /// When the next change comes; infinite where none does.
  [[nodiscard]] double next_s() const;
  /// Makes the changes up to a date; the places in nodes() that they are of.
  std::vector<std::size_t> advance(double date_s);

  /// After it nothing changes any more.
  [[nodiscard]] static double last_change_s(const std::vector<SlowLink>& links);

 private:
  struct Change {
    double date_s = 0;
    std::size_t place = 0;
    double factor = 1;
  };

  std::vector<int> nodes_;
  std::vector<double> factors_;
  std::vector<Change> changes_;  ///< by date; of one node an end before the beginning of the next spell
  std::size_t made_ = 0;
};

}  // namespace forerun::sim
