#include <map>

#include "tests/strategies/lowered.hpp"

using namespace forerun;
using namespace forerun::test;

namespace {

using Kind = Collective::Operation;

/// What the transfers of a step move of each kind, with gradients in float32 over without.
std::map<Kind, double> ratios(const char* strategy, int devices_per_node = 1) {
  Scenario s = transformer(strategy, 8);
  s.platform.devices_per_node = devices_per_node;
  s.workload.precision = Precision::bf16;
  const StepPlan as_computed = plan_of(s);
  s.workload.gradients = GradientPrecision::fp32;
  const StepPlan wide = plan_of(s);
  CHECK(wide.memory.gradients.value() == Approx(2 * as_computed.memory.gradients.value()));
  CHECK(wide.memory.weights == as_computed.memory.weights);
  CHECK(wide.memory.optimizer == as_computed.memory.optimizer);
  std::map<Kind, double> found;
  for (const Kind kind :
       {Kind::all_reduce, Kind::reduce_scatter, Kind::all_gather, Kind::all_to_all, Kind::broadcast, Kind::send, Kind::pull, Kind::push})
    if (const double before = bytes_of(as_computed, kind); before > 0) found[kind] = bytes_of(wide, kind) / before;
  return found;
}

}  // namespace

TEST_CASE("gradients in float32 cross the network as twice what kernels of 16 bits leave, and nothing else does") {
  using enum Collective::Operation;
  CHECK(ratios("data=8") == std::map<Kind, double>{{all_reduce, 2}});
  CHECK(ratios("data=8,zero=2") == std::map<Kind, double>{{reduce_scatter, 2}, {all_gather, 1}});
  CHECK(ratios("data=8,runtime=pytorch-fsdp") == std::map<Kind, double>{{reduce_scatter, 2}, {all_gather, 1}});
  CHECK(ratios("data=4,pipeline=2,micro-batches=2")[send] == 1);
  CHECK(ratios("data=4,pipeline=2,micro-batches=2")[all_reduce] == 2);  // of tied embeddings, too
  CHECK(ratios("tensor=4,data=2,zero=1")[all_reduce] == 1);             // tensor ranks sum activations
  CHECK(ratios("data=4,servers=2,runtime=tf-parameter-server") == std::map<Kind, double>{{pull, 1}, {push, 2}});
  CHECK(ratios("data=8,servers=1,node-reduction=on", 4) == std::map<Kind, double>{{all_reduce, 2}, {broadcast, 1}, {pull, 1}, {push, 2}});
}

TEST_CASE("buckets of gradients in float32 are the same whatever the kernels compute with, on their way to servers too") {
  for (const char* strategy : {"data=4,servers=1,bucket=20MiB,first-bucket=20MiB", "data=4,bucket=20MiB,first-bucket=20MiB"}) {
    Scenario s = transformer(strategy, 8);
    const auto buckets = [&] {
      const StepPlan plan = plan_of(s);
      std::vector<Bytes> found;
      for (const Operation& operation : plan.operations)
        if (const auto* transfer = std::get_if<Collective>(&operation.work);
            transfer != nullptr && (transfer->operation == Kind::push || transfer->operation == Kind::all_reduce))
          found.push_back(transfer->bytes);
      return found;
    };
    s.workload.gradients = GradientPrecision::fp32;
    const std::vector<Bytes> in_fp32 = buckets();
    s.workload.precision = Precision::bf16;
    CHECK(in_fp32.size() > 4);
    CHECK(buckets() == in_fp32);
  }
}

TEST_CASE("gradients of kernels in 32 bits and more are as wide as these") {
  Scenario s = transformer("data=8", 8);
  for (const Precision precision : {Precision::fp32, Precision::tf32, Precision::fp64}) {
    s.workload.precision = precision, s.workload.gradients = GradientPrecision::computed;
    const StepPlan as_computed = plan_of(s);
    s.workload.gradients = GradientPrecision::fp32;
    CHECK(plan_of(s) == as_computed);
  }
}

TEST_CASE("a host that updates gets gradients in float32 and sends weights as kernels read them") {
  Scenario s = transformer("data=8,offload=optimizer", 8);
  s.platform.host_link = BytesPerSecond(1e9);
  s.workload.precision = Precision::bf16, s.workload.gradients = GradientPrecision::fp32;
  const StepPlan plan = plan_of(s);
  const auto delay = [&](std::string_view name) {
    double sum = 0;
    for (const Operation& operation : plan.operations)
      if (operation.name == name) sum += std::get<Delay>(operation.work).duration.value();
    return sum;
  };
  CHECK(delay("gradients_down") == Approx(2 * delay("weights_up")));
}
