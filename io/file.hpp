#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

namespace forerun {

inline constexpr std::size_t kFileLimit = std::size_t{64} << 20;

/// The text of a file. A UTF-8 byte order mark is dropped.
/// BadInput: missing, a directory, unreadable, larger than `limit` bytes, UTF-16 or UTF-32, binary (a zero byte).
std::string read_file(const std::filesystem::path& path, std::size_t limit = kFileLimit);

/// The bytes of a file that is no text. BadInput: missing, a directory, unreadable, larger than `limit` bytes.
std::string read_bytes(const std::filesystem::path& path, std::size_t limit = kFileLimit);

/// The same checks on a text that is already in memory; `name` stands for the file.
std::string_view checked_text(std::string_view text, std::string_view name);

/// Whether a name that may also stand for something built in is meant as a file: it has a slash or ends in .yaml, .yml, .json or .et.
bool names_a_file(std::string_view name);

}  // namespace forerun
