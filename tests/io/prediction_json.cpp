#include "io/prediction_json.hpp"

#include <catch2/catch.hpp>
#include <limits>

namespace forerun {
namespace {

Scenario scenario() {
  Scenario out;
  out.workload.name = "mlp";
  out.workload.batch = 64;
  out.workload.precision = Precision::bf16;
  out.workload.optimizer = Optimizer::adam;
  out.platform.name = "cpu-cluster";
  out.platform.nodes = 4;
  out.strategy.data = 3;
  out.strategy.runtime = Runtime::pytorch_ddp;
  out.run.seed = 7;
  Calibration calibration;
  calibration.name = "this-machine";
  out.calibration = std::make_shared<const Calibration>(calibration);
  return out;
}

Prediction prediction() {
  Prediction out;
  out.engine = "oracle";
  out.origin = Origin::fitted;
  out.assumptions = {"switch is non-blocking"};
  out.step_time = Seconds(0.15);
  out.parts = Parts{Seconds(0.1), Seconds(0.02), Seconds(0.01), Seconds(0.015), Seconds(0.005)};
  out.comm_total = Seconds(0.03);
  out.epoch_time = Seconds(1.5);
  out.startup = Seconds(0);
  out.evaluation = Seconds(0.5);
  out.first_epoch_time = Seconds(2.5);
  out.checkpoint_stall = Seconds(4);
  out.checkpoint_write = Seconds(2);
  out.checkpoint_bytes = Bytes(8e6);
  out.steps = 100;
  out.epochs_to_target = 2.5;
  out.energy = Joules(900);
  out.total_time = Seconds(15);
  out.throughput_samples_per_s = 426.5;
  out.memory_per_device = Bytes(1234567);
  out.memory_parts = {{"weights", Bytes(1234000)}, {"activations", Bytes(567)}};
  out.comm_bytes_per_rank = Bytes(4096);
  return out;
}

constexpr const char* kKeys =
    "schema_version, engine, workload, platform, strategy, runtime, nodes, ranks, global_batch, seed, calibration, origin, assumptions, "
    "status, reason, step_time_s, step_time_p10_s, step_time_p90_s, compute_s, comm_exposed_s, bubble_s, input_exposed_s, overhead_s, "
    "comm_total_s, epoch_time_s, startup_s, evaluation_s, checkpoint_stall_s, lost_s, detection_s, restart_s, queue_s, degraded_s, "
    "total_time_s, total_time_p10_s, total_time_p90_s, goodput_fraction, throughput_samples_per_s, throughput_tokens_per_s, mfu, "
    "memory_per_device_bytes, memory_parts, comm_bytes_per_rank, energy_j, cost_usd, price_date, latency_p50_s, latency_p90_s, "
    "latency_p99_s, steps, epochs_to_target, precision, optimizer, gradients, "
    "first_epoch_time_s, checkpoint_write_s, checkpoint_bytes";

}  // namespace

TEST_CASE("a prediction's document has every key of the schema in its order", "[unit]") {
  std::string keys;
  const Json document = prediction_json(prediction(), scenario(), "data=3");
  for (const auto& [key, value] : document.items()) keys += (keys.empty() ? "" : ", ") + key;
  CHECK(keys == kKeys);
}

TEST_CASE("a document says what was predicted", "[unit]") {
  const Json out = prediction_json(prediction(), scenario(), "data=3");
  CHECK(out["schema_version"] == 1);
  CHECK(out["engine"] == "oracle");
  CHECK(out["workload"] == "mlp");
  CHECK(out["platform"] == "cpu-cluster");
  CHECK(out["strategy"] == "data=3");
  CHECK(out["runtime"] == "pytorch-ddp");
  CHECK(out["nodes"] == 4);
  CHECK(out["ranks"] == 3);
  CHECK(out["global_batch"] == 64);
  CHECK(out["seed"] == 7);
  CHECK(out["calibration"] == "this-machine");
  CHECK(out["origin"] == "fitted");
  CHECK(out["assumptions"] == Json::array({"switch is non-blocking"}));
  CHECK(out["status"] == "ok");
  CHECK(out["reason"].is_null());
  CHECK(out["precision"] == "bf16");
  CHECK(out["optimizer"] == "adam");
  CHECK(out["gradients"] == "computed");
}

TEST_CASE("quantities stand under their own keys in SI units", "[unit]") {
  const Json out = prediction_json(prediction(), scenario(), "data=3");
  CHECK(out["step_time_s"] == 0.15);
  CHECK(out["compute_s"] == 0.1);
  CHECK(out["comm_exposed_s"] == 0.02);
  CHECK(out["bubble_s"] == 0.01);
  CHECK(out["input_exposed_s"] == 0.015);
  CHECK(out["overhead_s"] == 0.005);
  CHECK(out["comm_total_s"] == 0.03);
  CHECK(out["epoch_time_s"] == 1.5);
  CHECK(out["startup_s"] == 0.0);
  CHECK(out["evaluation_s"] == 0.5);
  CHECK(out["first_epoch_time_s"] == 2.5);
  CHECK(out["checkpoint_stall_s"] == 4.0);
  CHECK(out["checkpoint_write_s"] == 2.0);
  CHECK(out["checkpoint_bytes"] == 8e6);
  CHECK(out["steps"] == 100);
  CHECK(out["epochs_to_target"] == 2.5);
  CHECK(out["energy_j"] == 900.0);
  CHECK(out["total_time_s"] == 15.0);
  CHECK(out["throughput_samples_per_s"] == 426.5);
  CHECK(out["memory_per_device_bytes"] == 1234567.0);
  CHECK(out["memory_parts"]["weights"] == 1234000.0);
  CHECK(out["memory_parts"]["activations"] == 567.0);
  CHECK(out["comm_bytes_per_rank"] == 4096.0);
}

TEST_CASE("what does not apply is null, never zero", "[unit]") {
  Prediction none;
  none.engine = "sim";
  none.status = Status::infeasible;
  none.reason = "batch 64 does not divide by 3";
  Scenario bare = scenario();
  bare.calibration = nullptr;
  const Json out = prediction_json(none, bare, "data=3");
  CHECK(out["status"] == "infeasible");
  CHECK(out["reason"] == "batch 64 does not divide by 3");
  CHECK(out["calibration"].is_null());
  bool quantities = false;
  for (const auto& [key, value] : out.items()) {
    quantities = quantities || key == "step_time_s";
    if (quantities && key != "precision" && key != "optimizer" && key != "gradients") CHECK(value.is_null());
  }
  CHECK(quantities);
}

TEST_CASE("numbers in a document read back exactly", "[unit]") {
  for (const double number : {0.1, 1.0 / 3, 5e-324, 1.7976931348623157e308, 123456789.123456789}) {
    Json document;
    document["x"] = number;
    CHECK(Json::parse(json_text(document))["x"].get<double>() == number);
  }
  CHECK(json_line(Json::object({{"x", 0.1}, {"a", nullptr}})) == "{\"x\":0.1,\"a\":null}\n");
  CHECK(json_text(Json::object({{"x", 0.1}})) == "{\n  \"x\": 0.1\n}\n");
}

TEST_CASE("text that is not UTF-8 or a number that is not finite does not spoil a document", "[unit]") {
  CHECK(json_line(Json("a\xff")) == "\"a\xef\xbf\xbd\"\n");
  CHECK(json_line(to_json_value(std::optional(Seconds(std::numeric_limits<double>::infinity())))) == "null\n");
}

}  // namespace forerun
