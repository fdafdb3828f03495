#pragma once

#include <vector>

#include "kernels/trainer/clock.hpp"
#include "kernels/trainer/device.hpp"
#include "kernels/trainer/network.hpp"

namespace forerun {

/// The host's view of what a training must have again to go on: the arrays themselves where the device is the host, copies else.
class HostState {
 public:
  HostState(Device& device, std::vector<StateArray> arrays);

  [[nodiscard]] const std::vector<StateArray>& arrays() const { return views_; }
  /// Brings the copies up to date, before they are written: what it took. Nothing where there are none.
  Seconds fetch(const Clock& clock);
  /// Brings the device's arrays up to date, once the copies were read.
  void store();

 private:
  Device& device_;
  std::vector<StateArray> placed_;  // on the device
  std::vector<std::vector<float>> copies_;
  std::vector<StateArray> views_;
};

}  // namespace forerun
