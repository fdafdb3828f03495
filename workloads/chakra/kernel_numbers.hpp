#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/calibration.hpp"

namespace forerun::chakra {

/// A kernel as whole numbers in a fixed order, its footprint excepted.
std::vector<std::int64_t> kernel_numbers(const Kernel& kernel);

/// The kernel of these numbers. Throws BadAttribute: another count of them, a number out of range, a layer of more than 2^53 elements.
Kernel read_kernel(std::span<const std::int64_t> numbers);

}  // namespace forerun::chakra
