// Why: how far the closed forms of collectives, with NCCL's tuning and the shipped platforms, are from measured all-reduces.
//   bench_all_reduces [validation/data/all_reduces.csv] [overhead in us]
// Prints each row, then the errors of each group by size, then how many rows lie within P10 to P90 where the links' spreads are those of
// the other machines. The overhead is added to every collective: 0 unless given.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <exception>
#include <map>
#include <string>
#include <vector>

#include "core/quantile.hpp"
#include "costs/intervals.hpp"
#include "costs/transfer_time.hpp"
#include "io/csv.hpp"
#include "io/format.hpp"
#include "io/quantity.hpp"
#include "io/table.hpp"
#include "platforms/load.hpp"

namespace {

using namespace forerun;

constexpr std::int64_t kMostRanks = 1 << 20;
constexpr double kMost = 1e15;

struct Row {
  std::string group;
  Platform platform;
  int ranks = 1;
  Bytes bytes;
  Seconds measured;
};

std::vector<Text> settings_of(const Text& cell) {
  std::vector<Text> settings;
  for (std::size_t at = 0; at < cell.value.size();) {
    const std::size_t end = std::min(cell.value.find(' ', at), cell.value.size());
    const std::string word = cell.value.substr(at, end - at);
    const std::size_t sign = word.find('=');
    Text setting = cell;
    setting.key = word.substr(word.find('.') + 1, sign - word.find('.') - 1);
    setting.value = word.substr(sign + 1);
    settings.push_back(setting);
    at = end + 1;
  }
  return settings;
}

std::vector<Row> read_rows(const std::string& file) {
  constexpr std::array<std::string_view, 6> kColumns{"group", "platform", "set", "ranks", "bytes", "time_s"};
  const CsvTable table = read_csv(file, kColumns);
  std::vector<Row> rows;
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    Row row;
    row.group = table.at(i, "group").value;
    row.platform = load_platform(table.at(i, "platform"), settings_of(table.at(i, "set")));
    row.ranks = static_cast<int>(parse_integer(table.at(i, "ranks"), 1, kMostRanks));
    row.bytes = Bytes(parse_number(table.at(i, "bytes"), 1, kMost));
    row.measured = Seconds(parse_number(table.at(i, "time_s"), 0, kMost));
    rows.push_back(row);
  }
  return rows;
}

std::string percent(double error) { return format("{:+.1f} %", 100 * error); }

constexpr std::string_view kSmall = "below 1 MiB";
constexpr std::string_view kMedium = "1 to 64 MiB";
constexpr std::string_view kLarge = "64 MiB and more";

std::string_view band(Bytes bytes) {
  if (bytes < Bytes(kMiB)) return kSmall;
  return bytes < Bytes(64 * kMiB) ? kMedium : kLarge;
}

Collective all_reduce(const Row& row) { return {Collective::Operation::all_reduce, CollectiveAlgorithm::automatic, 0, row.bytes}; }

OperationCost cost_of(const Row& row, const Platform& platform) {
  Communicator all;
  all.size = row.ranks;
  return transfer_cost(all_reduce(row), all, platform, Calibration{});
}

/// The all-reduce as a step.
Prediction predict(const Row& row, const Platform& platform) {
  Prediction prediction;
  prediction.step_time = cost_of(row, platform).duration();
  return prediction;
}

std::string machine_of(const Row& row) { return row.group.substr(0, row.group.find('-')); }
bool inside_node(const Row& row) { return row.ranks <= row.platform.devices_per_node; }

/// Root mean square of log(predicted / measured) over the rows in nodes of other machines, of a size.
double spread_without(const std::vector<Row>& rows, const std::string& machine, std::string_view size) {
  double sum = 0;
  int count = 0;
  for (const Row& row : rows) {
    if (machine_of(row) == machine || !inside_node(row) || band(row.bytes) != size) continue;
    const double error = std::log(*predict(row, row.platform).step_time / row.measured);
    sum += error * error;
    ++count;
  }
  return std::sqrt(sum / count);
}

Prediction with_interval_of_others(const Row& row, const std::vector<Row>& rows) {
  IntervalOptions options{.spreads = {.inter_bandwidth = shipped_spreads().inter_bandwidth}};
  options.spreads.intra_bandwidth = spread_without(rows, machine_of(row), kLarge);
  options.spreads.messages = spread_without(rows, machine_of(row), kSmall);
  options.spreads.protocols = spread_without(rows, machine_of(row), kMedium);
  Scenario scenario;
  scenario.platform = row.platform;
  scenario.strategy.data = row.ranks;
  scenario.calibration = std::make_shared<const Calibration>();
  const Predictor engine = [&](const Scenario& moved) { return predict(row, moved.platform); };
  return with_intervals(engine, engine, options)(scenario);
}

void print_coverage(const std::vector<Row>& rows) {
  struct Count {
    int rows = 0;
    int within = 0;
    std::vector<double> widths;
  };
  std::map<std::string, Count> counts;
  for (const Row& row : rows) {
    const Prediction prediction = with_interval_of_others(row, rows);
    const bool within = *prediction.step_time_p10 <= row.measured && row.measured <= *prediction.step_time_p90;
    for (const std::string& name : {row.group, std::string("all")}) {
      ++counts[name].rows;
      counts[name].within += within ? 1 : 0;
      counts[name].widths.push_back((*prediction.step_time_p90 - *prediction.step_time_p10) / *prediction.step_time);
    }
  }
  Table table{{"group", "rows", "within P10-P90", "median width"}, {}};
  for (auto& [name, count] : counts) {
    std::sort(count.widths.begin(), count.widths.end());
    table.rows.push_back({name, std::to_string(count.rows), format("{:.1f} %", 100.0 * count.within / count.rows),
                          format("{:.1f} %", 100 * quantile(count.widths, 0.5))});
  }
  std::printf("\n%s", text_table(table).c_str());
}

void print(std::vector<Row> rows, Seconds overhead) {
  Table each{{"group", "ranks", "bytes", "measured us", "predicted us", "error", "bus GB/s", "algorithm", "protocol"}, {}};
  std::map<std::pair<std::string, std::string>, std::vector<double>> errors;
  for (Row& row : rows) {
    row.platform.collective_overhead = overhead;
    const OperationCost cost = cost_of(row, row.platform);
    const double error = cost.duration() / row.measured - 1;
    const double bus = 2.0 * (row.ranks - 1) / row.ranks * (row.bytes / row.measured).value() / 1e9;
    constexpr std::array<std::string_view, 3> kProtocols{"Simple", "LL", "LL128"};
    each.rows.push_back({row.group, std::to_string(row.ranks), format("{:.0f}", row.bytes.value()),
                         format("{:.1f}", row.measured.value() * 1e6), format("{:.1f}", cost.duration().value() * 1e6), percent(error),
                         format("{:.1f}", bus), std::string(to_string(cost.choice.algorithm)),
                         std::string(kProtocols[static_cast<int>(cost.choice.protocol)])});
    errors[{row.group, std::string(band(row.bytes))}].push_back(error);
  }
  std::printf("%s\n", text_table(each).c_str());
  Table groups{{"group", "size", "rows", "median error", "mean", "worst", "bias"}, {}};
  for (auto& [name, list] : errors) {
    double bias = 0;
    std::vector<double> sizes;
    for (const double error : list) {
      bias += error / static_cast<double>(list.size());
      sizes.push_back(std::abs(error));
    }
    std::sort(sizes.begin(), sizes.end());
    double mean = 0;
    for (const double size : sizes) mean += size / static_cast<double>(sizes.size());
    const double median = (sizes[(sizes.size() - 1) / 2] + sizes[sizes.size() / 2]) / 2;
    groups.rows.push_back({name.first, name.second, std::to_string(list.size()), format("{:.1f} %", 100 * median),
                           format("{:.1f} %", 100 * mean), format("{:.1f} %", 100 * sizes.back()), percent(bias)});
  }
  std::printf("%s", text_table(groups).c_str());
  print_coverage(rows);
}

}  // namespace

int main(int count, char** arguments) {
  try {
    const std::string file = count > 1 ? arguments[1] : "validation/data/all_reduces.csv";
    const double overhead_us = count > 2 ? parse_number({.value = arguments[2], .key = "overhead"}, 0, kMost) : 0;
    print(read_rows(file), Seconds(overhead_us * 1e-6));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
