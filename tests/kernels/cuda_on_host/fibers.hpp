#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

/// The threads of one block as fibers of one thread of the host.
namespace cuda_on_host {

struct Index {
  unsigned x = 0, y = 0, z = 0;
};

inline constexpr unsigned kWarp = 32;

/// Of the fiber that runs. Threads of a block are numbered with x fastest; a warp has those of 32 numbers.
struct Place {
  Index thread;
  unsigned number = 0;
};
extern Place place;

/// Runs `body` once for each thread of a block; returns when all have ended. An exception of a fiber ends the block and is thrown on.
/// Throws std::logic_error where threads wait for others that have ended or wait for something else.
void run_block(Index threads, const std::function<void()>& body);

/// Returns once all threads of the block are here.
void meet_block();

/// Returns once all threads of the warp that `mask` names are here with a value of theirs; gives lane `from`'s.
/// std::logic_error where the calling lane or `from` is not in the mask.
std::uint64_t meet_warp(std::uint32_t mask, std::uint64_t value, unsigned from);

/// The same of a whole warp; gives all lanes' values, until the thread meets its warp again.
const std::array<std::uint64_t, kWarp>& meet_warp(std::uint64_t value);

/// A copy that a thread has started and not waited for.
struct Copy {
  void* to = nullptr;
  std::array<std::byte, 16> what{};
};

/// Of the thread that runs; none when a block starts.
std::vector<Copy>& copies_under_way();

}  // namespace cuda_on_host
