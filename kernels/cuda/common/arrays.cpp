#include "kernels/cuda/common/arrays.hpp"

#include <limits>
#include <string>

#include "core/error.hpp"

namespace forerun::cuda {

void require_int(std::int64_t count, const char* what, const char* counted) {
  if (count > std::numeric_limits<std::int32_t>::max())
    throw MissingCapability(std::string(what) + " of more than 2^31 - 1 " + counted + " on a GPU");
}

}  // namespace forerun::cuda
