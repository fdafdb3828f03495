#include <catch2/catch.hpp>

#include "oracle/predict.hpp"
#include "sim/jobs.hpp"
#include "sim/simulate.hpp"
#include "strategies/strategy_text.hpp"
#include "tests/sim/scenarios.hpp"

using namespace forerun;
using namespace forerun::test;

namespace {

constexpr double kMuch = 1e12;

/// A job of so many ranks whose samples lie on disks of the nodes, or on one server for all.
Scenario stored(int ranks, Storage::Kind kind, double bytes_per_s) {
  Scenario scenario = data_parallel(ranks);
  scenario.platform.memory_per_node = Bytes(kMuch);
  Storage storage;
  storage.name = "storage";
  storage.kind = kind;
  storage.read = storage.write = {BytesPerSecond(bytes_per_s), 0, {}, {}};
  scenario.platform.data = scenario.platform.checkpoints = storage;
  scenario.workload.files = {Bytes(1e4), 1, {}};
  scenario.input.cache = SampleCache::none;
  return scenario;
}

/// The same without storage.
Prediction ready(Scenario scenario) {
  scenario.platform.data.reset(), scenario.platform.checkpoints.reset();
  scenario.run.checkpoints.interval.reset();
  return oracle::predict(scenario);
}

void require_agreement(const Scenario& scenario) {
  const Prediction ours = sim::predict(scenario), theirs = oracle::predict(scenario);
  REQUIRE(ours.status == Status::ok);
  const double tolerance = 1e-5;
  REQUIRE(ours.step_time->value() == Approx(theirs.step_time->value()).epsilon(tolerance));
  REQUIRE(std::abs((ours.parts->input_exposed - theirs.parts->input_exposed).value()) <= tolerance * theirs.step_time->value());
  REQUIRE(ours.parts->total().value() == Approx(ours.step_time->value()).epsilon(1e-9));
  REQUIRE(ours.first_epoch_time.has_value() == theirs.first_epoch_time.has_value());
  REQUIRE(ours.checkpoint_stall.has_value() == theirs.checkpoint_stall.has_value());
  if (ours.total_time) REQUIRE(ours.total_time->value() == Approx(theirs.total_time->value()).epsilon(tolerance));
}

}  // namespace

TEST_CASE("without prefetching a step takes loading and training, with it the longer of both") {
  for (const double bytes_per_s : {1e7, 1e9}) {
    Scenario scenario = stored(4, Storage::Kind::local_disk, bytes_per_s);
    const double train_s = ready(scenario).step_time->value();
    const double load_s = 64 * 1e4 / bytes_per_s;
    REQUIRE(oracle::predict(scenario).step_time->value() == Approx(std::max(load_s, train_s)).epsilon(1e-6));
    require_agreement(scenario);
    scenario.input.prefetch = 0;
    const Prediction waits = oracle::predict(scenario);
    REQUIRE(waits.step_time->value() == Approx(load_s + train_s).epsilon(1e-6));
    REQUIRE(waits.parts->input_exposed.value() == Approx(load_s).epsilon(1e-6));
    require_agreement(scenario);
  }
}

TEST_CASE("decoding hides behind reading or is what a step waits for") {
  Scenario scenario = stored(2, Storage::Kind::local_disk, 1e7);
  scenario.input.prefetch = 0;
  const double train_s = ready(scenario).step_time->value();
  scenario.workload.files.decode = Seconds(5e-3);
  REQUIRE(oracle::predict(scenario).step_time->value() == Approx(train_s + 64 * 5e-3).epsilon(1e-6));
  scenario.input.decode_workers = 8;
  REQUIRE(oracle::predict(scenario).step_time->value() == Approx(train_s + 64 * 1e-3).epsilon(1e-6));
  require_agreement(scenario);
}

TEST_CASE("the engines agree where steps wait for all kinds of storage and nothing shares a link with gradients") {
  for (const char* strategy : {"data", "serial"})
    for (const int ahead : {0, 1, 3}) {
      Scenario scenario = stored(*strategy == 'd' ? 8 : 1, Storage::Kind::network_disk, 3e6);
      scenario.platform.nodes = 4;
      scenario.platform.devices_per_node = 2;
      scenario.platform.intra_node = {BytesPerSecond(4e9), Seconds(1e-6)};
      scenario.platform.data->read.requests_per_s = 200;
      scenario.platform.data->read.latency = Seconds(1e-4);
      scenario.input.prefetch = ahead;
      scenario.run.steps = 7;
      INFO(strategy << " " << ahead);
      require_agreement(scenario);
    }
  // Without prefetching a server is read while no gradient is under way.
  Scenario server = stored(4, Storage::Kind::file_system, 3e6);
  server.input.prefetch = 0;
  require_agreement(server);
}

TEST_CASE("the first epoch reads, and later ones come from the page cache") {
  Scenario scenario = stored(2, Storage::Kind::local_disk, 1e6);
  scenario.input.cache = SampleCache::page;
  scenario.workload.samples = 10 * scenario.workload.batch;
  scenario.run.epochs = 4;
  const Prediction run = oracle::predict(scenario);
  const double train_s = ready(scenario).step_time->value(), load_s = 64 * 1e4 / 1e6;
  REQUIRE(run.first_epoch_time->value() == Approx(10 * load_s).epsilon(0.01));
  REQUIRE(run.total_time->value() == Approx(run.first_epoch_time->value() + 30 * train_s).epsilon(0.01));
  REQUIRE(run.total_time->value() == Approx(40 * run.step_time->value()).epsilon(1e-9));
  REQUIRE(run.parts->total().value() == Approx(run.step_time->value()).epsilon(1e-9));
  require_agreement(scenario);
  scenario.platform.memory_per_node = Bytes(1e6);
  scenario.platform.device_memory = Bytes(kMuch);
  REQUIRE_FALSE(oracle::predict(scenario).first_epoch_time);
  REQUIRE(oracle::predict(scenario).total_time->value() == Approx(40 * load_s).epsilon(0.01));
}

TEST_CASE("a run takes as much longer as its checkpoints take to write, and no longer beside one that goes on") {
  Scenario scenario = stored(4, Storage::Kind::local_disk, 1e6);
  scenario.platform.data.reset();
  scenario.run.steps = 100;
  const double plain_s = oracle::predict(scenario).total_time->value();
  scenario.run.checkpoints.interval = 30;
  const Prediction waits = oracle::predict(scenario);
  // Parameters and momentum of the three layers in float32.
  const double bytes = 8.0 * (784 * 256 + 256 + 256 * 256 + 256 + 256 * 10 + 10);
  REQUIRE(waits.checkpoint_bytes->value() == Approx(bytes));
  REQUIRE(waits.checkpoint_write->value() == Approx(bytes / 1e6));
  REQUIRE(waits.checkpoint_stall->value() == Approx(3 * bytes / 1e6).epsilon(1e-6));
  REQUIRE(waits.total_time->value() == Approx(plain_s + waits.checkpoint_stall->value()).epsilon(1e-9));
  require_agreement(scenario);
  scenario.run.checkpoints.mode = CheckpointMode::asynchronous;
  scenario.platform.checkpoints->write.bandwidth = BytesPerSecond(1e9);
  REQUIRE(*oracle::predict(scenario).checkpoint_stall == Seconds(0));
  REQUIRE(oracle::predict(scenario).total_time->value() == Approx(plain_s).epsilon(1e-9));
  require_agreement(scenario);
}

TEST_CASE("nothing of the next step goes on beside a synchronous checkpoint, whatever a step begins with") {
  for (const char* strategy : {"data=4,zero=3,runtime=pytorch-fsdp", "data=4,zero=3,overlap=none", "data=4,zero=1"}) {
    INFO(strategy);
    Scenario scenario = stored(4, Storage::Kind::local_disk, 1e9);
    scenario.strategy = parse_strategy({strategy, "test", 0, 0, ""});
    scenario.platform.checkpoints->write.bandwidth = BytesPerSecond(1e7);
    // Gradients and parameters take longer than anything else, the write included.
    scenario.platform.inter_node.bandwidth = BytesPerSecond(1e6);
    scenario.run.steps = 40;
    scenario.run.checkpoints.interval = 10;
    const Prediction run = oracle::predict(scenario);
    REQUIRE(run.checkpoint_stall->value() == Approx(4 * run.checkpoint_write->value()).epsilon(1e-6));
    require_agreement(scenario);
    REQUIRE(sim::predict(scenario).checkpoint_stall->value() == Approx(4 * run.checkpoint_write->value()).epsilon(1e-5));
  }
}

TEST_CASE("a loader that is no step ahead does not read while its process writes a checkpoint") {
  Scenario scenario = stored(2, Storage::Kind::local_disk, 1e6);
  scenario.workload.files.decode = Seconds(1e-2);
  scenario.input.prefetch = 0;
  scenario.run.steps = 40;
  scenario.run.checkpoints.interval = 10;
  const Prediction run = oracle::predict(scenario);
  REQUIRE(run.checkpoint_stall->value() == Approx(4 * run.checkpoint_write->value()).epsilon(1e-6));
  require_agreement(scenario);
  scenario.run.checkpoints.mode = CheckpointMode::asynchronous;
  scenario.platform.host_link = BytesPerSecond(1e6);
  scenario.platform.checkpoints->write.bandwidth = BytesPerSecond(1e9);
  const Prediction copies = oracle::predict(scenario);
  REQUIRE(copies.checkpoint_stall->value() == Approx(4 * copies.checkpoint_bytes->value() / 1e6).epsilon(1e-6));
  require_agreement(scenario);
}

TEST_CASE("a checkpoint that takes longer than its interval holds up the one after it") {
  Scenario scenario = stored(2, Storage::Kind::local_disk, 1e5);
  scenario.platform.data.reset();
  scenario.run.steps = 100;
  scenario.run.checkpoints = {10, CheckpointMode::asynchronous};
  const Prediction held = oracle::predict(scenario);
  const double each_s = held.checkpoint_write->value() - 10 * held.step_time->value();
  REQUIRE(each_s > 0);
  REQUIRE(held.checkpoint_stall->value() == Approx(10 * each_s).epsilon(1e-3));
  require_agreement(scenario);
}

TEST_CASE("what is loaded ahead while a checkpoint is written is saved of it, however slowly the steps after it use it up") {
  for (const int ahead : {1, 4}) {
    Scenario scenario = stored(2, Storage::Kind::local_disk, 1e9);
    const double train_s = ready(scenario).step_time->value(), load_s = 1.05 * train_s;
    scenario.platform.data->read.bandwidth = BytesPerSecond(64 * 1e4 / load_s);
    scenario.platform.checkpoints->write.bandwidth = BytesPerSecond(1e5);
    scenario.input.prefetch = ahead;
    scenario.run.steps = 1000;
    scenario.run.checkpoints.interval = 200;
    const Prediction run = oracle::predict(scenario);
    // The loader stands still but for its first `ahead` steps, the first of which it is at already.
    const double each_s = run.checkpoint_write->value() - (ahead * load_s - train_s);
    REQUIRE(run.checkpoint_stall->value() == Approx(5 * each_s).epsilon(1e-6));
    require_agreement(scenario);
  }
}

TEST_CASE("checkpoints of a first epoch that waits for its samples hold it up less than those of later ones") {
  Scenario scenario = stored(2, Storage::Kind::local_disk, 1e6);
  scenario.input.cache = SampleCache::page;
  scenario.platform.checkpoints->write.bandwidth = BytesPerSecond(1e5);
  scenario.workload.samples = 100 * scenario.workload.batch;
  scenario.run.epochs = 4;
  scenario.run.checkpoints.interval = 50;
  const Prediction run = oracle::predict(scenario);
  const double train_s = ready(scenario).step_time->value(), load_s = 64 * 1e4 / 1e6, write_s = run.checkpoint_write->value();
  REQUIRE(run.first_epoch_time);
  REQUIRE(run.checkpoint_stall->value() == Approx(2 * (write_s - (load_s - train_s)) + 6 * write_s).epsilon(1e-6));
  require_agreement(scenario);
}

TEST_CASE("with contention an asynchronous checkpoint over the network slows gradients, which the oracle does not see") {
  Scenario scenario = stored(4, Storage::Kind::file_system, 1e9);
  scenario.platform.data.reset();
  scenario.platform.inter_node.bandwidth = BytesPerSecond(2e7);
  scenario.run.steps = 200;
  scenario.run.checkpoints = {50, CheckpointMode::asynchronous};
  const Prediction alone = oracle::predict(scenario), shared = sim::predict(scenario);
  REQUIRE(*alone.checkpoint_stall == Seconds(0));
  REQUIRE(*shared.checkpoint_stall > Seconds(0));
  // No more than if gradients had stood still meanwhile.
  REQUIRE(*shared.checkpoint_stall < 4 * *alone.checkpoint_write);
  REQUIRE(shared.step_time->value() == Approx(alone.step_time->value()).epsilon(1e-5));
}

TEST_CASE("reading from a server contends with gradients in the simulator alone") {
  Scenario scenario = stored(4, Storage::Kind::file_system, 1e9);
  scenario.platform.inter_node.bandwidth = BytesPerSecond(2e7);
  scenario.input.prefetch = 2;
  const double together_s = sim::predict(scenario).step_time->value(), alone_s = oracle::predict(scenario).step_time->value();
  REQUIRE(together_s > 1.05 * alone_s);
  REQUIRE(together_s < alone_s + 64 * 1e4 / 2e7);
}

TEST_CASE("jobs side by side share a server of one name, and no disks") {
  for (const auto kind : {Storage::Kind::file_system, Storage::Kind::local_disk}) {
    // Each waits for what it reads, and computes for a hundredth of that.
    std::vector<Scenario> jobs(2, stored(1, kind, 1e6));
    REQUIRE(sim::place_jobs(jobs, sim::JobPlacement::packed).empty());
    for (const sim::JobPrediction& job : sim::predict_together(jobs)) {
      const double times = *job.together.step_time / *job.alone.step_time;
      REQUIRE(times == Approx(kind == Storage::Kind::file_system ? 2 : 1).epsilon(1e-3));
    }
  }
}

TEST_CASE("jobs side by side that do not meet are as fast as alone, even where only their first epoch reads") {
  Scenario job = stored(1, Storage::Kind::local_disk, 1e6);
  job.input.cache = SampleCache::page;
  job.workload.samples = 10 * job.workload.batch;
  job.run.epochs = 4;
  std::vector<Scenario> jobs(2, job);
  REQUIRE(sim::place_jobs(jobs, sim::JobPlacement::packed).empty());
  for (const sim::JobPrediction& played : sim::predict_together(jobs)) {
    REQUIRE(*played.together.step_time / *played.alone.step_time == Approx(1).epsilon(1e-3));
    REQUIRE(says(played.together, "from the second epoch on samples come from the page cache"));
  }
}

TEST_CASE("a pipeline's stages and shares of ZeRO are written alike by both engines") {
  for (const char* form : {"pipeline", "stages without parameters", "zero"}) {
    INFO(form);
    Scenario scenario = stored(4, Storage::Kind::local_disk, 1e7);
    // Sums of one stage and sends of another have no links to share that would slow them.
    scenario.platform.inter_node.bandwidth = BytesPerSecond(kMuch);
    scenario.run.steps = 40;
    scenario.run.checkpoints.interval = 10;
    if (*form == 'p') {
      scenario.strategy.data = 2, scenario.strategy.pipeline = 2, scenario.strategy.micro_batches = 4;
    } else if (*form == 's') {
      scenario.platform.nodes = 6;
      scenario.strategy.data = 1, scenario.strategy.pipeline = 6, scenario.strategy.micro_batches = 4;
      scenario.platform.checkpoints->write.a_connection = BytesPerSecond(1e6);
    } else {
      scenario.strategy.zero = 1;
    }
    for (const auto mode : {CheckpointMode::synchronous, CheckpointMode::asynchronous})
      for (const int ahead : {0, 2}) {
        scenario.run.checkpoints.mode = mode;
        scenario.input.prefetch = ahead;
        require_agreement(scenario);
      }
  }
}
