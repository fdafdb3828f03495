#include <catch2/catch.hpp>
#include <filesystem>
#include <mutex>
#include <thread>

#include "core/error.hpp"
#include "io/format.hpp"
#include "kernels/trainer/checkpoint_folder.hpp"
#include "kernels/trainer/one_rank.hpp"
#include "kernels/trainer/train.hpp"
#include "tests/kernels/small_scenarios.hpp"
#include "tests/kernels/thread_group.hpp"
#include "tests/support/folder.hpp"

namespace forerun {

namespace {

namespace fs = std::filesystem;

/// Trains with a thread a rank, and a checkpoint in the folder every so many steps.
std::vector<TrainEvent> train_in(const fs::path& folder, const Scenario& made, std::int64_t steps, std::int64_t interval,
                                 std::int64_t after, CheckpointMode mode = CheckpointMode::synchronous) {
  const StepPlan plan = plan_of(made);
  TrainOptions options;
  options.steps = steps - 2, options.warm_up = 2;
  options.checkpoints = {folder, {interval, mode}, after};
  std::vector<TrainEvent> events;
  std::mutex mutex;
  const auto shared = std::make_shared<ThreadMeeting>(plan.ranks);
  std::vector<std::thread> threads;
  for (int rank = 0; rank < plan.ranks; ++rank)
    threads.emplace_back([&, rank] {
      TrainOptions own = options;
      own.on_event = [&](const TrainEvent& event) {
        const std::scoped_lock lock(mutex);
        events.push_back(event);
      };
      ThreadGroup group(shared, rank);
      train_rank(made, plan, own, group, {});
    });
  for (std::thread& thread : threads) thread.join();
  return events;
}

/// All files of a step, one behind the other.
std::string state_at(const fs::path& folder, const Scenario& made, std::int64_t step) {
  std::string state;
  for (const int rank : checkpoint_writers(made.strategy, plan_of(made))) state += get(checkpoint_file(folder, step, rank));
  return state;
}

FoundCheckpoint find_in(const fs::path& folder, const Scenario& made) {
  return find_checkpoint(folder, training_identity(made, "4 batches that were made"), checkpoint_writers(made.strategy, plan_of(made)));
}

/// A rank for which the others are always late by a second.
class SlowGroup : public OneRank {
 public:
  explicit SlowGroup(double& now) : now_(now) {}
  void barrier() override { ++now_; }

 private:
  double& now_;
};

}  // namespace

TEST_CASE("a training that goes on after a checkpoint ends with the weights of one that was never broken off") {
  const auto [network, strategy] =
      GENERATE(table<std::string, std::string>({{"mlp", "serial"},
                                                {"cnn", "data=2"},
                                                {"gpt", "data=2,overlap=data,bucket=1KiB"},
                                                {"gpt", "pipeline=2,micro-batches=2"},
                                                {"resnet", "data=2"},
                                                {"cnn", "data=2,filter=2"},
                                                {"mlp", "data=2,servers=1,server-nodes=shared,runtime=forerun"},
                                                {"mlp", "data=2,servers=2,runtime=forerun"}}));
  const Optimizer optimizer = GENERATE(Optimizer::sgd_momentum, Optimizer::adam);
  INFO(network << ", " << strategy << ", " << to_string(optimizer));
  Scenario made = network == "gpt"      ? small_gpt(8, strategy)
                  : network == "resnet" ? small_resnet(8, strategy)
                                        : scenario(network == "cnn" ? small_cnn() : network, 8, strategy);
  made.workload.optimizer = optimizer;
  const Folder undisturbed, broken_off;
  train_in(undisturbed.path(), made, 9, 3, 0);
  train_in(broken_off.path(), made, 6, 3, 0);
  REQUIRE(find_in(broken_off.path(), made).step == 6);
  train_in(broken_off.path(), made, 9, 3, 6);
  CHECK(!state_at(undisturbed.path(), made, 9).empty());
  CHECK((state_at(undisturbed.path(), made, 9) == state_at(broken_off.path(), made, 9)));
  CHECK((state_at(undisturbed.path(), made, 9) != state_at(undisturbed.path(), made, 6)));
}

TEST_CASE("checkpoints written beside the steps that follow hold what others do") {
  // Large enough for its weights to change while they are written.
  const auto [network, strategy] = GENERATE(table<std::string, std::string>({{"mlp-wide", "serial"}, {"mlp", "data=2"}}));
  const Scenario made = scenario(network, 8, strategy);
  const Folder one, other;
  train_in(one.path(), made, 9, 3, 0);
  const auto events = train_in(other.path(), made, 9, 3, 0, CheckpointMode::asynchronous);
  for (const std::int64_t step : {6, 9}) CHECK((state_at(one.path(), made, step) == state_at(other.path(), made, step)));
  CHECK(std::ranges::count(events, TrainEvent::Kind::written, &TrainEvent::kind) == 3);
}

TEST_CASE("a checkpoint takes as long as the part that takes longest, whoever writes it") {
  const Folder folder;
  const auto events = train_in(folder.path(), scenario("mlp", 8, "data=2,servers=2,runtime=forerun"), 4, 2, 0);
  CHECK_FALSE(fs::exists(checkpoint_file(folder.path(), 4, 0)));
  for (const TrainEvent& event : events)
    if (event.kind == TrainEvent::Kind::written) CHECK(event.took > Seconds(0));
  CHECK(std::ranges::count(events, TrainEvent::Kind::written, &TrainEvent::kind) == 2);
}

TEST_CASE("processes that go on are warmed up again, and time one step at least") {
  TrainOptions options;
  options.steps = 30, options.warm_up = 5;
  const auto first_timed = [&](std::int64_t after) {
    options.checkpoints.after = after;
    return first_timed_step(options);
  };
  CHECK(first_timed(0) == 5);
  CHECK(first_timed(3) == 8);
  CHECK(first_timed(20) == 25);
  CHECK(first_timed(33) == 34);
  options.warm_up = 0;
  CHECK(first_timed(20) == 20);
}

TEST_CASE("every rank stands still until the last one has written or copied its part") {
  const CheckpointMode mode = GENERATE(CheckpointMode::synchronous, CheckpointMode::asynchronous);
  double now = 0;
  SlowGroup group(now);
  const Clock clock = [&] { return Seconds(now); };
  std::vector<float> weights{1, 2, 3};
  const Folder folder;
  Checkpointer checkpointer({folder.path(), {3, mode}, 0}, {}, 0, {{"weights", weights}}, group, clock, {});
  CHECK(checkpointer.write(3) == Seconds(1));
  now = 10;
  CHECK(checkpointer.finish() == Seconds(0));  // its own writing, and not the last step of the others
  CHECK(now == (mode == CheckpointMode::synchronous ? 10 : 11));
}

TEST_CASE("the time of a step holds no checkpoint") {
  const Scenario made = scenario("mlp", 8, "serial");
  const Folder folder;
  TrainOptions options;
  options.steps = 4, options.warm_up = 0;
  double ticks = 0;
  options.clock = [&] { return Seconds(++ticks); };
  const auto without = std::get<TrainResult>(train(made, options, {})).step_times;
  options.checkpoints = {folder.path(), {1, CheckpointMode::synchronous}, 0};
  const auto with = std::get<TrainResult>(train(made, options, {})).step_times;
  REQUIRE(with.size() == 4);
  CHECK(checkpoint_steps(folder.path(), 0) == std::vector<std::int64_t>{3, 4});
  for (std::size_t i = 0; i < 4; ++i) CHECK(with[i] - without[i] <= Seconds(1));  // the clock's own reading before one
}

TEST_CASE("the last two checkpoints are kept, and of ranks that have the same the first one writes") {
  const Scenario made = scenario("mlp", 8, "data=2,pipeline=2,micro-batches=2");
  CHECK(checkpoint_writers(made.strategy, plan_of(made)) == std::vector<int>{0, 2});
  const Folder folder;
  train_in(folder.path(), made, 10, 2, 0);
  CHECK(checkpoint_steps(folder.path(), 0) == std::vector<std::int64_t>{8, 10});
  CHECK(checkpoint_steps(folder.path(), 2) == std::vector<std::int64_t>{8, 10});
  CHECK(folder.entries() == 4);
}

TEST_CASE("a damaged checkpoint is passed by for the one before, and one with a file less without a word") {
  const Scenario made = scenario("mlp", 8, "pipeline=2,micro-batches=2");
  const Folder folder;
  train_in(folder.path(), made, 6, 3, 0);
  const fs::path newest = checkpoint_file(folder.path(), 6, 1);
  const std::string whole = get(newest);
  const auto passed_by = [&](const std::string& bytes) {
    put(newest, bytes);
    const FoundCheckpoint found = find_in(folder.path(), made);
    CHECK(found.step == 3);
    REQUIRE(found.passed_by.size() == 1);
    CHECK(found.passed_by[0].find(newest.string()) == 0);
    return found.passed_by[0];
  };
  CHECK_THAT(passed_by(whole.substr(0, whole.size() - 100)), Catch::Contains("is cut off"));
  CHECK_THAT(passed_by(whole.substr(0, 20)), Catch::Contains("is no checkpoint, or cut off within its first line"));
  CHECK_THAT(passed_by(""), Catch::Contains("is no checkpoint"));
  CHECK_THAT(passed_by(whole + "x"), Catch::Contains("is longer than what was written"));
  std::string flipped = whole;
  flipped[whole.size() / 2] = static_cast<char>(flipped[whole.size() / 2] ^ 1);
  CHECK_THAT(passed_by(flipped), Catch::Contains("has a wrong checksum"));
  std::string of_another_seed = whole;
  of_another_seed.replace(whole.find("\"seed\":\"1\"") + 8, 1, "3");
  REQUIRE(of_another_seed != whole);
  CHECK_THAT(passed_by(of_another_seed), Catch::Contains("has a wrong checksum"));
  CHECK_THAT(passed_by(get(checkpoint_file(folder.path(), 3, 1))), Catch::Contains("is of another step (got 3, allowed 6)"));
  fs::remove(newest);
  CHECK(find_in(folder.path(), made).step == 3);
  CHECK(find_in(folder.path(), made).passed_by.empty());
}

TEST_CASE("where files are there and make no checkpoint the training begins, and what is missing is said") {
  const Scenario made = scenario("mlp", 8, "pipeline=2,micro-batches=2");
  const Folder folder;
  CHECK(find_in(folder.path(), made).passed_by.empty());
  train_in(folder.path(), made, 6, 3, 0);
  fs::remove(checkpoint_file(folder.path(), 3, 0));
  fs::remove(checkpoint_file(folder.path(), 6, 1));
  const FoundCheckpoint found = find_in(folder.path(), made);
  CHECK(found.step == 0);
  REQUIRE(found.passed_by.size() == 2);
  CHECK_THAT(found.passed_by[0], Catch::Contains("step-6.rank-1: no such file"));
  CHECK_THAT(found.passed_by[1], Catch::Contains("step-3.rank-0: no such file"));
}

TEST_CASE("where every checkpoint is damaged nothing begins anew by itself") {
  const Scenario made = scenario("mlp", 8, "serial");
  const Folder folder;
  CHECK(find_in(folder.path(), made).step == 0);
  train_in(folder.path(), made, 3, 3, 0);
  put(checkpoint_file(folder.path(), 3, 0), "nothing");
  CHECK_THROWS_WITH(find_in(folder.path(), made),
                    Catch::Contains("is no checkpoint") && Catch::Contains("holds no checkpoint that is whole"));
}

TEST_CASE("a checkpoint of another training is refused, with what differs") {
  const Folder folder;
  train_in(folder.path(), scenario("mlp", 8, "serial"), 3, 3, 0);
  Scenario other = scenario("mlp", 8, "serial");
  other.run.seed = 7;
  CHECK_THROWS_WITH(find_in(folder.path(), other), Catch::Contains("is of another training: seed is 1 (here 7)"));
  CHECK_THROWS_WITH(find_in(folder.path(), scenario("mlp", 16, "serial")), Catch::Contains("batch is 8 (here 16)"));
  CHECK_THROWS_WITH(find_in(folder.path(), scenario("logistic-regression", 8, "serial")), Catch::Contains("network is mlp"));
  CHECK_THROWS_WITH(find_in(folder.path(), scenario("mlp", 8, "data=2")), Catch::Contains("strategy is data=1"));
  CHECK_THROWS_WITH(find_checkpoint(folder.path(), training_identity(scenario("mlp", 8, "serial"), "photographs"), std::vector{0}),
                    Catch::Contains("data is 4 batches that were made (here photographs)"));
}

TEST_CASE("networks that differ in any of what layers compute are different trainings") {
  const auto change = GENERATE(
      as<void (*)(Layer&)>(), [](Layer& layer) { layer.by_position = !layer.by_position; }, [](Layer& layer) { layer.shape.experts = 2; },
      [](Layer& layer) { layer.shape.attention.key_heads = 7; }, [](Layer& layer) { layer.shape.attention.key_channels = 7; },
      [](Layer& layer) { layer.shape.attention.value_channels = 7; }, [](Layer& layer) { layer.shape.attention.keys = 7; },
      [](Layer& layer) { layer.frozen = !layer.frozen; });
  const Scenario made = small_gpt(8, "serial");
  Scenario other = made;
  change(other.workload.layers[1]);
  CHECK(training_identity(made, "data") == training_identity(Scenario(made), "data"));
  CHECK(training_identity(made, "data") != training_identity(other, "data"));
}

TEST_CASE("a rank that cannot write its part leaves the checkpoint before, and the training goes on") {
  const Scenario made = scenario("mlp", 8, "pipeline=2,micro-batches=2");
  const Folder folder;
  train_in(folder.path(), made, 4, 2, 0);
  const fs::path obstacle = checkpoint_file(folder.path(), 6, 1);
  fs::create_directory(obstacle);
  put(obstacle / "file", "");
  const auto events = train_in(folder.path(), made, 6, 2, 4);
  const auto failed = std::ranges::find(events, TrainEvent::Kind::failed, &TrainEvent::kind);
  REQUIRE(failed != events.end());
  CHECK(failed->step == 6);
  CHECK(failed->rank == 1);
  CHECK_THAT(failed->text, Catch::Contains("step-6.rank-1: cannot be written: Is a directory"));
  CHECK(std::ranges::count(events, TrainEvent::Kind::written, &TrainEvent::kind) == 0);
  CHECK(checkpoint_steps(folder.path(), 0) == std::vector<std::int64_t>{2, 4});  // nor does the other's part stay
  train_in(folder.path(), made, 10, 2, 4);
  fs::remove_all(obstacle);
  for (const int rank : {0, 1}) CHECK(checkpoint_steps(folder.path(), rank) == std::vector<std::int64_t>{8, 10});
}

TEST_CASE("what lies beside checkpoints under other names is neither read nor taken away") {
  const Folder folder;
  for (const char* name : {"step-40.rank-0.bak", "step-40.rank-0.backups", "step-40.rank-0-mine"}) put(folder / name, "mine");
  const OwnedFolder owned(folder / "");
  remove_unfinished(folder.path());
  CHECK(find_in(folder.path(), scenario("mlp", 8, "serial")).step == 0);
  CHECK(folder.entries() == 3 + 1);  // and the lock
}

TEST_CASE("what was not finished is taken away, and nothing else") {
  const Folder folder;
  for (const char* name : {"step-4.rank-0.abcdef", "step-4.rank-1", "notes.txt"}) put(folder / name, "half");
  remove_unfinished(folder.path());
  CHECK_FALSE(fs::exists(folder / "step-4.rank-0.abcdef"));
  CHECK(folder.entries() == 2);
}

TEST_CASE("a folder belongs to one training at a time") {
  const Folder folder;
  {
    const OwnedFolder owned(folder / "");
    CHECK_THROWS_WITH(OwnedFolder(folder / ""), Catch::Contains("is another training's, which is still running"));
  }
  CHECK_NOTHROW(OwnedFolder(folder / ""));
}

}  // namespace forerun
