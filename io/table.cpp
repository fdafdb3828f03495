#include "io/table.hpp"

#include <algorithm>

#include "io/csv.hpp"

namespace forerun {
namespace {

/// Letters, not bytes: continuation bytes of UTF-8 take no room.
std::size_t width(const std::string& cell) {
  return static_cast<std::size_t>(
      std::count_if(cell.begin(), cell.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

bool starts_as_number(const std::string& cell) {
  const std::size_t first = cell.find_first_not_of("+-");
  return first < 2 && cell[first] >= '0' && cell[first] <= '9';
}

struct Column {
  std::size_t width = 0;
  bool right = true;
};

Column measure(const Table& table, std::size_t index) {
  Column column{.width = width(table.header[index]), .right = true};
  for (const auto& row : table.rows) {
    column.width = std::max(column.width, width(row[index]));
    // An empty cell or a lone dash stands for "no number".
    if (!row[index].empty() && row[index] != "-" && !starts_as_number(row[index])) column.right = false;
  }
  return column;
}

std::string line(const std::vector<std::string>& cells, const std::vector<Column>& columns) {
  std::string out;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const std::string padding(columns[i].width - width(cells[i]), ' ');
    if (i > 0) out += "  ";
    out += columns[i].right ? padding + cells[i] : cells[i] + padding;
  }
  out.erase(out.find_last_not_of(' ') + 1);
  return out + "\n";
}

}  // namespace

std::string text_table(const Table& table) {
  std::vector<Column> columns;
  std::vector<std::string> rule;
  for (std::size_t i = 0; i < table.header.size(); ++i) {
    columns.push_back(measure(table, i));
    rule.emplace_back(columns.back().width, '-');
  }
  std::string out = line(table.header, columns) + line(rule, columns);
  for (const auto& row : table.rows) out += line(row, columns);
  return out;
}

std::string csv_table(const Table& table) {
  std::string out = csv_line(table.header);
  for (const auto& row : table.rows) out += csv_line(row);
  return out;
}

}  // namespace forerun
