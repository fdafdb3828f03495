#pragma once

#include <type_traits>

namespace forerun {

/// a / b, rounded up, of whole numbers: a >= 0, b > 0.
template <class T>
constexpr T ceil_div(T a, std::type_identity_t<T> b) {
  return (a + b - 1) / b;
}

}  // namespace forerun
