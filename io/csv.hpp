#pragma once

#include <filesystem>
#include <functional>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "io/text.hpp"

namespace forerun {

/// A CSV file with a header line. Every cell knows its file, line, column and, as its key, the name of its column.
struct CsvTable {
  std::vector<Text> header;
  std::vector<std::vector<Text>> rows;  ///< each as wide as the header

  /// The cell of a row by column name, or null where the file has no such column.
  [[nodiscard]] const Text* find(std::size_t row, std::string_view column) const;

  /// The same where the column was required on reading.
  [[nodiscard]] const Text& at(std::size_t row, std::string_view column) const;
};

/// Reads RFC 4180 text; CRLF, a byte order mark, empty last lines and a missing last newline are tolerated, unknown columns kept.
/// BadInput with line, all at once: a row with too few or too many fields (a truncated line), a quote that is not closed or
/// stands inside a field, an empty or repeated column name, a required column that is missing. A file as read_file(), up to 16 MiB.
CsvTable read_csv(const std::filesystem::path& file, std::span<const std::string_view> required = {});

/// The same from a text; `name` stands for the file.
CsvTable read_csv_text(std::string_view text, std::string_view name, std::span<const std::string_view> required = {});

/// Hands over each row of a CSV file, as a table of one, and keeps none: for the files that a tool appends to without end. Refuses what
/// read_csv() does, but for the size: up to 1 GiB. What comes before a mistake has been handed over.
void for_each_csv_row(const std::filesystem::path& file, std::span<const std::string_view> required,
                      const std::function<void(const CsvTable&)>& receive);

/// One line, ended by a newline. Fields with a comma, a quote, a line break or outer spaces are quoted.
std::string csv_line(std::span<const std::string> fields);

}  // namespace forerun
