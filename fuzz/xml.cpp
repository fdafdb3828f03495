#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "io/xml_depth.hpp"

/// Counts how deeply the elements of a text are nested, as is done before SimGrid reads a platform file.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const int depth = forerun::xml_depth(text);
  if (depth < 0 || depth > std::ranges::count(text, '<')) std::abort();
  return 0;
}
