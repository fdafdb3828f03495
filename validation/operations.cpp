#include "validation/operations.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>

#include "core/error.hpp"
#include "io/csv.hpp"
#include "io/quantity.hpp"
#include "validation/launches.hpp"

namespace forerun {

namespace {

std::string kind_of(const Operation& operation) {
  if (const auto* kernel = std::get_if<Kernel>(&operation.work); kernel != nullptr && kernel->pass != Pass::update)
    return std::string(to_string(kernel->shape.kind));
  if (const auto* transfer = std::get_if<Collective>(&operation.work)) return std::string(to_string(transfer->operation));
  return {};
}

}  // namespace

OperationTimes read_operation_times(const std::filesystem::path& runs) {
  constexpr std::array<std::string_view, 7> kRequired{"run", "operation", "name", "layer", "median_s", "p10_s", "p90_s"};
  constexpr double kLongest_s = 1e9;
  const std::filesystem::path file = companion_file(runs, "operations");
  OperationTimes times;
  if (!std::filesystem::exists(file)) return times;
  for_each_csv_row(file, kRequired, [&](const CsvTable& row) {
    const auto time = [&](std::string_view column) { return Seconds(parse_number(row.at(0, column), 0, kLongest_s)); };
    MeasuredOperation operation;
    operation.operation = static_cast<int>(parse_integer(row.at(0, "operation"), 0, 1 << 30));
    operation.name = row.at(0, "name"), operation.layer = row.at(0, "layer").value;
    operation.median = time("median_s"), operation.p10 = time("p10_s"), operation.p90 = time("p90_s");
    if (operation.p90 > Seconds(0)) times[row.at(0, "run").value].push_back(std::move(operation));
  });
  return times;
}

std::vector<ScoredOperation> score_operations(std::span<const MeasuredOperation> measured, const StepPlan& plan,
                                              std::span<const OperationCost> costs) {
  const TreeIndex tree = index_tree(plan);
  std::vector<ScoredOperation> scored;
  for (const MeasuredOperation& one : measured) {
    const auto index = static_cast<std::size_t>(one.operation);
    if (index >= plan.operations.size() || plan.operations[index].name != one.name.value)
      throw BadInput(problem(one.name, "is not this operation of the run's plan",
                             index < plan.operations.size() ? std::string(plan.operations[index].name) : "none"));
    scored.push_back({one, kind_of(plan.operations[index]), times_in_step(tree, index), costs[index].duration()});
  }
  return scored;
}

std::vector<OperationSum> sum_operations(std::span<const ScoredOperation> operations) {
  std::vector<OperationSum> sums;
  for (const ScoredOperation& one : operations) {
    auto known =
        std::ranges::find_if(sums, [&](const OperationSum& sum) { return sum.name == one.measured.name.value && sum.kind == one.kind; });
    if (known == sums.end()) known = sums.insert(sums.end(), {one.measured.name.value, one.kind, 0, Seconds(0), Seconds(0)});
    known->operations += 1;
    known->measured += one.times * one.measured.median;
    known->predicted += one.times * one.predicted;
  }
  std::ranges::stable_sort(sums, std::ranges::greater{}, [](const OperationSum& sum) { return std::abs(sum.missed().value()); });
  return sums;
}

}  // namespace forerun
