#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "io/descriptor.hpp"

/// Files that are either complete or untouched. Each throws BadInput, with the file as its key, where the file cannot be written.
namespace forerun {

/// Fails now where write_file() or append_csv_row() would fail later: a directory, a missing or unwritable folder, a read-only
/// file. Creates and changes nothing.
void check_writable(const std::filesystem::path& file);

/// Makes a folder, with those above it that are missing, and brings their names to the disk. BadInput, with what cannot be made.
void make_folder(const std::filesystem::path& folder);

/// Replaces a file as a whole: a reader, or a crash at any moment, sees the old text or the new one, never a part.
/// A symbolic link keeps pointing at its target; a device or a pipe is written through.
void write_file(const std::filesystem::path& file, std::string_view text);

/// The same for what comes piece by piece: a file beside the target, which takes its place with commit() and is gone without it. The target
/// is a regular file, or one that is to be.
class AtomicFile {
 public:
  explicit AtomicFile(const std::filesystem::path& file);
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;
  ~AtomicFile();

  void write(std::string_view piece);
  /// Returns once the file is on the disk, and its name is, where the file system can sync folders.
  void commit();

 private:
  std::filesystem::path file_;  ///< as it was given, for messages
  std::filesystem::path target_;
  unsigned mode_ = 0;
  std::string name_;
  Descriptor temporary_{-1};
  bool renamed_ = false;
};

/// BadInput where append_csv_rows() would refuse the file: check_writable(), another header, or a last line that was cut off.
/// Touches nothing.
void check_appendable(const std::filesystem::path& file, std::span<const std::string> header);

/// Adds a row to a CSV file that several processes may append to; writes the header first where the file is new or empty.
/// A last line without its newline (an append that was cut off) is BadInput, as is a header that is not this one.
void append_csv_row(const std::filesystem::path& file, std::span<const std::string> header, std::span<const std::string> row);

/// The same for several rows, which go out together.
void append_csv_rows(const std::filesystem::path& file, std::span<const std::string> header,
                     std::span<const std::vector<std::string>> rows);

}  // namespace forerun
