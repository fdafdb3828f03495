#include <algorithm>
#include <array>
#include <cctype>
#include <sstream>

#include "tests/frame/house.hpp"

namespace forerun::frame {

namespace {

/// An absolute path starts where no name and no part of a longer path stands before its first slash.
bool starts_a_path(const std::string& line, std::size_t at) {
  if (at == 0) return true;
  const char before = line[at - 1];
  return !std::isalnum(static_cast<unsigned char>(before)) && std::string_view("./_-}>").find(before) == std::string_view::npos;
}

}  // namespace

std::vector<std::string> machine_paths(const Tree& tree) {
  // Taken apart so that this file passes its own test.
  const std::array<std::string, 5> roots = {std::string("/ro") + "ot/", std::string("/ho") + "me/", std::string("/wo") + "rk/",
                                            std::string("/Us") + "ers/", std::string("/mn") + "t/"};
  std::vector<std::string> found;
  for (const auto& [path, text] : tree) {
    std::istringstream lines(text);
    int number = 0;
    for (std::string line; std::getline(lines, line);) {
      ++number;
      for (const std::string& root : roots) {
        const std::size_t at = line.find(root);
        if (at != std::string::npos && starts_a_path(line, at)) found.push_back(path + ":" + std::to_string(number) + ": " + line);
      }
    }
  }
  return found;
}

std::vector<std::string> torn_sentences(const Tree& tree) {
  std::vector<std::string> found;
  for (const auto& [path, text] : tree) {
    for (std::size_t at = text.find("\nTEST_CASE("); at != std::string::npos; at = text.find("\nTEST_CASE(", at + 1)) {
      const std::size_t open = std::min(text.find('"', at), text.size() - 1);
      const std::string sentence = text.substr(open + 1, text.find('"', open + 1) - open - 1);
      if (sentence.find(';') != std::string::npos) found.push_back(path + ": " + sentence);
    }
  }
  return found;
}

}  // namespace forerun::frame
