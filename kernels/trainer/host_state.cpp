#include "kernels/trainer/host_state.hpp"

#include <utility>

namespace forerun {

HostState::HostState(Device& device, std::vector<StateArray> arrays) : device_(device), placed_(std::move(arrays)) {
  if (device.is_host()) {
    views_ = placed_;
    return;
  }
  copies_.reserve(placed_.size());
  for (const StateArray& array : placed_) {
    copies_.emplace_back(array.values.size());
    views_.push_back({array.name, copies_.back()});
  }
}

Seconds HostState::fetch(const Clock& clock) {
  if (copies_.empty()) return Seconds(0);
  const Seconds begun = clock();
  for (std::size_t i = 0; i < copies_.size(); ++i)
    device_.download(placed_[i].values.data(), placed_[i].values.size_bytes(), copies_[i].data());
  return clock() - begun;
}

void HostState::store() {
  for (std::size_t i = 0; i < copies_.size(); ++i)
    device_.upload(copies_[i].data(), placed_[i].values.size_bytes(), placed_[i].values.data());
}

}  // namespace forerun
