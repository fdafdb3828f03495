#include "io/prediction_json.hpp"

namespace forerun {
namespace {

void add_identity(Json& out, const Prediction& prediction, const Scenario& scenario, std::string_view strategy) {
  out["schema_version"] = kSchemaVersion;
  out["engine"] = prediction.engine;
  out["workload"] = scenario.workload.name;
  out["platform"] = scenario.platform.name;
  out["strategy"] = strategy.empty() ? Json(nullptr) : Json(strategy);
  out["runtime"] = scenario.plan ? Json(nullptr) : Json(to_string(scenario.strategy.runtime));
  out["nodes"] = scenario.platform.nodes;
  out["ranks"] = scenario.ranks();
  out["global_batch"] = scenario.plan ? Json(nullptr) : Json(scenario.workload.batch);
  out["seed"] = scenario.run.seed;
  out["calibration"] = scenario.calibration ? Json(scenario.calibration->name) : Json(nullptr);
  out["origin"] = to_string(prediction.origin);
  out["assumptions"] = prediction.assumptions;
  out["status"] = to_string(prediction.status);
  out["reason"] = prediction.reason.empty() ? Json(nullptr) : Json(prediction.reason);
}

void add_step(Json& out, const Prediction& prediction) {
  const auto part = [&](Seconds Parts::*member) { return prediction.parts ? Json(((*prediction.parts).*member).value()) : Json(nullptr); };
  out["step_time_s"] = to_json_value(prediction.step_time);
  out["step_time_p10_s"] = to_json_value(prediction.step_time_p10);
  out["step_time_p90_s"] = to_json_value(prediction.step_time_p90);
  out["compute_s"] = part(&Parts::compute);
  out["comm_exposed_s"] = part(&Parts::comm_exposed);
  out["bubble_s"] = part(&Parts::bubble);
  out["input_exposed_s"] = part(&Parts::input_exposed);
  out["overhead_s"] = part(&Parts::overhead);
  out["comm_total_s"] = to_json_value(prediction.comm_total);
}

void add_run(Json& out, const Prediction& prediction) {
  out["epoch_time_s"] = to_json_value(prediction.epoch_time);
  out["startup_s"] = to_json_value(prediction.startup);
  out["evaluation_s"] = to_json_value(prediction.evaluation);
  out["checkpoint_stall_s"] = to_json_value(prediction.checkpoint_stall);
  for (const char* key : {"lost_s", "detection_s", "restart_s", "queue_s", "degraded_s"}) out[key] = nullptr;
  out["total_time_s"] = to_json_value(prediction.total_time);
  out["total_time_p10_s"] = to_json_value(prediction.total_time_p10);
  out["total_time_p90_s"] = to_json_value(prediction.total_time_p90);
  out["goodput_fraction"] = nullptr;
  out["throughput_samples_per_s"] = to_json_value(prediction.throughput_samples_per_s);
  out["throughput_tokens_per_s"] = to_json_value(prediction.throughput_tokens_per_s);
  out["mfu"] = to_json_value(prediction.mfu);
}

void add_resources(Json& out, const Prediction& prediction) {
  out["memory_per_device_bytes"] = to_json_value(prediction.memory_per_device);
  Json parts = Json::object();
  for (const auto& [name, bytes] : prediction.memory_parts) parts[name] = bytes.value();
  out["memory_parts"] = prediction.memory_parts.empty() ? Json(nullptr) : parts;
  out["comm_bytes_per_rank"] = to_json_value(prediction.comm_bytes_per_rank);
  out["energy_j"] = to_json_value(prediction.energy);
  out["cost_usd"] = to_json_value(prediction.cost);
  out["price_date"] = prediction.cost ? Json(prediction.price_date) : Json();
  for (const char* key : {"latency_p50_s", "latency_p90_s", "latency_p99_s"}) out[key] = nullptr;
  out["steps"] = to_json_value(prediction.steps);
  out["epochs_to_target"] = to_json_value(prediction.epochs_to_target);
}

/// What a workload's kernels compute with; a trace does not say.
void add_arithmetic(Json& out, const Scenario& scenario) {
  const Workload& workload = scenario.workload;
  out["precision"] = scenario.plan ? Json(nullptr) : Json(to_string(workload.precision));
  out["optimizer"] = scenario.plan ? Json(nullptr) : Json(to_string(workload.optimizer));
  out["gradients"] = scenario.plan ? Json(nullptr) : Json(to_string(workload.gradients));
}

void add_storage(Json& out, const Prediction& prediction) {
  out["first_epoch_time_s"] = to_json_value(prediction.first_epoch_time);
  out["checkpoint_write_s"] = to_json_value(prediction.checkpoint_write);
  out["checkpoint_bytes"] = to_json_value(prediction.checkpoint_bytes);
}

}  // namespace

Json prediction_json(const Prediction& prediction, const Scenario& scenario, std::string_view strategy) {
  Json out = Json::object();
  add_identity(out, prediction, scenario, strategy);
  add_step(out, prediction);
  add_run(out, prediction);
  add_resources(out, prediction);
  add_arithmetic(out, scenario);
  add_storage(out, prediction);
  return out;
}

}  // namespace forerun
