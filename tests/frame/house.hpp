#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace forerun::frame {

/// The files of a source tree by their path from the root.
using Tree = std::map<std::string, std::string>;

/// Reads what belongs to the house below `root`: every folder of it, and the documents and build files beside them.
Tree read_house(const std::string& root);

/// One call in a CMake file: `name(arguments...)`, comments dropped, quotes taken off.
struct CMakeCall {
  std::string name;
  std::vector<std::string> arguments;
};
std::vector<CMakeCall> parse_cmake(std::string_view text);

/// Whether code of folder `from` may use folder `to`:
///   cli -> {oracle, sim, kernels, cherrypick, validation, sweep, report} -> strategies -> costs -> {workloads, platforms} -> io -> core
bool arrow_runs_down(std::string_view from, std::string_view to);

/// Includes and link lines that run upward or sideways, each as `file: what`. Tests, benches and examples may use every folder.
std::vector<std::string> wrong_arrows(const Tree& tree);

/// Includes and link lines that name a third-party package outside its home, each as `file: what`.
std::vector<std::string> strangers(const Tree& tree);

/// Lines that name a path of one machine, such as somebody's home, each as `file:line: text`.
std::vector<std::string> machine_paths(const Tree& tree);

/// Test cases with a semicolon in their sentence, each as `file: sentence`: ctest lists are parted by semicolons, and Catch passes where
/// no test case has the name asked for, so such a test could not fail.
std::vector<std::string> torn_sentences(const Tree& tree);

}  // namespace forerun::frame
