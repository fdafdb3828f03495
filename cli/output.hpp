#pragma once

#include <string>
#include <vector>

#include "io/json.hpp"
#include "io/table.hpp"

namespace CLI {
class App;
}

namespace forerun {

enum class Format { table, json, csv };

struct OutputOptions {
  Format format = Format::table;
  std::string file;  ///< empty: standard output
};

/// `--format`.
void add_format_option(CLI::App& verb, OutputOptions& options);

/// `--format` and `-o`.
void add_output_options(CLI::App& verb, OutputOptions& options);

/// A result in its three forms.
struct Page {
  std::string text;
  Json document;
  Table rows;
};

/// Bad input if the result could not be written later; changes nothing.
void check_output(const OutputOptions& options);

/// Writes the form that was asked for to standard output or, as a whole, to the file. BadInput where that fails.
void deliver(const Page& page, const OutputOptions& options);

/// BadInput where standard output did not take what was written to it.
void finish_output();

/// A line to standard error.
void say(const std::string& line);

/// The answer where a scenario cannot run.
Page infeasible_page(const std::string& reason);

/// Objects of a document as rows, one a column; what they lack is an empty cell.
Table rows_of(const Json& objects, const std::vector<std::string>& columns);

/// A document as one row of a table with its keys as columns: lists joined by `; `, objects as `key=value`. Leaves `scenario` out.
Table one_row(const Json& document);

}  // namespace forerun
