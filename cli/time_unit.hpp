#pragma once

namespace forerun {

/// A unit for the axis of a picture.
struct TimeUnit {
  const char* name;
  double seconds;
};

/// The one in which the longest time is a number that people read.
inline TimeUnit unit_of(double longest_s) {
  if (longest_s >= 3 * 86'400) return {"days", 86'400};
  if (longest_s >= 2 * 3'600) return {"hours", 3'600};
  if (longest_s >= 2 * 60) return {"minutes", 60};
  return {"seconds", 1};
}

}  // namespace forerun
