#include "io/csv.hpp"

#include <algorithm>
#include <stdexcept>

#include "io/file.hpp"
#include "io/format.hpp"
#include "io/suggest.hpp"

namespace forerun {
namespace {

constexpr std::size_t kCsvLimit = std::size_t{16} << 20;    // a cell costs about ten times its text in memory
constexpr std::size_t kStreamLimit = std::size_t{1} << 30;  // ten million rows of a hundred bytes: the longest training's steps

/// Splits text into records, one a call, and remembers where it stands.
class Scanner {
 public:
  Scanner(std::string_view text, std::string_view file) : text_(text), file_(file) {}

  /// The next record's fields; none at the end. Empty lines are passed over.
  std::vector<Text> record() {
    while (at_line_end() && !done()) end_line();
    std::vector<Text> fields;
    if (done()) return fields;
    while (true) {
      fields.push_back(field());
      if (done() || at_line_end()) break;
      next();  // the comma
    }
    end_line();
    return fields;
  }

 private:
  [[nodiscard]] bool done() const { return at_ == text_.size(); }
  [[nodiscard]] bool at_line_end() const { return done() || text_[at_] == '\n' || text_.substr(at_).starts_with("\r\n"); }
  void next() { ++at_, ++column_; }

  void end_line() {
    if (done()) return;
    at_ += text_[at_] == '\r' ? 2 : 1;
    ++line_, column_ = 1;
  }

  Text field() {
    Text out{.file = std::string(file_), .line = line_, .column = column_};
    if (!done() && text_[at_] == '"') {
      quoted(out);
      return out;
    }
    const std::size_t first = at_;
    while (!at_line_end() && text_[at_] != ',') {
      if (text_[at_] == '"') throw BadInput(problem(out, "a quote stands inside a field that is not quoted"));
      next();
    }
    out.value = text_.substr(first, at_ - first);
    return out;
  }

  void quoted(Text& out) {
    next();
    while (true) {
      if (done()) {
        out.value.clear();
        throw BadInput(problem(out, "a quote is not closed: the file is cut off"));
      }
      const char c = text_[at_];
      if (c == '"') {
        next();
        if (done() || text_[at_] != '"') break;
      }
      out.value += c;
      next();
      if (c == '\n') ++line_, column_ = 1;
    }
    if (!at_line_end() && text_[at_] != ',') throw BadInput(problem(out, "text follows a closing quote"));
  }

  std::string_view text_;
  std::string_view file_;
  std::size_t at_ = 0;
  int line_ = 1;
  int column_ = 1;
};

void check_header(const std::vector<Text>& header, std::span<const std::string_view> required, Problems& problems) {
  std::vector<std::string_view> names;
  for (const Text& name : header) {
    if (name.value.empty())
      problems.add(problem(name, "a column has no name"));
    else if (std::find(names.begin(), names.end(), name.value) != names.end())
      problems.add(problem(name, "two columns have this name"));
    names.push_back(name.value);
  }
  for (const std::string_view wanted : required) {
    if (std::find(names.begin(), names.end(), wanted) != names.end()) continue;
    Text where = header.front();
    where.value.clear();
    where.key = wanted;
    problems.add(problem(where, "the column is missing"));
  }
}

std::size_t index_of(const std::vector<Text>& header, std::string_view column) {
  const auto found = std::find_if(header.begin(), header.end(), [&](const Text& name) { return name.value == column; });
  return static_cast<std::size_t>(found - header.begin());
}

bool needs_quotes(std::string_view field) {
  return field.find_first_of(",\"\r\n") != std::string_view::npos || field.starts_with(' ') || field.ends_with(' ');
}

/// Hands over the header, then each row; BadInput with all that is wrong once the text has been read.
void scan(std::string_view text, std::string_view name, std::span<const std::string_view> required,
          const std::function<void(std::vector<Text>)>& header, const std::function<void(std::vector<Text>)>& receive) {
  Scanner scanner(checked_text(text, name), name);
  Problems problems;
  try {
    const std::vector<Text> columns = scanner.record();
    if (columns.empty()) throw BadInput(Problem{.file = std::string(name), .what = "is empty", .allowed = "a header line"});
    check_header(columns, required, problems);
    header(columns);
    for (std::vector<Text> row = scanner.record(); !row.empty(); row = scanner.record()) {
      if (row.size() != columns.size()) {
        Text where = row.front();
        where.value = format("{} fields", row.size());
        problems.add(problem(where, row.size() < columns.size() ? "the row is cut off" : "the row is too long",
                             format("{} fields", columns.size())));
        continue;
      }
      for (std::size_t i = 0; i < row.size(); ++i) row[i].key = columns[i].value;
      receive(std::move(row));
    }
  } catch (const BadInput& error) {
    problems.add(error);
  }
  problems.throw_if_any();
}

}  // namespace

const Text* CsvTable::find(std::size_t row, std::string_view column) const {
  const std::size_t index = index_of(header, column);
  return index == header.size() ? nullptr : &rows.at(row)[index];
}

const Text& CsvTable::at(std::size_t row, std::string_view column) const {
  const Text* cell = find(row, column);
  if (cell == nullptr) throw std::logic_error("a column was not required on reading: " + std::string(column));
  return *cell;
}

CsvTable read_csv(const std::filesystem::path& file, std::span<const std::string_view> required) {
  return read_csv_text(read_file(file, kCsvLimit), file.string(), required);
}

CsvTable read_csv_text(std::string_view text, std::string_view name, std::span<const std::string_view> required) {
  CsvTable table;
  scan(
      text, name, required, [&](std::vector<Text> header) { table.header = std::move(header); },
      [&](std::vector<Text> row) { table.rows.push_back(std::move(row)); });
  return table;
}

void for_each_csv_row(const std::filesystem::path& file, std::span<const std::string_view> required,
                      const std::function<void(const CsvTable&)>& receive) {
  CsvTable one;
  one.rows.resize(1);
  scan(
      read_file(file, kStreamLimit), file.string(), required, [&](std::vector<Text> header) { one.header = std::move(header); },
      [&](std::vector<Text> row) {
        one.rows.front() = std::move(row);
        receive(one);
      });
}

std::string csv_line(std::span<const std::string> fields) {
  std::string line;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (i > 0) line += ',';
    // A lone empty field must not look like an empty line.
    if (!needs_quotes(fields[i]) && !(fields.size() == 1 && fields[i].empty())) {
      line += fields[i];
      continue;
    }
    line += '"';
    for (const char c : fields[i]) {
      if (c == '"') line += '"';
      line += c;
    }
    line += '"';
  }
  return line + "\n";
}

}  // namespace forerun
