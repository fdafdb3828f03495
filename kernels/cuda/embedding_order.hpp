#pragma once

#include <cuda_runtime_api.h>

#include <cstddef>
#include <cstdint>

namespace forerun::cuda {

/// Positions in the order of the rows that they pick, those of one row in their own order, in device memory.
struct RowOrder {
  std::int32_t* position;  ///< one a position
  std::int32_t* end;       ///< by row, where its positions end; those of the row before end where they begin
};

/// Sorts by counting, deterministically. At 8192 positions and 50257 rows it moves a megabyte, which is nothing beside the 154 MB of a
/// gradient of 768 channels; what it takes are its four launches and two single blocks' passes, over the rows and over the positions.
/// `scratch` has row_order_bytes() bytes at a multiple of four. Fewer than 2^31 positions.
RowOrder order_by_row(const std::int32_t* picked, std::int64_t positions, std::int64_t rows, void* scratch, cudaStream_t stream);
std::size_t row_order_bytes(std::int64_t positions, std::int64_t rows);

}  // namespace forerun::cuda
