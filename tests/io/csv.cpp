#include "io/csv.hpp"

#include <array>
#include <catch2/catch.hpp>

#include "tests/support/folder.hpp"
#include "tests/support/message.hpp"

namespace forerun {
namespace {

constexpr std::array<std::string_view, 2> kRequired = {"run", "value"};

CsvTable read(const std::string& text) { return read_csv_text(text, "f.csv", kRequired); }

std::string error_of(const std::string& text) {
  return message_of([&] { read(text); });
}

std::string line_of(const std::vector<std::string>& fields) { return csv_line(fields); }

}  // namespace

TEST_CASE("a cell knows its file, line, column and column name", "[unit]") {
  const CsvTable table = read("run,value,note\na,1.5,\nbb,2,x\n");
  REQUIRE(table.rows.size() == 2);
  CHECK(table.at(1, "value") == Text{.value = "2", .file = "f.csv", .line = 3, .column = 4, .key = "value"});
  CHECK(table.at(0, "note").value.empty());
  CHECK(table.find(0, "absent") == nullptr);
  CHECK(table.find(1, "note")->value == "x");
}

TEST_CASE("quoted fields hold commas, quotes and line breaks", "[unit]") {
  const CsvTable table = read("run,value\n\"a,b\",\"say \"\"hi\"\"\"\n\"two\nlines\",3\nlast,4\n");
  CHECK(table.at(0, "run").value == "a,b");
  CHECK(table.at(0, "value").value == "say \"hi\"");
  CHECK(table.at(1, "run").value == "two\nlines");
  CHECK(table.at(1, "value").line == 4);
  CHECK(table.at(1, "value").column == 8);
  CHECK(table.at(2, "run").line == 5);
}

TEST_CASE("Windows line ends, a byte order mark, empty lines and a missing last newline are tolerated", "[unit]") {
  const CsvTable table = read("\xef\xbb\xbfrun,value\r\na,1\r\n\r\nb,2");
  REQUIRE(table.rows.size() == 2);
  CHECK(table.header[0].value == "run");
  CHECK(table.at(0, "value").value == "1");
  CHECK(table.at(1, "value") == Text{.value = "2", .file = "f.csv", .line = 4, .column = 3, .key = "value"});
}

TEST_CASE("a truncated last line is reported with its line", "[unit]") {
  CHECK(error_of("run,value\na,1\nb") == "f.csv:3:1: the row is cut off (got 1 fields, allowed 2 fields)");
  CHECK(error_of("run,value\na,1\n\"b") == "f.csv:3:1: a quote is not closed: the file is cut off");
}

TEST_CASE("every row of the wrong width is reported", "[unit]") {
  CHECK(error_of("run,value\na\nb,1\nc,1,2\n") ==
        "f.csv:2:1: the row is cut off (got 1 fields, allowed 2 fields)\n"
        "f.csv:4:1: the row is too long (got 3 fields, allowed 2 fields)");
}

TEST_CASE("quotes out of place are reported", "[unit]") {
  CHECK(error_of("run,value\na,1\"2\n") == "f.csv:2:3: a quote stands inside a field that is not quoted");
  CHECK(error_of("run,value\n\"a\"b,1\n") == "f.csv:2:1: text follows a closing quote (got a)");
}

TEST_CASE("missing, repeated and nameless columns are reported", "[unit]") {
  CHECK(error_of("run,note\n") == "f.csv:1:1: value: the column is missing");
  CHECK(error_of("run,value,run\n") == "f.csv:1:11: two columns have this name (got run)");
  CHECK(error_of("run,value,\n") == "f.csv:1:11: a column has no name");
  CHECK(error_of("") == "f.csv: is empty (allowed a header line)");
  CHECK(error_of("\n\n") == "f.csv: is empty (allowed a header line)");
}

TEST_CASE("a header alone is a table without rows", "[limit]") { CHECK(read("run,value\n").rows.empty()); }

TEST_CASE("what is written reads back", "[unit]") {
  const std::vector<std::string> fields = {"plain", "a,b", "say \"hi\"", "two\nlines", "cr\rx", " padded ", "", "ü"};
  CHECK(line_of(fields) == "plain,\"a,b\",\"say \"\"hi\"\"\",\"two\nlines\",\"cr\rx\",\" padded \",,ü\n");
  const CsvTable table = read_csv_text("a,b,c,d,e,f,g,h\n" + line_of(fields), "f.csv");
  REQUIRE(table.rows.size() == 1);
  for (std::size_t i = 0; i < fields.size(); ++i) CHECK(table.rows[0][i].value == fields[i]);
  CHECK(line_of({""}) == "\"\"\n");
  CHECK(line_of({" left", "right "}) == "\" left\",\"right \"\n");
}

TEST_CASE("a CSV file has a limit of its own", "[limit]") {
  const Folder folder;
  put(folder / "f.csv", "run,value\n" + std::string((16 << 20), '\n'));
  CHECK(message_of([&] { read_csv(folder / "f.csv"); }).find("is too large (allowed at most 16.0 MiB)") != std::string::npos);
  put(folder / "g.csv", "run,value\na,1\n");
  CHECK(read_csv(folder / "g.csv", kRequired).rows.size() == 1);
}

}  // namespace forerun
