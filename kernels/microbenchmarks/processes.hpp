#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <new>
#include <stdexcept>
#include <type_traits>

namespace forerun {

/// An array that stays shared over a fork. Its elements are values or atomics: nothing that owns memory.
template <class T>
class SharedArray {
  static_assert(std::is_trivially_destructible_v<T>);

 public:
  explicit SharedArray(std::size_t size)
      : bytes_(size * sizeof(T)), memory_(mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)) {
    if (memory_ == MAP_FAILED) throw std::runtime_error("no memory that processes share");
    data_ = static_cast<T*>(memory_);
    std::uninitialized_value_construct_n(data_, size);
  }
  SharedArray(const SharedArray&) = delete;
  SharedArray& operator=(const SharedArray&) = delete;
  ~SharedArray() { munmap(memory_, bytes_); }

  T& operator[](std::size_t index) { return data_[index]; }

 private:
  std::size_t bytes_;
  void* memory_;
  T* data_ = nullptr;
};

/// Runs `work(place)`, place = 0 .. count - 1, in forked processes at the same time, each on a core of its own as long as there are cores
/// that this process may use. Returns when all have ended; what they found out they leave in a SharedArray.
/// Throws std::runtime_error where a process cannot be had or breaks off; the others are ended then, because they may wait for it.
void run_together(int count, const std::function<void(int place)>& work);

}  // namespace forerun
