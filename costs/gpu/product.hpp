#pragma once

#include "core/calibration.hpp"

/// Matrix products on a GPU.
namespace forerun {

/// `count` independent products of rows x depth by depth x columns.
struct Product {
  double rows = 1;
  double columns = 1;
  double depth = 1;
  double count = 1;
};

enum class ProductRole { activation, weight_gradient };

/// Share of the device's best product rate that the shape allows: the best over the tiles of the device, and over the depth K whole or
/// in s parts, as many as multiprocessors are free for (at most `most_splits`):
///   tile share x rows columns count / (waves x multiprocessors / s x tile area) x K / (K + s offset)
///   waves = ceil(tiles x s / multiprocessors), the last priced as if it were full
///              [NVIDIA, "Matrix Multiplication Background User's Guide", sec. 2.2, 3.1 to 3.3: tiles, tile and wave quantization]
/// Between 0 and 1. Neglects the traffic of adding the parts up, and kernels that share a tile between multiprocessors (stream-K).
double product_efficiency(const GpuModel& gpu, const Product& product, int most_splits);

/// Whether products in a precision run on tensor cores: faster than fp32's. A P100's packed fp16 counts as one, too; no figure of tensor
/// cores is given for it, so that nothing follows.
inline bool on_tensor_cores(const GpuModel& gpu, Precision precision) { return gpu.peak[precision] > gpu.peak[Precision::fp32]; }

/// Arithmetic time of the products: 2 rows columns depth count / (peak x share x sustained share x efficiency), the sustained share that
/// of all products times that of tensor cores where they calculate.
/// Throws MissingCapability where the device has no such rate.
Seconds product_arithmetic(const GpuModel& gpu, Precision precision, const Product& product, int most_splits);

/// Time on the device of the products, launched as one kernel:
///   fixed + max(arithmetic / role's share, bytes / streaming bandwidth)
/// bytes = each operand and result once. Neglects that the operands of large products pass the cache several times.
/// Throws MissingCapability where the device has no rate in the precision.
Seconds product_time(const GpuModel& gpu, Precision precision, const Product& product, ProductRole role = ProductRole::activation);

/// Bytes of one operand's element: half as much in fp8 as what is stored between layers.
constexpr double operand_bytes(Precision precision) {
  switch (precision) {
    case Precision::fp64: return 8;
    case Precision::fp32:
    case Precision::tf32: return 4;
    case Precision::fp8: return 1;
    default: return 2;
  }
}

/// Rate over that of rows which are a multiple of 16 bytes long in memory: tensor cores read nothing shorter
///                                         [NVIDIA, "Matrix Multiplication Background User's Guide", sec. 2.1].
/// 1 where they are, and in fp32 and fp64 outside tensor cores.
double alignment_share(const GpuModel& gpu, Precision precision, double inputs, double outputs);

/// Bytes a second of kernels that read and write once.
inline BytesPerSecond streaming_bandwidth(const GpuModel& gpu) { return gpu.streaming_share * gpu.bandwidth; }

}  // namespace forerun
