#include "cli/output.hpp"

#include <CLI/CLI.hpp>
#include <cstdio>

#include "cli/choice.hpp"
#include "core/error.hpp"
#include "io/atomic_file.hpp"
#include "io/format.hpp"

namespace forerun {
namespace {

std::string cell(const Json& value) {
  if (value.is_null()) return "";
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number_float()) return exact(value.get<double>());
  if (!value.is_structured()) return value.dump();
  std::string out;
  for (const auto& [key, item] : value.items()) {
    if (!out.empty()) out += "; ";
    if (value.is_object()) out += key + "=";
    out += cell(item);
  }
  return out;
}

}  // namespace

void add_format_option(CLI::App& verb, OutputOptions& options) {
  add_choice<Format>(verb, "--format", options.format, "table, json or csv",
                     {{"table", Format::table}, {"json", Format::json}, {"csv", Format::csv}});
}

void add_output_options(CLI::App& verb, OutputOptions& options) {
  add_format_option(verb, options);
  verb.add_option("-o,--output", options.file, "write the result to this file, as a whole or not at all");
}

void check_output(const OutputOptions& options) {
  if (!options.file.empty()) check_writable(options.file);
}

void deliver(const Page& page, const OutputOptions& options) {
  std::string text;
  switch (options.format) {
    case Format::table: text = page.text; break;
    case Format::json: text = json_text(page.document); break;
    case Format::csv: text = csv_table(page.rows); break;
  }
  if (!options.file.empty()) return write_file(options.file, text);
  std::fwrite(text.data(), 1, text.size(), stdout);
  finish_output();
}

void finish_output() {
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) throw BadInput(Problem{.file = "standard output", .what = "cannot be written"});
}

void say(const std::string& line) { std::fprintf(stderr, "%s\n", line.c_str()); }

Page infeasible_page(const std::string& reason) {
  Page page{.text = "infeasible: " + reason + "\n", .document = {{"schema_version", 1}, {"status", "infeasible"}, {"reason", reason}}};
  page.rows = one_row(page.document);
  return page;
}

Table rows_of(const Json& objects, const std::vector<std::string>& columns) {
  Table table{.header = columns};
  for (const Json& object : objects) {
    std::vector<std::string>& row = table.rows.emplace_back();
    row.reserve(columns.size());
    for (const std::string& column : columns) row.push_back(object.contains(column) ? cell(object[column]) : "");
  }
  return table;
}

Table one_row(const Json& document) {
  Table table;
  table.rows.emplace_back();
  for (const auto& [key, value] : document.items()) {
    if (key == "scenario") continue;
    table.header.push_back(key);
    table.rows[0].push_back(cell(value));
  }
  return table;
}

}  // namespace forerun
