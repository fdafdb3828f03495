#pragma once

#include <cstddef>
#include <cstdint>

#include "core/workload.hpp"
#include "kernels/cuda/launch.cuh"

/// Accesses of several elements at once. Kernels here are bound by memory, and a thread that moves 16 bytes at a time needs a quarter of
/// the instructions, and keeps four times the bytes under way, of one that moves 4.
namespace forerun::cuda {

inline constexpr int kVectorBytes = 16;  ///< the widest access of a thread
template <class T>
inline constexpr int kVectorWidth = kVectorBytes / static_cast<int>(sizeof(T));

template <class T, int Width>
struct alignas(sizeof(T) * Width) Vector {
  T element[Width];
};

/// `first` is aligned to as many bytes as are accessed.
template <int Width, class T>
__device__ __forceinline__ Vector<T, Width> load(const T* first) {
  return *reinterpret_cast<const Vector<T, Width>*>(first);
}
template <int Width, class T>
__device__ __forceinline__ void store(T* first, const Vector<T, Width>& vector) {
  *reinterpret_cast<Vector<T, Width>*>(first) = vector;
}

/// Any number of elements as float32, in accesses as wide as there are.
template <int Width, class T>
__device__ __forceinline__ void load_floats(const T* first, float (&values)[Width]) {
  constexpr int kPiece = Width < kVectorWidth<T> ? Width : kVectorWidth<T>;
  for (int at = 0; at < Width; at += kPiece) {
    const Vector<T, kPiece> piece = load<kPiece>(first + at);
    for (int e = 0; e < kPiece; ++e) values[at + e] = to_float(piece.element[e]);
  }
}
template <int Width, class T>
__device__ __forceinline__ void store_floats(T* first, const float (&values)[Width]) {
  constexpr int kPiece = Width < kVectorWidth<T> ? Width : kVectorWidth<T>;
  for (int at = 0; at < Width; at += kPiece) {
    Vector<T, kPiece> piece;
    for (int e = 0; e < kPiece; ++e) piece.element[e] = from_float<T>(values[at + e]);
    store<kPiece>(first + at, piece);
  }
}

/// Whether vectors may be accessed at all of the addresses.
template <class... Elements>
bool aligned(const Elements*... first) {
  return ((reinterpret_cast<std::uintptr_t>(first) % kVectorBytes == 0) && ...);
}

/// Calls launch(element) with an element of the type that activations have in a precision: float32 or, else, bf16.
template <class Launch>
void with_element(Precision precision, Launch launch) {
  if (precision == Precision::bf16)
    launch(__nv_bfloat16{});
  else
    launch(0.0F);
}

}  // namespace forerun::cuda
