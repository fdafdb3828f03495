#pragma once

#include <cuda_runtime.h>

#include <array>
#include <stdexcept>
#include <vector>

/// A copy leaves what is no number where it goes until its thread waits for it, so that what is read too early or written too early shows.
namespace forerun::cuda {

namespace copies_on_host {

struct Copy {
  void* to;
  std::array<std::byte, 16> what;
};
inline std::vector<Copy> started[1024];  // by thread of the block

}  // namespace copies_on_host

inline void start_copy(void* shared, const void* global, bool there) {
  if (reinterpret_cast<std::uintptr_t>(shared) % 16 != 0 || reinterpret_cast<std::uintptr_t>(global) % 16 != 0)
    throw std::logic_error("a copy of 16 bytes does not start on 16 bytes");
  copies_on_host::Copy copy{shared, {}};
  if (there) std::memcpy(copy.what.data(), global, copy.what.size());
  std::memset(shared, 0xff, copy.what.size());
  copies_on_host::started[cuda_on_host::place.number].push_back(copy);
}

inline void wait_for_copies() {
  auto& copies = copies_on_host::started[cuda_on_host::place.number];
  for (const copies_on_host::Copy& copy : copies) std::memcpy(copy.to, copy.what.data(), copy.what.size());
  copies.clear();
}

}  // namespace forerun::cuda
