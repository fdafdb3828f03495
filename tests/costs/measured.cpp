#include <array>
#include <catch2/catch.hpp>
#include <cmath>
#include <string>
#include <vector>

#include "costs/transfer_time.hpp"
#include "io/csv.hpp"
#include "io/quantity.hpp"
#include "platforms/load.hpp"

using namespace forerun;

namespace {

// From the smallest all-reduce of the H200 set; nothing else is fitted here.
constexpr double kOverhead_s = 25e-6;

std::vector<Text> settings_of(const Text& cell) {
  std::vector<Text> settings;
  for (std::size_t at = 0; at < cell.value.size();) {
    const std::size_t end = std::min(cell.value.find(' ', at), cell.value.size());
    const std::string word = cell.value.substr(at, end - at);
    const std::size_t sign = word.find('=');
    settings.push_back({.value = word.substr(sign + 1), .key = word.substr(word.find('.') + 1, sign - word.find('.') - 1)});
    at = end + 1;
  }
  return settings;
}

struct Row {
  int ranks = 0;
  double bytes = 0;
  double error = 0;
};

std::vector<Row> rows_of(const std::string& group) {
  constexpr std::array<std::string_view, 6> kColumns{"group", "platform", "set", "ranks", "bytes", "time_s"};
  const CsvTable table = read_csv(std::string(FORERUN_TEST_DATA) + "/../../validation/data/all_reduces.csv", kColumns);
  std::vector<Row> rows;
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    if (table.at(i, "group").value != group) continue;
    Platform platform = load_platform(table.at(i, "platform"), settings_of(table.at(i, "set")));
    platform.collective_overhead = Seconds(kOverhead_s);
    Communicator all;
    all.size = static_cast<int>(parse_integer(table.at(i, "ranks"), 2, 1024));
    const double bytes = parse_number(table.at(i, "bytes"), 1, 1e15);
    const Collective collective{Collective::Operation::all_reduce, CollectiveAlgorithm::automatic, 0, Bytes(bytes)};
    const double predicted = transfer_cost(collective, all, platform, Calibration{}).duration().value();
    rows.push_back({all.size, bytes, predicted / parse_number(table.at(i, "time_s"), 0, 1e6) - 1});
  }
  return rows;
}

void require_within(const std::vector<Row>& rows, std::size_t count, double bound) {
  CHECK(rows.size() == count);
  for (const Row& row : rows) {
    INFO(row.ranks << " ranks, " << row.bytes << " bytes");
    CHECK(std::abs(row.error) <= bound);
  }
}

std::vector<Row> between(std::vector<Row> rows, double least, double most) {
  std::erase_if(rows, [&](const Row& row) { return row.bytes < least || row.bytes > most; });
  return rows;
}

}  // namespace

TEST_CASE("all-reduces of 512 MiB and more over eight A100 are met within 3.5 %, smaller ones within 41 %", "[validation]") {
  require_within(between(rows_of("a100-nvlink"), 512 * kMiB, 1e12), 6, 0.035);
  require_within(between(rows_of("a100-nvlink"), 0, 511 * kMiB), 14, 0.41);
}

TEST_CASE("all-reduces of 128 MiB and more that the switch of eight H200 sums are met within 6 %, all within 22 %", "[validation]") {
  require_within(between(rows_of("h200-nvlink-switch"), 128 * kMiB, 1e12), 8, 0.06);
  require_within(rows_of("h200-nvlink-switch"), 20, 0.22);
}

TEST_CASE("large rings over NVLink of H200 and V100 are met within 1 %", "[validation]") {
  require_within(rows_of("h200-nvlink-ring"), 1, 0.01);
  require_within(rows_of("v100-nvlink"), 2, 0.01);
}

TEST_CASE("rings over two, four and eight P100 on PCIe are met within 5.5 % from 12 MB on, but for one size", "[validation]") {
  std::vector<Row> rows = between(rows_of("p100-pcie"), 1e7, 1e12);
  std::erase_if(rows, [](const Row& row) { return row.bytes == 64 * kMiB; });  // one process for all devices there: 17 to 21 % slower
  require_within(rows, 15, 0.055);
}
