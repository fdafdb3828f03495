#pragma once

#include <sstream>
#include <string>
#include <vector>

#include "io/csv.hpp"
#include "workloads/load.hpp"

namespace forerun {

/// `key=value` pairs with spaces between them.
inline std::vector<Text> settings_of(const std::string& pairs) {
  std::istringstream words(pairs);
  std::vector<Text> settings;
  for (std::string word; words >> word;) {
    const std::size_t equals = word.find('=');
    settings.push_back({.value = word.substr(equals + 1), .file = "--set", .key = word.substr(0, equals)});
  }
  return settings;
}

inline Workload load_with(const std::string& name, const std::string& pairs) {
  return load_workload({.value = name, .file = "--workload"}, settings_of(pairs));
}

/// A table of tests/workloads/expected.
inline CsvTable expected_table(const std::string& name) { return read_csv(std::string(FORERUN_TEST_DATA) + "/expected/" + name); }

}  // namespace forerun
