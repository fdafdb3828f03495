#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "core/workload.hpp"
#include "kernels/cuda/common/launch.cuh"

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

template <class Bits, class Value>
__device__ __forceinline__ Bits bits_as(const Value& value) {
  static_assert(sizeof(Bits) == sizeof(Value));
  Bits bits;
  memcpy(&bits, &value, sizeof(Bits));
  return bits;
}

/// A whole vector of global memory that nobody writes while the kernel runs: such a load waits for no store.
template <int Width, class T>
__device__ __forceinline__ Vector<T, Width> load_read_only(const T* first) {
  static_assert(sizeof(Vector<T, Width>) == sizeof(uint4));
  const uint4 bits = __ldg(reinterpret_cast<const uint4*>(first));
  Vector<T, Width> vector;
  memcpy(static_cast<void*>(&vector), &bits, sizeof(bits));
  return vector;
}

/// Stores to global memory, by the one instruction that there is for it: nvcc takes some vectors apart.
template <int Width, class T>
__device__ __forceinline__ void store_global(T* first, const Vector<T, Width>& vector) {
  if constexpr (sizeof(vector) == sizeof(uint4))
    __stwb(reinterpret_cast<uint4*>(first), bits_as<uint4>(vector));
  else if constexpr (sizeof(vector) == sizeof(uint2))
    __stwb(reinterpret_cast<uint2*>(first), bits_as<uint2>(vector));
  else if constexpr (sizeof(vector) == sizeof(unsigned))
    __stwb(reinterpret_cast<unsigned*>(first), bits_as<unsigned>(vector));
  else
    store(first, vector);
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
/// Back, to global memory.
template <int Width, class T>
__device__ __forceinline__ void store_floats(T* first, const float (&values)[Width]) {
  constexpr int kPiece = Width < kVectorWidth<T> ? Width : kVectorWidth<T>;
  for (int at = 0; at < Width; at += kPiece) {
    Vector<T, kPiece> piece;
    for (int e = 0; e < kPiece; ++e) piece.element[e] = from_float<T>(values[at + e]);
    store_global(first + at, piece);
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
