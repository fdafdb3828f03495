#pragma once

#include <string>
#include <vector>

namespace forerun {

/// Rows for people or for a CSV file; each row is as wide as the header.
struct Table {
  std::vector<std::string> header;
  std::vector<std::vector<std::string>> rows;
};

/// Aligned columns two spaces apart under a ruled header. A column whose cells all start as numbers do is right-aligned.
std::string text_table(const Table& table);

/// The same rows as RFC 4180 text.
std::string csv_table(const Table& table);

}  // namespace forerun
