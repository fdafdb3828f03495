#include <catch2/catch.hpp>

#include "kernels/trainer/run_record.hpp"

namespace forerun {

TEST_CASE("an event is read as it was written") {
  const TrainEvent event{TrainEvent::Kind::failed, 120, 3, Seconds(12.25), Seconds(0.5), "no space left: FILE"};
  TrainEvent read;
  REQUIRE(read_event_line(event_line(event), read));
  CHECK(read == event);
  CHECK_FALSE(read_event_line("progress 1 2 training steps", read));
  CHECK_FALSE(read_event_line("event dance 1 2 3 4", read));
}

TEST_CASE("the parts of a training's time add up to it, failures and all") {
  using enum TrainEvent::Kind;
  RunRecorder recorder(Seconds(100));
  const auto note = [&](TrainEvent::Kind kind, std::int64_t step, double at, double took) {
    recorder.note({kind, step, kind == killed ? 1 : 0, Seconds(at), Seconds(took), {}});
  };
  note(ready, 0, 103, 0);        // 3 s to start
  note(checkpoint, 10, 114, 1);  // 10 s of steps, 1 s of checkpoint
  note(written, 10, 114, 0.75);
  note(killed, 15, 119, 0);  // 5 s of steps are lost
  recorder.broke_off(Seconds(121), 10);
  note(ready, 10, 125, 0.5);  // 4 s to start again, 0.5 of them to read
  note(killed, 12, 126, 0);   // 1 s lost
  recorder.broke_off(Seconds(126.5), 10);
  note(ready, 10, 130, 0.25);
  note(checkpoint, 20, 142, 2);
  note(written, 20, 142, 1.75);
  note(finished, 21, 143, 0);
  const RunRecord record = recorder.finish(Seconds(150));
  CHECK(record.startup == Seconds(3));
  CHECK(record.training == Seconds(10 + 10 + 1));
  CHECK(record.checkpoint_stall == Seconds(3));
  CHECK(record.lost == Seconds(6));
  CHECK(record.detection == Seconds(2.5));
  CHECK(record.restart == Seconds(7.5));
  CHECK(record.total == Seconds(43));
  CHECK(record.startup + record.training + record.checkpoint_stall + record.lost + record.detection + record.restart == record.total);
  REQUIRE(record.failures.size() == 2);
  CHECK(record.failures[0].rank == 1);
  CHECK(record.failures[0].step == 15);
  CHECK(record.failures[0].after == 10);
  CHECK(record.failures[0].load == Seconds(0.5));
  CHECK(record.failures[1].lost == Seconds(1));
  CHECK(record.checkpoints == 2);
}

TEST_CASE("the end of a training that waits for its last checkpoint is no step") {
  using enum TrainEvent::Kind;
  RunRecorder recorder(Seconds(0.5));
  recorder.note({ready, 0, 0, Seconds(1), Seconds(0), {}});
  recorder.note({checkpoint, 10, 0, Seconds(6), Seconds(1), {}});
  recorder.note({finished, 10, 0, Seconds(9), Seconds(3), {}});
  const RunRecord record = recorder.finish(Seconds(10));
  CHECK(record.checkpoint_stall == Seconds(1 + 3));
  CHECK(record.training == Seconds(4));
  CHECK(record.startup + record.training + record.checkpoint_stall == record.total);
}

TEST_CASE("a checkpoint that several ranks cannot write fails once") {
  using enum TrainEvent::Kind;
  RunRecorder recorder(Seconds(0.5));
  const auto fails = [&](std::int64_t step, int rank) { recorder.note({failed, step, rank, Seconds(2), Seconds(0), "full"}); };
  recorder.note({ready, 0, 0, Seconds(1), Seconds(0), {}});
  fails(10, 0), fails(10, 1), fails(20, 1);
  recorder.broke_off(Seconds(3), 0);
  recorder.note({ready, 0, 0, Seconds(4), Seconds(0), {}});
  fails(10, 1);
  CHECK(recorder.finish(Seconds(5)).failed_checkpoints == 3);
}

TEST_CASE("ranks that end before they are ready, or for a reason that nobody knows, are told apart in the record") {
  using enum TrainEvent::Kind;
  RunRecorder recorder(Seconds(0.5));
  recorder.note({ready, 0, 0, Seconds(1), Seconds(0), {}});
  recorder.broke_off(Seconds(3), 0);    // in its second second of steps
  recorder.broke_off(Seconds(4.5), 0);  // and once more before it was ready
  recorder.note({ready, 0, 0, Seconds(5), Seconds(0), {}});
  const RunRecord record = recorder.finish(Seconds(9));
  CHECK(record.lost == Seconds(2));
  CHECK(record.detection == Seconds(0));
  CHECK(record.restart == Seconds(2));
  CHECK(record.training == Seconds(4));
  CHECK(record.startup + record.training + record.lost + record.restart == record.total);
  CHECK(record.failures[0].rank == -1);
}

}  // namespace forerun
