#pragma once

#include <cuda_runtime.h>

#include <stdexcept>

/// A copy leaves what is no number where it goes until its thread waits for it, so that what is read too early or written too early shows.
namespace forerun::cuda {

inline void start_copy(void* shared, const void* global, bool there) {
  if (reinterpret_cast<std::uintptr_t>(shared) % 16 != 0 || reinterpret_cast<std::uintptr_t>(global) % 16 != 0)
    throw std::logic_error("a copy of 16 bytes does not start on 16 bytes");
  cuda_on_host::Copy copy{shared, {}};
  if (there) std::memcpy(copy.what.data(), global, copy.what.size());
  std::memset(shared, 0xff, copy.what.size());
  cuda_on_host::copies_under_way().push_back(copy);
}

inline void wait_for_copies() {
  auto& copies = cuda_on_host::copies_under_way();
  for (const cuda_on_host::Copy& copy : copies) std::memcpy(copy.to, copy.what.data(), copy.what.size());
  copies.clear();
}

}  // namespace forerun::cuda
