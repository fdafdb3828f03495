#include "cli/show_pages.hpp"

#include "strategies/plan_text.hpp"
#include "workloads/formulas.hpp"

namespace forerun {
namespace {

std::string_view kind_name(OperationKind kind) {
  switch (kind) {
    case OperationKind::compute: return "compute";
    case OperationKind::transfer: return "transfer";
    case OperationKind::delay: return "delay";
    case OperationKind::disk: return "disk";
  }
  return "";
}

Json operation_json(const StepPlan& plan, const Workload& workload, int index) {
  const Operation& operation = plan.operations[index];
  Json after = Json::array();
  for (int d = 0; d < operation.dependency_count; ++d) {
    const Dependency& dependency = plan.dependencies[operation.first_dependency + d];
    after.push_back({{"operation", dependency.operation}, {"offset", dependency.offset}});
  }
  Json out{{"index", index},
           {"name", operation.name},
           {"layer", operation.layer},
           {"layer_name", nullptr},
           {"layer_kind", nullptr},
           {"lane", plan.lanes[operation.lane].name},
           {"kind", kind_name(operation.kind())}};
  // Of a transfer it is the number of its bucket.
  if (operation.kind() != OperationKind::transfer && operation.layer >= 0 && operation.layer < static_cast<int>(workload.layers.size())) {
    const Layer& layer = workload.layers[operation.layer];
    out["layer_name"] = layer.name, out["layer_kind"] = to_string(layer.shape.kind);
  }
  if (const auto* kernel = std::get_if<Kernel>(&operation.work)) {
    out["batch"] = kernel->batch;
    out["flop"] = flops(*kernel).value();
  }
  if (const auto* computation = std::get_if<Computation>(&operation.work)) out["flop"] = computation->flops.value();
  if (const auto* collective = std::get_if<Collective>(&operation.work)) out["bytes"] = collective->bytes.value();
  if (const auto* disk = std::get_if<DiskAccess>(&operation.work)) out["bytes"] = disk->rank.bytes.value();
  out["after"] = after;
  return out;
}

}  // namespace

Page plan_page(const StepPlan& plan, const Workload& workload, std::span<const Seconds> times) {
  Page page;
  page.text = plan_text(plan, workload, times);
  Json operations = Json::array();
  page.rows.header = {"index", "lane", "name", "layer", "kind", "after", "alone_s", "layer_name", "layer_kind"};
  for (int i = 0; i < static_cast<int>(plan.operations.size()); ++i) {
    Json operation = operation_json(plan, workload, i);
    if (!times.empty()) operation["alone_s"] = times[i].value();
    const auto text = [&](const char* key) { return operation[key].is_null() ? std::string() : operation[key].get<std::string>(); };
    std::string after;
    for (const Json& dependency : operation["after"]) after += (after.empty() ? "" : " ") + dependency["operation"].dump();
    page.rows.rows.push_back({std::to_string(i), operation["lane"], operation["name"], operation["layer"].dump(), operation["kind"], after,
                              times.empty() ? "" : operation["alone_s"].dump(), text("layer_name"), text("layer_kind")});
    operations.push_back(operation);
  }
  page.document = {{"schema_version", 1}, {"workload", workload.name}, {"ranks", plan.ranks}, {"operations", operations}};
  return page;
}

Page names_page(std::string_view what, std::span<const std::string_view> names) {
  Page page;
  page.rows.header = {std::string(what)};
  for (const std::string_view name : names) {
    page.text += std::string(name) + "\n";
    page.rows.rows.push_back({std::string(name)});
  }
  page.document = {{"schema_version", 1}, {"names", Json(std::vector<std::string>(names.begin(), names.end()))}};
  return page;
}

}  // namespace forerun
