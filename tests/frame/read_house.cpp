#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "tests/frame/house.hpp"

namespace forerun::frame {

namespace fs = std::filesystem;

namespace {

std::string read(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

void read_below(const fs::path& root, const fs::path& folder, Tree& tree) {
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file()) tree[fs::relative(entry.path(), root).generic_string()] = read(entry.path());
}

/// Skips blanks and comments.
std::size_t skip(std::string_view text, std::size_t at) {
  while (at < text.size()) {
    if (text[at] == '#')
      at = std::min(text.find('\n', at), text.size());
    else if (std::isspace(static_cast<unsigned char>(text[at])))
      ++at;
    else
      break;
  }
  return at;
}

/// One argument from `at`: a quoted string, a parenthesis, or a word.
std::string argument(std::string_view text, std::size_t& at) {
  if (text[at] == '"') {
    const std::size_t end = std::min(text.find('"', at + 1), text.size());
    std::string quoted(text.substr(at + 1, end - at - 1));
    at = std::min(end + 1, text.size());
    return quoted;
  }
  if (text[at] == '(' || text[at] == ')') return std::string(1, text[at++]);
  const std::size_t end = std::min(text.find_first_of(" \t\r\n()\"#", at), text.size());
  std::string word(text.substr(at, end - at));
  at = end;
  return word;
}

}  // namespace

Tree read_house(const std::string& root) {
  constexpr std::string_view folders[] = {"core",    "io",         "workloads",  "platforms", "costs",   "strategies", "oracle", "sim",
                                          "kernels", "cherrypick", "validation", "sweep",     "report",  "cli",        "tests",  "fuzz",
                                          "bench",   "docs",       "examples",   "cmake",     "scripts", ".ci"};
  constexpr std::string_view files[] = {"CMakeLists.txt",  "CMakePresets.json", "Makefile",    "README.md",    "ARCHITECTURE.md",
                                        "CONTRIBUTING.md", "CHANGELOG.md",      ".clang-tidy", ".clang-format"};
  Tree tree;
  for (const auto folder : folders)
    if (fs::is_directory(fs::path(root) / folder)) read_below(root, fs::path(root) / folder, tree);
  for (const auto file : files)
    if (fs::is_regular_file(fs::path(root) / file)) tree[std::string(file)] = read(fs::path(root) / file);
  if (!tree.contains("core/units.hpp")) throw std::runtime_error("no house at " + root);
  return tree;
}

std::vector<CMakeCall> parse_cmake(std::string_view text) {
  std::vector<CMakeCall> calls;
  std::size_t at = skip(text, 0);
  while (at < text.size()) {
    CMakeCall call{argument(text, at), {}};
    at = skip(text, at);
    if (at >= text.size() || text[at] != '(') continue;
    ++at;
    int open = 1;
    while ((at = skip(text, at)) < text.size()) {
      std::string word = argument(text, at);
      open += word == "(" ? 1 : word == ")" ? -1 : 0;
      if (open == 0) break;
      call.arguments.push_back(std::move(word));
    }
    calls.push_back(std::move(call));
    at = skip(text, at);
  }
  return calls;
}

}  // namespace forerun::frame
