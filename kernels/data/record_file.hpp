#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace forerun {

/// What stands before a record's bytes: their number and its checksum.
inline constexpr std::uint64_t kRecordHead = 12;

/// A record of a TFRecord file: where its bytes begin, and how many there are.
struct RecordPlace {
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;
};

/// The records of a TFRecord file, each framed as                                            [tensorflow/core/lib/io/record_writer.h]
///   8 bytes of length, masked CRC-32C of these, the bytes, masked CRC-32C of those; all least significant byte first.
/// Reads the lengths alone. BadInput with file, record and byte: a cut file, a length whose checksum is wrong, or that is none.
std::vector<RecordPlace> find_records(const std::filesystem::path& file);

/// The bytes of a record. BadInput, in the name of `place`: cut off, a wrong checksum.
std::string read_record(const std::filesystem::path& file, const RecordPlace& record, const std::string& place);

/// A checksum as TFRecord files store it: turned right by 15 bits, plus 0xa282ead8. Not that of bytes that themselves hold checksums.
std::uint32_t masked(std::uint32_t checksum);

}  // namespace forerun
