#include "tests/frame/house.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <functional>
#include <sstream>

namespace forerun::frame {

namespace {

using Names = std::vector<std::string_view>;

/// From the ground up. Rooms on one storey do not know one another.
const std::vector<Names> kStoreys = {
    {"core"},  {"io"},         {"workloads", "platforms"},
    {"costs"}, {"strategies"}, {"oracle", "sim", "kernels", "cherrypick", "validation", "sweep", "report"},
    {"cli"},
};

/// A third-party package: how includes and link lines name it, and the rooms it lives in. Eigen is at home everywhere.
struct Package {
  std::string_view name;
  Names includes;  ///< beginnings
  Names targets;   ///< lower case: the word itself, or what stands before `::`
  Names homes;
};

const std::vector<Package> kPackages = {
    {"yaml-cpp", {"yaml-cpp/"}, {"yaml-cpp"}, {"io"}},
    {"nlohmann-json", {"nlohmann/"}, {"nlohmann_json"}, {"io"}},
    {"fmt", {"fmt/"}, {"fmt"}, {"io"}},
    {"SimGrid", {"simgrid/", "simgrid.", "xbt/", "smpi/"}, {"simgrid", "pkgconfig::simgrid"}, {"sim"}},
    {"oneDNN", {"dnnl", "oneapi/dnnl"}, {"dnnl"}, {"kernels", "bench"}},
    {"MPI", {"mpi.h", "mpi-ext.h"}, {"mpi", "pkgconfig::mpi"}, {"kernels", "bench"}},
    {"CUDA", {"cuda", "cublas", "cudnn", "nccl", "cub/"}, {"cuda", "cudatoolkit", "cudnn", "nccl"}, {"kernels", "bench"}},
    {"Google Benchmark", {"benchmark/"}, {"benchmark"}, {"kernels", "bench"}},
    {"libjpeg-turbo", {"turbojpeg"}, {"libturbojpeg", "pkgconfig::libturbojpeg"}, {"kernels", "bench"}},
    {"CLI11", {"CLI/"}, {"cli11"}, {"cli"}},
    {"Catch2", {"catch2/"}, {"catch2"}, {}},
    {"Boost", {"boost/"}, {"boost"}, {"workloads"}},
    {"Protobuf", {"google/protobuf/"}, {"protobuf"}, {"workloads"}},
    {"SQLite", {"sqlite3"}, {"sqlite3", "sqlite"}, {"sweep"}},
};

bool has(const Names& names, std::string_view name) { return std::find(names.begin(), names.end(), name) != names.end(); }

int storey(std::string_view folder) {
  const auto at = std::find_if(kStoreys.begin(), kStoreys.end(), [&](const Names& rooms) { return has(rooms, folder); });
  return at == kStoreys.end() ? -1 : static_cast<int>(at - kStoreys.begin());
}

std::string top(std::string_view path) { return std::string(path.substr(0, path.find('/'))); }

bool is_code(std::string_view path) {
  constexpr std::array<std::string_view, 5> suffixes = {".cpp", ".hpp", ".h", ".cu", ".cuh"};
  return std::any_of(suffixes.begin(), suffixes.end(), [&](auto suffix) { return path.ends_with(suffix); });
}

bool is_cmake(std::string_view path) { return path.ends_with("CMakeLists.txt") || path.ends_with(".cmake"); }

/// Calls `found(path, included file, quoted)` for every #include of the tree.
void each_include(const Tree& tree, const std::function<void(const std::string&, std::string_view, bool)>& found) {
  for (const auto& [path, text] : tree) {
    if (!is_code(path)) continue;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
      const std::size_t hash = line.find_first_not_of(" \t");
      if (hash == std::string::npos || line[hash] != '#') continue;
      const std::size_t word = line.find_first_not_of(" \t", hash + 1);
      if (word == std::string::npos || line.compare(word, 7, "include") != 0) continue;
      const std::size_t open = line.find_first_of("<\"", word);
      if (open == std::string::npos) continue;
      const std::size_t close = line.find_first_of(">\"", open + 1);
      found(path, std::string_view(line).substr(open + 1, close - open - 1), line[open] == '"');
    }
  }
}

/// Calls `found(path, word)` for every word of a call that links or looks for something.
void each_link(const Tree& tree, const std::function<void(const std::string&, std::string)>& found) {
  const Names linking = {"find_package", "pkg_check_modules", "target_link_libraries", "forerun_library", "forerun_test"};
  for (const auto& [path, text] : tree) {
    if (!is_cmake(path)) continue;
    for (const CMakeCall& call : parse_cmake(text)) {
      if (!has(linking, call.name)) continue;
      bool uses = false;
      for (const std::string& word : call.arguments) {
        if (std::all_of(word.begin(), word.end(), [](unsigned char c) { return std::isupper(c); })) uses = word == "USES";
        found(path, uses ? "forerun_" + word : word);
      }
    }
  }
}

/// Whether a link line's word names the package: `MPI`, `MPI::MPI_CXX`, `$<LINK_ONLY:MPI::MPI_CXX>`.
bool names_package(std::string word, const Package& package) {
  std::transform(word.begin(), word.end(), word.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return std::any_of(package.targets.begin(), package.targets.end(), [&](std::string_view target) {
    const std::string space = std::string(target) + "::";
    return word == target || word.starts_with(space) || word.find(":" + space) != std::string::npos;
  });
}

/// Tests may use what the room under test may, and Catch2.
bool at_home(std::string_view path, const Package& package) {
  if (!path.starts_with("tests/")) return has(package.homes, top(path));
  return package.name == "Catch2" || has(package.homes, top(path.substr(6)));
}

}  // namespace

bool arrow_runs_down(std::string_view from, std::string_view to) { return from == to || storey(to) < storey(from); }

std::vector<std::string> wrong_arrows(const Tree& tree) {
  std::vector<std::string> wrong;
  each_include(tree, [&](const std::string& path, std::string_view included, bool quoted) {
    if (storey(top(path)) < 0 || !quoted) return;
    if (storey(top(included)) < 0)
      wrong.push_back(path + ": the include of " + std::string(included) + " is not written from the root");
    else if (!arrow_runs_down(top(path), top(included)))
      wrong.push_back(path + ": includes " + std::string(included));
  });
  each_link(tree, [&](const std::string& path, const std::string& word) {
    if (storey(top(path)) < 0) return;
    for (const std::string_view prefix : {"forerun_", "forerun::"}) {
      const std::size_t at = word.find(prefix);
      if (at == std::string::npos) continue;
      const std::string room = word.substr(at + prefix.size(), word.find('>') - at - prefix.size());
      if (storey(room) >= 0 && !arrow_runs_down(top(path), room)) wrong.push_back(path + ": links " + room);
    }
  });
  return wrong;
}

std::vector<std::string> strangers(const Tree& tree) {
  std::vector<std::string> found;
  for (const Package& package : kPackages) {
    each_include(tree, [&](const std::string& path, std::string_view included, bool) {
      const bool named =
          std::any_of(package.includes.begin(), package.includes.end(), [&](auto begin) { return included.starts_with(begin); });
      if (named && !at_home(path, package))
        found.push_back(path + ": includes " + std::string(included) + " of " + std::string(package.name));
    });
    each_link(tree, [&](const std::string& path, const std::string& word) {
      if (names_package(word, package) && !at_home(path, package))
        found.push_back(path + ": names " + word + " of " + std::string(package.name));
    });
  }
  return found;
}

}  // namespace forerun::frame
