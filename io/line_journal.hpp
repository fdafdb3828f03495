#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "io/descriptor.hpp"

namespace forerun {

/// A file of lines that is only ever added to, by one process at a time, and that a crash at any moment leaves with whole lines and, at
/// most, the beginning of one more.
class LineJournal {
 public:
  enum class Access {
    read,   ///< beside whoever adds to it
    append  ///< alone: others that want to are refused until this object is gone, or its process
  };

  /// Makes a journal of one line, on the disk when it returns. BadInput: something stands there already, or it cannot be written.
  static void create(const std::filesystem::path& file, std::string_view first_line);

  /// Reads what is there and changes nothing. The beginning of a line without its end is left out; the first append() takes it off.
  /// BadInput: no such file, no regular file, larger than a file may be (io/file.hpp), a zero byte, another process adds to it.
  LineJournal(const std::filesystem::path& file, Access access);

  /// The whole lines that there were, without their ends.
  [[nodiscard]] const std::vector<std::string>& lines() const { return lines_; }
  /// The beginning of a line that was cut off; empty where there was none.
  [[nodiscard]] const std::string& cut_off() const { return cut_off_; }

  /// Adds a line, which ends with a newline, and returns once it is on the disk. BadInput where it cannot be written; no whole line of it
  /// counts then, unless the disk takes nothing back. Precondition: opened to append.
  void append(std::string_view line);

 private:
  void read();
  void take_off_cut_line();

  std::filesystem::path file_;
  Descriptor descriptor_;
  std::vector<std::string> lines_;
  std::string cut_off_;
  std::size_t whole_bytes_ = 0;  ///< of whole lines, where one more is cut off
};

}  // namespace forerun
