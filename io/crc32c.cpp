#include "io/crc32c.hpp"

#include <array>
#include <cstddef>

namespace forerun {
namespace {

constexpr std::uint32_t kReflected = 0x82f63b78U;

/// Eight tables, so that eight bytes are looked up at once, none after another: Kounavis & Berry 2008, "slicing by 8". The k-th is of a
/// byte with k zeros behind it.
constexpr auto kTables = [] {
  std::array<std::array<std::uint32_t, 256>, 8> tables{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t rest = byte;
    for (int bit = 0; bit < 8; ++bit) rest = (rest >> 1U) ^ ((rest & 1U) != 0 ? kReflected : 0U);
    tables[0][byte] = rest;
  }
  for (std::size_t k = 1; k < 8; ++k)
    for (std::size_t byte = 0; byte < 256; ++byte) tables[k][byte] = (tables[k - 1][byte] >> 8U) ^ tables[0][tables[k - 1][byte] & 0xffU];
  return tables;
}();

/// Bytes in the order of a little-endian number, whatever the machine's.
std::uint32_t little(const unsigned char* bytes) {
  return bytes[0] | std::uint32_t{bytes[1]} << 8U | std::uint32_t{bytes[2]} << 16U | std::uint32_t{bytes[3]} << 24U;
}

}  // namespace

std::uint32_t crc32c(std::string_view bytes, std::uint32_t so_far) {
  const auto* next = reinterpret_cast<const unsigned char*>(bytes.data());
  std::size_t left = bytes.size();
  std::uint32_t sum = ~so_far;
  for (; left >= 8; left -= 8, next += 8) {
    const std::uint32_t low = sum ^ little(next);
    const std::uint32_t high = little(next + 4);
    sum = kTables[7][low & 0xffU] ^ kTables[6][(low >> 8U) & 0xffU] ^ kTables[5][(low >> 16U) & 0xffU] ^ kTables[4][low >> 24U] ^
          kTables[3][high & 0xffU] ^ kTables[2][(high >> 8U) & 0xffU] ^ kTables[1][(high >> 16U) & 0xffU] ^ kTables[0][high >> 24U];
  }
  for (; left > 0; --left, ++next) sum = (sum >> 8U) ^ kTables[0][(sum ^ *next) & 0xffU];
  return ~sum;
}

}  // namespace forerun
