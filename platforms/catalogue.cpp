#include "platforms/catalogue.hpp"

#include <algorithm>
#include <array>

#include "io/csv.hpp"
#include "io/quantity.hpp"
#include "io/suggest.hpp"
#include "platforms/data.hpp"

namespace forerun {
namespace {

constexpr std::string_view kDevices = "data/devices.csv";
constexpr std::string_view kPrices = "data/catalogue/prices.csv";
constexpr std::string_view kProviderFigures = "data/catalogue/providers.csv";
constexpr std::array<std::string_view, 3> kProviders = {"aws", "azure", "gcp"};

CsvTable shipped_table(std::string_view name, std::span<const std::string_view> required) {
  const auto found = std::ranges::find(platforms_data(), name, &platforms_file::name);
  return read_csv_text(found->text, "platforms/" + std::string(name), required);
}

const CsvTable& devices() {
  static constexpr std::array<std::string_view, 2> kRequired = {"device", "source"};
  static const CsvTable table = shipped_table(kDevices, kRequired);
  return table;
}

const CsvTable& prices() {
  static constexpr std::array<std::string_view, 6> kRequired = {"platform", "region", "price", "spot-price", "price-date", "price-source"};
  static const CsvTable table = shipped_table(kPrices, kRequired);
  return table;
}

/// What holds for all machines of a cloud.
const CsvTable& providers() {
  static constexpr std::array<std::string_view, 3> kRequired = {"provider", "startup", "source"};
  static const CsvTable table = shipped_table(kProviderFigures, kRequired);
  return table;
}

/// Where a cloud machine stands.
struct Machine {
  std::string name;
  const CsvTable* table = nullptr;
  std::size_t row = 0;
};

const std::vector<Machine>& machines() {
  static const std::array<CsvTable, kProviders.size()> tables = [] {
    static constexpr std::array<std::string_view, 2> kRequired = {"instance", "source"};
    std::array<CsvTable, kProviders.size()> read;
    for (std::size_t i = 0; i < read.size(); ++i)
      read[i] = shipped_table("data/catalogue/" + std::string(kProviders[i]) + ".csv", kRequired);
    return read;
  }();
  static const std::vector<Machine> all = [] {
    std::vector<Machine> found;
    for (std::size_t i = 0; i < tables.size(); ++i)
      for (std::size_t row = 0; row < tables[i].rows.size(); ++row)
        found.push_back({std::string(kProviders[i]) + ":" + tables[i].at(row, "instance").value, &tables[i], row});
    return found;
  }();
  return all;
}

/// The cells of a row that are not empty, under the names of their columns; those of `but` are left out.
void add_cells(PlatformTexts& texts, const std::vector<Text>& row, std::string_view but) {
  for (const Text& cell : row)
    if (!cell.value.empty() && cell.key != but) texts.emplace(cell.key, cell);
}

std::vector<std::size_t> price_rows(std::string_view platform) {
  std::vector<std::size_t> rows;
  for (std::size_t row = 0; row < prices().rows.size(); ++row)
    if (prices().at(row, "platform").value == platform) rows.push_back(row);
  return rows;
}

std::optional<std::size_t> data_sheet(std::string_view device) {
  for (std::size_t row = 0; row < devices().rows.size(); ++row)
    if (devices().at(row, "device").value == device) return row;
  return std::nullopt;
}

}  // namespace

std::vector<std::string_view> known_devices() {
  std::vector<std::string_view> names;
  for (std::size_t row = 0; row < devices().rows.size(); ++row) names.push_back(devices().at(row, "device").value);
  return names;
}

std::span<const std::string_view> cloud_machines() {
  static const std::vector<std::string_view> names = [] {
    std::vector<std::string_view> found;
    found.reserve(machines().size());
    for (const Machine& machine : machines()) found.emplace_back(machine.name);
    return found;
  }();
  return names;
}

std::optional<PlatformTexts> find_cloud_machine(std::string_view name) {
  const auto found = std::ranges::find(machines(), name, &Machine::name);
  if (found == machines().end()) return std::nullopt;
  PlatformTexts texts;
  add_cells(texts, found->table->rows[found->row], "instance");
  const std::string_view provider = name.substr(0, name.find(':'));
  for (std::size_t row = 0; row < providers().rows.size(); ++row)
    if (providers().at(row, "provider").value == provider) texts.emplace("startup", providers().at(row, "startup"));
  return texts;
}

void add_data_sheet(PlatformTexts& texts) {
  const auto device = texts.find("device");
  if (device == texts.end()) return;
  const std::optional<std::size_t> row = data_sheet(device->second.value);
  if (row) add_cells(texts, devices().rows[*row], "source");
}

void add_price(PlatformTexts& texts, std::string_view name) {
  if (texts.contains("price")) return;
  const std::vector<std::size_t> rows = price_rows(name);
  const auto region = texts.find("region");
  std::vector<std::string_view> regions;
  regions.reserve(rows.size());
  for (const std::size_t row : rows) {
    regions.emplace_back(prices().at(row, "region").value);
    if (region != texts.end() && regions.back() != region->second.value) continue;
    add_cells(texts, prices().rows[row], "platform");
    return;
  }
  if (region != texts.end())
    throw BadInput(problem(region->second, "no price is known there", listed(regions), suggest(region->second.value, regions)));
}

std::vector<Price> known_prices(std::string_view name) {
  const std::vector<std::size_t> rows = price_rows(name);
  std::vector<Price> known;
  known.reserve(rows.size());
  for (const std::size_t row : rows) {
    const Text& spot = prices().at(row, "spot-price");
    known.push_back({.on_demand = parse_price_per_hour(prices().at(row, "price")),
                     .spot = spot.value.empty() ? std::nullopt : std::optional(parse_price_per_hour(spot)),
                     .region = prices().at(row, "region").value,
                     .date = prices().at(row, "price-date").value,
                     .source = prices().at(row, "price-source").value});
  }
  return known;
}

std::string data_sheet_source(std::string_view device) {
  const std::optional<std::size_t> row = data_sheet(device);
  return row ? devices().at(*row, "source").value : "";
}

}  // namespace forerun
