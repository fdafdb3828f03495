#pragma once

#include <cstdint>
#include <string_view>

namespace forerun {

/// Checksum of bytes that come piece by piece: CRC-32C (Castagnoli), polynomial 0x1edc6f41, reflected, as RFC 3720 (iSCSI), appendix B.4,
/// gives test vectors for. `so_far` is the checksum of what came before; zero at the start.
std::uint32_t crc32c(std::string_view bytes, std::uint32_t so_far = 0);

}  // namespace forerun
