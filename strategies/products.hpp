#pragma once

#include <string>

#include "core/strategy.hpp"

namespace forerun {

/// Why a product of degrees is no strategy: filter, channel and spatial are each defined alone and with data  [Kahira et al., "An oracle
/// for guiding large-scale model/hybrid parallel training of convolutional neural networks", HPDC 2021, sec. 3]. Nothing where it is one.
std::string undefined_product(const Strategy& strategy);

}  // namespace forerun
