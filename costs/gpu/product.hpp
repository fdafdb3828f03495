#pragma once

#include <cstdint>

#include "core/calibration.hpp"

namespace forerun {

/// `count` independent products of rows x depth by depth x columns.
struct Product {
  double rows = 1;
  double columns = 1;
  double depth = 1;
  double count = 1;
};

enum class ProductRole { activation, weight_gradient };

/// Share of the device's best product rate that a product's shape allows: tiles, waves, depth.
///   max over tiles and splits s of  tile share x useful area / area of the waves x K / (K + s offset)
/// A wave is one block on every multiprocessor; the last one is priced as if it were full [NVIDIA, "Matrix Multiplication Background
/// User's Guide", wave and tile quantization]. Between 0 and 1.
double product_efficiency(const GpuModel& gpu, const Product& product);

/// Time on the device of the products, launched as one kernel:
///   fixed + max(2 M N K count / (peak x share x efficiency), bytes / bandwidth)
/// bytes = each operand and result once. Neglects that the operands of large products pass the cache several times.
/// Throws MissingCapability where the device has no peak in the precision.
Seconds product_time(const GpuModel& gpu, Precision precision, const Product& product, ProductRole role = ProductRole::activation);

}  // namespace forerun
