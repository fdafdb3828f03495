#include <cfloat>

#include "kernels/cuda/common/rows.cuh"
#include "kernels/cuda/common/vectors.cuh"
#include "kernels/cuda/softmax_cross_entropy.hpp"

namespace forerun::cuda {

namespace {

constexpr int kMostThreads = 1024;  // of a row
constexpr int kVectors = 4;         // of a thread before its row gets more of them
constexpr int kMeanThreads = 1024;

/// Row of a matrix as vectors at aligned addresses. A row of 50257 classes in bf16 starts anywhere, so that its first and its last vector
/// are its neighbours' too: of those only the row's elements are accessed.
template <class T>
struct Row {
  static constexpr int kWidth = kVectorWidth<T>;

  __device__ Row(const T* first, std::int64_t elements)
      : before(static_cast<int>(reinterpret_cast<std::uintptr_t>(first) % kVectorBytes / sizeof(T))),
        end(before + elements),
        vectors(ceil_div(end, kWidth)) {}
  __device__ bool has(std::int64_t at) const { return at >= before && at < end; }

  /// Calls visit(vector, whole) for those of the calling thread, `whole` a constant: the edges of a row are two threads', so that nothing
  /// stands between the loads of the others.
  template <class Visit>
  __device__ __forceinline__ void for_each(Visit visit) const {
    const bool cut_first = before > 0 || end < kWidth;
    const bool cut_last = vectors > 1 && end % kWidth != 0;
    const std::int64_t last = vectors - (cut_last ? 1 : 0);
    if (threadIdx.x == 0 && cut_first) visit(std::int64_t{0}, std::false_type{});
    if (threadIdx.x == 1 && cut_last) visit(last, std::false_type{});
#pragma unroll 4
    for (std::int64_t v = (cut_first ? 1 : 0) + threadIdx.x; v < last; v += blockDim.x) visit(v, std::true_type{});
  }

  int before;        // elements of the first vector that are not the row's
  std::int64_t end;  // of the row's elements, counted from the first vector's
  std::int64_t vectors;
};

/// `from` is the array's first vector's address, `outside` what elements are that are not the row's.
template <class T, class Whole>
__device__ __forceinline__ Vector<T, kVectorWidth<T>> load_vector(const Row<T>& row, const T* from, std::int64_t vector, T outside, Whole) {
  constexpr int kWidth = kVectorWidth<T>;
  Vector<T, kWidth> values;
  if constexpr (Whole::value) {
    values = load_read_only<kWidth>(from + vector * kWidth);
  } else {
    for (int e = 0; e < kWidth; ++e) values.element[e] = row.has(vector * kWidth + e) ? from[vector * kWidth + e] : outside;
  }
  return values;
}

/// `wide`: the array is aligned as the row is.
template <class T, class Whole>
__device__ __forceinline__ void store_vector(const Row<T>& row, T* to, std::int64_t vector, const Vector<T, kVectorWidth<T>>& values,
                                             bool wide, Whole) {
  constexpr int kWidth = kVectorWidth<T>;
  if (Whole::value && wide) return store_global(to + vector * kWidth, values);
  for (int e = 0; e < kWidth; ++e)
    if (row.has(vector * kWidth + e)) to[vector * kWidth + e] = values.element[e];
}

/// Each row is read once, its largest logit and its sum of exponentials found together [Milakov & Gimelshein 2018], and written once from
/// what its threads keep of it in shared memory: no thread reads what another kept. A row that does not fit there is read twice, mostly
/// from the second-level cache. So it is bound by memory: two accesses an element, of two bytes each in bf16.
/// Fast exponentials are off by |x| 2^-22 of a share exp(x) of the row's largest, which no sum notices.
template <class T, bool kept>
__global__ void __launch_bounds__(kMostThreads)
    forward_kernel(const T* __restrict__ logits, const std::int32_t* __restrict__ labels, T* __restrict__ probabilities,
                   float* __restrict__ losses, std::int64_t rows, std::int64_t classes, std::int64_t kept_vectors) {
  constexpr int kWidth = kVectorWidth<T>;
  const std::int64_t r = group_row();
  if (r >= rows) return;
  const T* x = logits + r * classes;
  T* p = probabilities + r * classes;
  const Row<T> row(x, classes);
  auto* mine = dynamic_shared<Vector<T, kWidth>>() + threadIdx.y * kept_vectors;
  float largest = -FLT_MAX, sum = 0;
  row.for_each([&](std::int64_t v, auto whole) {
    const Vector<T, kWidth> values = load_vector(row, x - row.before, v, from_float<T>(-INFINITY), whole);
    if constexpr (kept) mine[v] = values;
    float larger = largest;
    for (int e = 0; e < kWidth; ++e) larger = fmaxf(larger, to_float(values.element[e]));
    sum *= __expf(largest - larger);
    for (int e = 0; e < kWidth; ++e) sum += __expf(to_float(values.element[e]) - larger);
    largest = larger;
  });
  const float own = largest;
  largest = row_max(own);
  sum = row_sum(sum * __expf(own - largest));
  const float share = 1 / sum;
  const bool wide = reinterpret_cast<std::uintptr_t>(p - row.before) % kVectorBytes == 0;
  row.for_each([&](std::int64_t v, auto whole) {
    Vector<T, kWidth> values;
    if constexpr (kept)
      values = mine[v];
    else
      values = load_vector(row, x - row.before, v, from_float<T>(-INFINITY), whole);
    for (int e = 0; e < kWidth; ++e) values.element[e] = from_float<T>(__expf(to_float(values.element[e]) - largest) * share);
    store_vector(row, p - row.before, v, values, wide, whole);
  });
  if (threadIdx.x == 0) losses[r] = logf(sum) - (to_float(x[labels[r]]) - largest);
}

/// Bound by memory, two accesses an element. The label is looked for where its vector is written anyway.
template <class T>
__global__ void __launch_bounds__(kMostThreads)
    backward_kernel(const T* __restrict__ probabilities, const std::int32_t* __restrict__ labels, T* __restrict__ gradients,
                    std::int64_t rows, std::int64_t classes, float scale) {
  constexpr int kWidth = kVectorWidth<T>;
  const std::int64_t r = group_row();
  if (r >= rows) return;
  const T* p = probabilities + r * classes;
  T* dx = gradients + r * classes;
  const Row<T> row(p, classes);
  const std::int64_t label = row.before + labels[r];
  const bool wide = reinterpret_cast<std::uintptr_t>(dx - row.before) % kVectorBytes == 0;
  row.for_each([&](std::int64_t v, auto whole) {
    Vector<T, kWidth> values = load_vector(row, p - row.before, v, from_float<T>(0), whole);
    for (int e = 0; e < kWidth; ++e)
      values.element[e] = from_float<T>((to_float(values.element[e]) - (v * kWidth + e == label ? 1.0F : 0.0F)) * scale);
    store_vector(row, dx - row.before, v, values, wide, whole);
  });
}

/// One block: a few thousand numbers.
__global__ void __launch_bounds__(kMeanThreads) mean_kernel(const float* __restrict__ values, std::int64_t count, float* mean) {
  float sum = 0;
  for (std::int64_t i = threadIdx.x; i < count; i += blockDim.x) sum += values[i];
  sum = row_sum(sum);
  if (threadIdx.x == 0) *mean = sum / static_cast<float>(count);
}

}  // namespace

void softmax_forward(const SoftmaxShape& shape, const void* x, const std::int32_t* labels, void* p, float* row_losses,
                     std::size_t shared_bytes, cudaStream_t stream) {
  with_element(shape.precision, [&](auto element) {
    using T = decltype(element);
    const std::int64_t vectors = shape.classes / kVectorWidth<T> + 2;  // of a row that starts and ends within one
    const RowGroups groups = row_groups(shape.rows, vectors, kVectors, kMostThreads);
    const std::size_t bytes = groups.threads.y * static_cast<std::size_t>(vectors) * kVectorBytes;
    const bool kept = bytes + kDeclaredShared <= shared_bytes;
    const auto kernel = kept ? forward_kernel<T, true> : forward_kernel<T, false>;
    launch("softmax_cross_entropy forward", kernel, groups.blocks, groups.threads, kept ? bytes : 0, stream, static_cast<const T*>(x),
           labels, static_cast<T*>(p), row_losses, shape.rows, shape.classes, vectors);
  });
}

void mean_of(const float* values, std::int64_t count, float* mean, cudaStream_t stream) {
  launch("mean", mean_kernel, 1, kMeanThreads, 0, stream, values, count, mean);
}

void softmax_backward(const SoftmaxShape& shape, const void* p, const std::int32_t* labels, void* dx, cudaStream_t stream) {
  with_element(shape.precision, [&](auto element) {
    using T = decltype(element);
    const RowGroups groups = row_groups(shape.rows, shape.classes / kVectorWidth<T> + 2, kVectors, kMostThreads);
    launch("softmax_cross_entropy backward data", backward_kernel<T>, groups.blocks, groups.threads, 0, stream, static_cast<const T*>(p),
           labels, static_cast<T*>(dx), shape.rows, shape.classes, 1.0F / static_cast<float>(shape.rows));
  });
}

}  // namespace forerun::cuda
