#include "platforms/processors.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "io/csv.hpp"
#include "io/quantity.hpp"
#include "platforms/data.hpp"

namespace forerun {
namespace {

constexpr std::string_view kFile = "data/processors.csv";
constexpr std::array<std::string_view, 7> kColumns = {"processor",    "clock-ghz",   "flop-per-cycle", "memory-bandwidth",
                                                      "socket-cores", "calibration", "source"};
constexpr double kMostClock = 10;
constexpr double kMostFlop = 1024;
constexpr std::int64_t kMostCores = 1024;

std::vector<Processor> read_all() {
  const auto found = std::ranges::find(platforms_data(), kFile, &platforms_file::name);
  const CsvTable table = read_csv_text(found->text, "platforms/" + std::string(kFile), kColumns);
  std::vector<Processor> all;
  for (std::size_t row = 0; row < table.rows.size(); ++row) {
    const double clock_hz = 1e9 * parse_number(table.at(row, "clock-ghz"), 0.1, kMostClock);
    const double flop = parse_number(table.at(row, "flop-per-cycle"), 1, kMostFlop);
    const auto cores = static_cast<double>(parse_integer(table.at(row, "socket-cores"), 1, kMostCores));
    all.push_back({.name = table.at(row, "processor").value,
                   .core_rate = FlopsPerSecond(clock_hz * flop),
                   .core_bandwidth = parse_bandwidth(table.at(row, "memory-bandwidth")) / cores,
                   .calibration = table.at(row, "calibration").value,
                   .source = table.at(row, "source").value});
  }
  return all;
}

const std::vector<Processor>& all_processors() {
  static const std::vector<Processor> all = read_all();
  return all;
}

std::optional<Processor> find_by(std::string Processor::*field, std::string_view value) {
  const auto found = std::ranges::find(all_processors(), value, field);
  return found == all_processors().end() || value.empty() ? std::nullopt : std::optional(*found);
}

}  // namespace

std::optional<Processor> find_processor(std::string_view name) { return find_by(&Processor::name, name); }

std::optional<Processor> processor_of(std::string_view calibration) { return find_by(&Processor::calibration, calibration); }

std::span<const std::string_view> known_processors() {
  static const std::vector<std::string_view> names = [] {
    std::vector<std::string_view> found;
    for (const Processor& processor : all_processors()) found.emplace_back(processor.name);
    return found;
  }();
  return names;
}

}  // namespace forerun
