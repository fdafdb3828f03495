#pragma once

#include <algorithm>
#include <cstddef>
#include <limits>
#include <span>

namespace forerun {

/// MPI 3 counts elements in an int.
inline constexpr std::size_t kMostOfMessage = std::numeric_limits<int>::max();

/// Values of a message that Open MPI sends without asking the receiver first, over TCP up to 64 KiB with its header (btl_tcp_eager_limit).
/// What asks and what answers stand behind all that the same two ranks have on the way: an activation that meets a gradient would wait
/// for it, and two that follow one another would share the link and both come late.
inline constexpr std::size_t kMostUnasked = 15'360;

/// Calls `use` with consecutive parts of at most `most` values, in order; not at all where there are none. Precondition: most > 0.
template <class T, class Use>
void for_each_chunk(std::span<T> values, std::size_t most, Use&& use) {
  while (!values.empty()) {
    const std::size_t count = std::min(most, values.size());
    use(values.first(count));
    values = values.subspan(count);
  }
}

}  // namespace forerun
