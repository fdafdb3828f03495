#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLargest = 40000;  // bytes of a seed: larger ones say nothing more, slowly

void run(const std::string& input) { LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size()); }

/// The input with a few bytes changed, cut off, or doubled.
std::string mutated(std::string input, std::mt19937_64& random) {
  const auto below = [&](std::size_t limit) { return static_cast<std::size_t>(random() % std::max<std::size_t>(1, limit)); };
  for (std::size_t change = 0, changes = 1 + below(4); change < changes && !input.empty(); ++change) {
    const std::size_t at = below(input.size());
    switch (below(5)) {
      case 0: input[at] = static_cast<char>(random()); break;
      case 1: input[at] = static_cast<char>(input[at] ^ (1 << below(8))); break;
      case 2: input.resize(at); break;
      case 3: input.insert(at, input.substr(at, below(16))); break;
      default: input.erase(at, below(16)); break;
    }
  }
  return input;
}

}  // namespace

/// The seeds of folders (files, at any depth), then `mutations` of each by a fixed sequence: what a fuzzer found stays found, under any
/// compiler. Usage: replay MUTATIONS FOLDER...
int main(int argc, char** argv) {
  const int mutations = argc > 1 ? std::atoi(argv[1]) : 0;
  std::vector<fs::path> files;
  for (int i = 2; i < argc; ++i)
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(argv[i]))
      if (entry.is_regular_file() && entry.file_size() <= kLargest) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  std::mt19937_64 random(1);
  for (const fs::path& file : files) {
    std::ifstream stream(file, std::ios::binary);
    const std::string seed{std::istreambuf_iterator<char>(stream), {}};
    run(seed);
    for (int i = 0; i < mutations; ++i) run(mutated(seed, random));
  }
  std::cout << files.size() << " seeds, " << mutations << " mutations of each\n";
  return files.empty() ? 1 : 0;
}
